"""The arguments of a call from body, query and path (contract adobe §2.2).

POST lets query and path win over the body. PUT moreover writes the last path variable into the one
object of the body, if that object has such a key.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from counterfoil.dialects.adobe import body, query, wire
from counterfoil.dialects.adobe.errors import NOT_SUPPORTED, AdobeError
from counterfoil.dialects.adobe.route import Route, snake_case

_WITH_BODY = frozenset({"POST", "PUT"})


def arguments(
    route: Route, *, variables: Mapping[str, str], pairs: list[tuple[str, str]], content: bytes
) -> dict[str, Any]:
    """Return the arguments by snake_case name; path variables that are no parameter as strings.

    Args:
        route: says which arguments there are.
        variables: of the path, decoded.
        pairs: of the query, decoded.
        content: the body; its content type has been checked. Ignored for GET and DELETE.

    Raises `AdobeError` 400.
    """
    if any("\0" in value for value in variables.values()):
        raise AdobeError(400, "The path contains a null character.")
    data = body.parse(content) if content and route.method in _WITH_BODY else {}
    if route.method == "PUT" and route.variables:
        _override(route, data, variables[route.variables[-1]])
    if data and route.method == "POST":
        _refuse_unknown(route, data)
    if pairs:
        data = {**data, **query.nested(pairs)}
    for name, value in variables.items():
        data.pop(snake_case(name), None)
        data.pop(wire.camel_case(name), None)
        data[name] = value
    found = wire.arguments(route.params, data) if route.params else {}
    for name, value in variables.items():
        found.setdefault(snake_case(name), value)
    return found


def _refuse_unknown(route: Route, data: Mapping[str, Any]) -> None:
    """Refuse a body of which nothing would be looked at, where no body at all means everything.

    Otherwise the items of a wrapped request (``{"entity": {"items": …}}``) would be overlooked, and all
    that is left of the order be invoiced, shipped or given back. One unknown name among others is ignored,
    as it is there (contract §12.5), and so is a list without objects (§12.4), whose names are numbers; but
    not a name that belongs one level lower, such as a ``shipping_amount`` outside of ``arguments``.
    """
    variables = {snake_case(variable) for variable in route.variables}
    wishes = [param for param in route.params if param.name not in variables]
    if not wishes or any(param.required for param in wishes):
        return
    known = {name for param in route.params for name in (param.name, param.wire_name)}
    names = [name for name in data if not name.isdecimal() and name not in known]
    if not known.isdisjoint(data):
        inner = {name for param in wishes for name in _inner_names(param)}
        names = [name for name in names if name in inner]
    if names:
        raise AdobeError(400, NOT_SUPPORTED, {"fieldName": wire.upper_camel(names[0])})


def _inner_names(param: wire.Param) -> Iterator[str]:
    if isinstance(param.type, wire.DataObject):
        for name in param.type.fields:
            if name != "extension_attributes":
                yield name
                yield wire.camel_case(name)


def _override(route: Route, data: dict[str, Any], value: str) -> None:
    """Write the last path variable into the one object of the body, as the id of what is changed."""
    if len(data) != 1 or value == "me":
        return
    (key, entry), name = next(iter(data.items())), snake_case(route.variables[-1])
    for param in route.params:
        if key in {param.wire_name, param.name} and isinstance(param.type, wire.DataObject):
            if isinstance(entry, dict) and name in param.type.fields:
                for sent in [sent for sent in entry if param.type.field_name(sent) == name]:
                    del entry[sent]
                entry[name] = value
            return
