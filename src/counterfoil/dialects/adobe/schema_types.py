"""What the schema says of arguments: JSON schemas and query fields, made of the types in `wire`."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    Type,
    camel_case,
)

Schema = dict[str, Any]

EXTENSION: Final = "extension_attributes"

_SCALARS: Final[dict[Type, str]] = {STRING: "string", INT: "integer", FLOAT: "number", BOOL: "boolean"}
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def shape_of(kind: Type) -> Type:
    """Return how a type is written on the wire: itself, or what its ``shape`` says."""
    shape: Type = getattr(kind, "shape", kind)
    return shape


def kebab_case(name: str) -> str:
    """Return ``InvoiceItemCreation`` as ``invoice-item-creation``."""
    return _WORD_START.sub("-", name).lower()


class Definitions:
    """The data objects of all operations under names like ``sales-data-invoice-item-creation-interface``.

    An object belongs to the module of the first service that takes it, those that take it directly before
    those that take it inside another. What has the name of another object gets a number.
    """

    def __init__(self, owners: Iterable[tuple[str, Sequence[Param]]]) -> None:
        """Name and describe all objects.

        Args:
            owners: each operation's module and parameters.
        """
        self._objects: dict[str, DataObject] = {}
        self._names: dict[int, str] = {}
        waiting = deque((module, param.type) for module, params in owners for param in params)
        while waiting:
            module, kind = waiting.popleft()
            kind = shape_of(kind)
            if isinstance(kind, ListOf):
                waiting.append((module, kind.item))
            elif isinstance(kind, DataObject) and id(kind) not in self._names:
                self._name(module, kind)
                waiting.extend((module, inner) for inner in kind.fields.values())
        self._described = {name: self._describe(name, kind) for name, kind in self._objects.items()}
        for name, kind in self._objects.items():
            if _is_open(kind):
                self._described[_extension(name)] = {"type": "object"}

    def schema(self, kind: Type) -> Schema:
        """Return the JSON schema of a type; of an object, where it is described."""
        kind = shape_of(kind)
        if isinstance(kind, ListOf):
            return {"type": "array", "items": self.schema(kind.item)}
        if isinstance(kind, DataObject):
            return reference(self._names[id(kind)])
        return {} if kind is MIXED else {"type": _SCALARS[kind]}

    def reached_from(self, schemas: Iterable[Schema]) -> dict[str, Schema]:
        """Return the descriptions of the objects that these schemas refer to, and those that they do."""
        found: dict[str, Schema] = {}
        waiting = [name for schema in schemas for name in _references(schema)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self._described[name]
                waiting.extend(_references(found[name]))
        return {name: found[name] for name in sorted(found)}

    def _name(self, module: str, kind: DataObject) -> None:
        """Name an object; one that is the same as another has the other's name."""
        base = f"{kebab_case(module)}-data-{kebab_case(kind.name)}"
        name, number = f"{base}-interface", 1
        while (other := self._objects.get(name)) is not None and other != kind:
            number += 1
            name = f"{base}-{number}-interface"
        self._objects.setdefault(name, kind)
        self._names[id(kind)] = name

    def _describe(self, name: str, kind: DataObject) -> Schema:
        properties = {key: self.schema(inner) for key, inner in kind.fields.items()}
        if _is_open(kind):
            properties[EXTENSION] = reference(_extension(name))
        properties |= {key: {"readOnly": True} for key in kind.read_only if key not in kind.fields}
        described: Schema = {"type": "object", "properties": properties}
        if kind.required:
            described["required"] = list(kind.required)
        return described


def reference(name: str) -> Schema:
    """Return the schema that stands for a definition."""
    return {"$ref": f"#/definitions/{name}"}


def query_fields(param: Param) -> Iterator[tuple[str, Schema]]:
    """Return the fields of a query that carry an argument, and what each may hold.

    An object is written as ``searchCriteria[pageSize]``, a list of objects by its first entry.
    """
    yield from _fields(param.wire_name, shape_of(param.type))


def _fields(name: str, kind: Type) -> Iterator[tuple[str, Schema]]:
    if isinstance(kind, DataObject):
        for key, inner in kind.fields.items():
            yield from _fields(f"{name}[{camel_case(key)}]", shape_of(inner))
    elif isinstance(kind, ListOf):
        item = shape_of(kind.item)
        if isinstance(item, DataObject):
            yield from _fields(f"{name}[0]", item)
        else:
            yield f"{name}[]", {"type": "array", "items": scalar(item), "collectionFormat": "multi"}
    else:
        yield name, scalar(kind)


def scalar(kind: Type) -> Schema:
    """Return the schema of what is written in a path or a query, where everything is at least text."""
    return {"type": "string" if kind is MIXED else _SCALARS[kind]}


def _is_open(kind: DataObject) -> bool:
    return kind.fields.get(EXTENSION) is MIXED


def _extension(name: str) -> str:
    return name.removesuffix("interface") + "extension-interface"


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "$ref":
                yield inner.removeprefix("#/definitions/")
            else:
                yield from _references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)
