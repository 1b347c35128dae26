"""The route table: which handler answers which method and path, and who may call it (contract vtex §2).

A path is split at its slashes before anything in it is decoded, so an encoded slash is part of a name.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from counterfoil.dialects.vtex.errors import Family, family_of

if TYPE_CHECKING:
    from counterfoil.dialects.vtex.call import Call, Reply

Handler = Callable[["Call"], Awaitable["Reply"]]

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""The methods that this dialect knows; others are answered 405."""

MAX_SEGMENTS: Final = 64
"""A longer path leads nowhere."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        method: GET, POST, PUT, PATCH or DELETE.
        path: with variables as ``:orderId`` for one segment, or ``*invoiceNumber`` for one or more, which
            are joined again: a proxy may have decoded the slash that a client had encoded.
        handler: answers a call.
        resource: what the caller must be allowed, by its name in `counterfoil.access.app_role`.
        reads: the operation changes nothing, though its method is not GET.
    """

    method: str
    path: str
    handler: Handler
    resource: str
    reads: bool = False
    variables: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [part[1:] for part in self.path.split("/") if part[:1] in {":", "*"}]
        object.__setattr__(self, "variables", tuple(names))

    @property
    def family(self) -> Family:
        """The form of its errors."""
        return family_of(self.path)

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET" and not self.reads


class _Node:
    """One place in the tree of paths: what may follow, and which routes end here by method."""

    __slots__ = ("greedy", "literals", "routes", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.greedy: _Node | None = None
        self.routes: dict[str, Route] = {}


class RouteTable:
    """Finds the route of a request. Literal segments, in any case, beat variables."""

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
            elif part.startswith("*"):
                node.greedy = node.greedy or _Node()
                node = node.greedy
            else:
                node = node.literals.setdefault(part.lower(), _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.path}")
        node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | frozenset[str]:
        """Return the route and its path variables, decoded once, or the methods that the path has.

        Args:
            method: the HTTP method.
            path: as it was sent, still url-encoded.

        Raises UnicodeDecodeError if a variable is no UTF-8.
        """
        parts = path.removesuffix("/").removeprefix("/").split("/")
        if len(parts) > MAX_SEGMENTS:
            return frozenset()
        values: list[str] = []
        route = _walk(self._root, parts, 0, method, values)
        if route is None:
            return frozenset(other for other in METHODS if _walk(self._root, parts, 0, other, []) is not None)
        decoded = (unquote(value, errors="strict") for value in values)
        return route, dict(zip(route.variables, decoded, strict=True))


def _walk(node: _Node, parts: Sequence[str], index: int, method: str, values: list[str]) -> Route | None:
    # Where only words may follow there is nothing to come back to.
    while index < len(parts) and node.variable is None and node.greedy is None:
        following = node.literals.get(parts[index].lower())
        if following is None:
            return None
        node, index = following, index + 1
    if index == len(parts):
        return node.routes.get(method)
    part = parts[index]
    literal = node.literals.get(part.lower())
    if literal is not None:
        route = _walk(literal, parts, index + 1, method, values)
        if route is not None:
            return route
    if node.variable is not None and part:
        values.append(part)
        route = _walk(node.variable, parts, index + 1, method, values)
        if route is not None:
            return route
        values.pop()
    if node.greedy is None:
        return None
    # The fewest segments that leave a tail which is another word of the path, else all of them.
    for end in range(index + 1, len(parts) + 1):
        values.append("/".join(parts[index:end]))
        route = _walk(node.greedy, parts, end, method, values)
        if route is not None:
            return route
        values.pop()
    return None
