"""Decoding: what Adobe Commerce makes of a request's body, query and path (contract adobe §2.2).

It is lenient where the platform is (numbers in strings, either way to write a name, unknown keys at the
top) and exact in its errors. Unlike the platform it refuses what it could not store: numbers beyond
DECIMAL(20,4), strings with NUL, lists without end. No binary float is ever made: a number that is not
whole becomes a `Decimal`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Protocol

from counterfoil.dialects.adobe.errors import NOT_SUPPORTED, AdobeError, required
from counterfoil.domain.money import SCALE

MAX_LIST = 5000
"""The most entries of one list."""

MAX_INTEGER_DIGITS = 16
"""Digits before the point of DECIMAL(20,4)."""

_MAX_SHOWN = 255
_INT_LIMIT = 2**63
_NUMERIC = re.compile(r"[ \t\n\r\v\f]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t\n\r\v\f]*", re.ASCII)
_TRUE = frozenset({"1", "true", "on", "yes"})
_TEN_THOUSANDTH = Decimal("0.0001")


class WrongType(Exception):
    """A value cannot be cast. The message is the rendered text that the client gets."""

    def __init__(self, value: object, expected: str) -> None:
        shown = "array" if isinstance(value, dict | list) else php_text(value)[:_MAX_SHOWN]
        super().__init__(
            f'The "{shown}" value\'s type is invalid. '
            f'The "{expected}" type was expected. Verify and try again.'
        )


class _InField(Exception):
    """A `WrongType` somewhere inside a data object."""


class Type(Protocol):
    """How one kind of value is cast."""

    @property
    def name(self) -> str:
        """Return the platform's name of the type."""

    def cast(self, value: Any) -> Any:
        """Return the value as this type. Raises `WrongType` or `AdobeError`."""


def php_text(value: object) -> str:
    """Return a scalar as PHP's cast to string does."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case Decimal() if abs(value.adjusted()) < MAX_INTEGER_DIGITS:
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case _:
            return str(value)


def _numeric(value: object, expected: str) -> int | Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = value
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            raise WrongType(value, expected) from None
    if not isinstance(number, Decimal) or not number.is_finite():
        raise WrongType(value, expected)
    if number and number.adjusted() > 2 * MAX_INTEGER_DIGITS:
        raise WrongType(value, expected)
    return number


class _String:
    name = "string"

    def cast(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise WrongType(value, self.name)
        return value if isinstance(value, str) else php_text(value)


class _Int:
    name = "int"

    def cast(self, value: Any) -> Any:
        if value is None:
            return None
        whole = int(_numeric(value, self.name))
        if not -_INT_LIMIT <= whole < _INT_LIMIT:
            raise WrongType(value, self.name)
        return whole


class _Float:
    name = "float"

    def cast(self, value: Any) -> Any:
        if value is None:
            return None
        number = _numeric(value, self.name)
        if abs(number) >= 10**MAX_INTEGER_DIGITS:
            raise WrongType(value, self.name)
        return number


class _Bool:
    name = "bool"

    def cast(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise WrongType(value, self.name)
        return php_text(value).strip().lower() in _TRUE


class _Mixed:
    name = "mixed"

    def cast(self, value: Any) -> Any:
        return value


STRING: Type = _String()
INT: Type = _Int()
FLOAT: Type = _Float()
"""A number: int where it is whole and written so, else `Decimal`. See `scaled`."""
BOOL: Type = _Bool()
MIXED: Type = _Mixed()
"""Anything, as it was sent."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type. Of an object sent in its place the values are taken, as PHP does."""

    item: Type

    @property
    def name(self) -> str:
        """Return the platform's name of the type."""
        return f"{self.item.name}[]"

    def cast(self, value: Any) -> Any:
        """Return a list, or None for null."""
        if value is None:
            return None
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            raise WrongType(value, self.name)
        if len(value) > MAX_LIST:
            message = 'Maximum items of type "%type" is %max'
            raise AdobeError(400, message, {"type": self.item.name, "max": MAX_LIST})
        cast = self.item.cast
        if self.item is STRING:
            return [cast(entry) or "" for entry in value]
        return [cast(entry) for entry in value]


def upper_camel(key: str) -> str:
    """Return ``order_item_id`` and ``orderItemId`` as ``OrderItemId``."""
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


@lru_cache(maxsize=1024)
def camel_case(name: str) -> str:
    """Return ``search_criteria`` as ``searchCriteria``."""
    camel = upper_camel(name)
    return camel[:1].lower() + camel[1:]


@dataclass(frozen=True, slots=True)
class DataObject:
    """An object with known keys. Cast, it is a dict of the keys that were sent, in snake_case.

    Args:
        name: the platform's name of the type.
        fields: the keys and their types.
        required: keys that must be there and not null.
        read_only: keys that may be sent back as they were answered, but only empty.
    """

    name: str
    fields: Mapping[str, Type]
    required: Sequence[str] = ()
    read_only: Sequence[str] = ()
    _by_camel: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = (*self.fields, *self.read_only)
        object.__setattr__(self, "_by_camel", {upper_camel(key): key for key in keys})

    def cast(self, value: Any) -> Any:
        """Return the dict. What is no object counts as an empty one; unknown keys are refused."""
        if isinstance(value, list):
            value = {str(index): entry for index, entry in enumerate(value)}
        elif not isinstance(value, dict):
            value = {}
        result: dict[str, Any] = {}
        for key, entry in value.items():
            name = key if key in self.fields else self.field_name(key)
            kind = self.fields.get(name) if name is not None else None
            if name is None or kind is None:
                if name is not None and not entry:
                    continue
                raise AdobeError(400, NOT_SUPPORTED, {"fieldName": upper_camel(key)})
            try:
                result[name] = kind.cast(entry)
            except (WrongType, _InField) as error:
                raise _InField(f'Error occurred during "{key}" processing. {error}') from None
        missing = [name for name in self.required if result.get(name) is None]
        if missing:
            raise required(*missing)
        return result

    def field_name(self, key: str) -> str | None:
        """Return the snake_case name of a key that was sent in either way, or None if there is none."""
        return self._by_camel.get(upper_camel(key))


@dataclass(frozen=True, slots=True)
class Param:
    """One argument of an operation, looked up at the top level in camelCase, then in snake_case.

    Args:
        name: in snake_case, as the handler finds it.
        type: what it is cast to.
        required: whether its absence (or null) is an error.
        default: what the handler finds where nothing was sent.
    """

    name: str
    type: Type
    required: bool = True
    default: Any = None
    wire_name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wire_name", camel_case(self.name))


def arguments(params: Sequence[Param], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an operation by snake_case name.

    Args:
        params: what the operation takes.
        data: the top-level keys of body, query and path, merged.

    Raises `AdobeError` 400 for what is missing, unknown inside an object, or of a wrong type.
    """
    found: dict[str, Any] = {}
    missing: list[str] = []
    for param in params:
        value = data.get(param.wire_name)
        if value is None:
            value = data.get(param.name)
        if value is None:
            found[param.name] = param.default
            if param.required:
                missing.append(param.wire_name)
            continue
        try:
            found[param.name] = param.type.cast(value)
        except (WrongType, _InField) as error:
            raise AdobeError(400, str(error)) from None
    if missing:
        raise required(*missing)
    return found


def scaled(value: int | Decimal, *, rounding: str = ROUND_HALF_UP) -> int:
    """Return a number as an integer of 1/10 000.

    Args:
        value: below 10**16, as `FLOAT` guarantees.
        rounding: what becomes of further digits; half away from zero unless said otherwise.
    """
    if isinstance(value, int):
        return value * SCALE
    return int(value.quantize(_TEN_THOUSANDTH, rounding=rounding).scaleb(4))
