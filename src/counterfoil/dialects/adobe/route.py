"""The route table: which handler answers which method and path, and who may call it (contract adobe §3)."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from counterfoil.dialects.adobe.wire import Param

if TYPE_CHECKING:
    from counterfoil.dialects.adobe.call import Call, Reply

Handler = Callable[["Call"], Awaitable["Reply"]]

ANONYMOUS: Final = ("anonymous",)
"""Resources of a route that anybody may call."""

SELF: Final = ("self",)
"""Resources of a route that a customer calls for itself."""

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
"""The methods that this dialect knows; others are answered 405."""

_WORD_START = re.compile(r"(?<=\w)(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return ``orderId`` as ``order_id``."""
    return _WORD_START.sub("_", name).lower()


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        method: GET, POST, PUT or DELETE.
        path: with variables as ``:cartId``; the handler finds them by their snake_case names.
        handler: answers a call.
        resources: what the caller must be allowed, all of it; or `ANONYMOUS` or `SELF`.
        params: the arguments, path variables included where they have a type other than string.
        decodes_itself: the handler reads body and variables on its own; ``Call.args`` stays empty.
        keyless: an idempotency key is looked at and not used, because the answer, or a fingerprint of the
            request, would be a secret in store.
    """

    method: str
    path: str
    handler: Handler
    resources: tuple[str, ...]
    params: tuple[Param, ...] = ()
    decodes_itself: bool = False
    keyless: bool = False
    variables: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [part[1:] for part in self.path.split("/") if part.startswith(":")]
        object.__setattr__(self, "variables", tuple(names))


class _Node:
    """One place in the tree of paths: what may follow, and which routes end here by method."""

    __slots__ = ("literals", "routes", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.routes: dict[str, Route] = {}


class RouteTable:
    """Finds the route of a request. Literal segments beat variables."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Build the tree. ValueError if two routes answer the same requests."""
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.path.strip("/").split("/"):
            if part.startswith(":"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literals.setdefault(part, _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.path}")
        node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and its path variables, url-decoded once.

        Args:
            method: the HTTP method.
            path: still url-encoded, without the ``/rest`` prefix and the store code.
        """
        values: list[str] = []
        route = _walk(self._root, path.strip("/").split("/"), 0, method, values)
        if route is None:
            return None
        decoded = (unquote_plus(value) if "%" in value or "+" in value else value for value in values)
        return route, dict(zip(route.variables, decoded, strict=True))


def _walk(node: _Node, parts: Sequence[str], index: int, method: str, values: list[str]) -> Route | None:
    # Where only words may follow there is nothing to come back to.
    while index < len(parts) and node.variable is None:
        following = node.literals.get(parts[index])
        if following is None:
            return None
        node, index = following, index + 1
    if index == len(parts):
        return node.routes.get(method)
    part = parts[index]
    literal = node.literals.get(part)
    if literal is not None:
        route = _walk(literal, parts, index + 1, method, values)
        if route is not None:
            return route
    if node.variable is None or not part:
        return None
    values.append(part)
    route = _walk(node.variable, parts, index + 1, method, values)
    if route is None:
        values.pop()
    return route
