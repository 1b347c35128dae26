"""Requests that are nearly right: real ids, quantities around what is left, and now and then anything."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from counterfoil.dialects.adobe.route import Route, snake_case
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, STRING, DataObject, ListOf, Type
from tests.faults.fuzzing import World

Draw = Callable[[st.SearchStrategy[Any]], Any]

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.none(), max_size=2),
)
TEXTS = st.one_of(
    st.sampled_from(["x", "1Z", "ups", "processing", "pending", "holded"]), st.text(min_size=1, max_size=300)
)
AMOUNTS = st.sampled_from([0, 1, 5, 10, 0.01, 4.99995, -1, 1000, "2.5"])
STATUSES = ("pending", "processing", "holded", "complete", "closed", "canceled", "nonsense", "")
DONE = ("qty_invoiced", "qty_shipped", "qty_refunded", "qty_canceled")
ODD_IN = 80
"""One value of so many is anything."""

DEEPEST = 5
AIMS = {
    *("order_item_id", "qty", "order_id", "parent_id", "items", "comment", "is_visible_on_front"),
    *("track_number", "carrier_code", "title"),
}
"""Fields that say what a request is about, or without which it is refused."""

SAVES_ORDERS = {"/V1/orders", "/V1/orders/create"}


class NearlyRight:
    """Makes arguments of one operation about one order.

    What Hypothesis draws must not hang on what is in the shop by now, so that is chosen by a number.
    """

    def __init__(self, draw: Draw, world: World, route: Route) -> None:
        self._draw = draw
        self._world = world
        self._route = route
        self._order = self._one_of(world.orders)

    def variables(self) -> dict[str, Any]:
        """Return values of the path's variables."""
        return {name: self._id(name) for name in self._route.variables}

    def body(self) -> dict[str, Any]:
        """Return a body."""
        variables = {snake_case(name) for name in self._route.variables}
        params = [param for param in self._route.params if param.name not in variables]
        return {
            param.wire_name: self._value(param.type, param.name, 0)
            for param in params
            if param.required or self._draw(st.booleans())
        }

    def _value(self, kind: Type, name: str, depth: int) -> Any:
        if depth > DEEPEST or self._one_in(ODD_IN):
            return self._draw(ODD)
        kind = getattr(kind, "shape", kind)
        if isinstance(kind, DataObject):
            return self._object(kind, depth)
        if isinstance(kind, ListOf):
            return [self._value(kind.item, name, depth + 1) for _ in range(self._draw(st.integers(0, 3)))]
        return self._scalar(kind, name)

    def _object(self, kind: DataObject, depth: int) -> dict[str, Any]:
        """Return few of the fields: what is required, what says what it is about, and two or three more."""
        saves = self._route.path in SAVES_ORDERS
        aims = [key for key in kind.fields if key in ({"entity_id"} if saves else AIMS)]
        other = [key for key in kind.fields if key not in {*aims, "entity_id", "items"}]
        more = self._draw(st.lists(st.sampled_from(other), max_size=3, unique=True)) if other else []
        wanted = dict.fromkeys([*kind.required, *(key for key in aims if not self._one_in(8)), *more])
        made = {key: self._value(kind.fields[key], key, depth + 1) for key in wanted}
        if {"order_item_id", "qty"} <= made.keys() and not self._one_in(ODD_IN):
            item = self._one_of(self._order["items"])
            made |= {"order_item_id": item["item_id"], "qty": self._quantity(item)}
        return made

    def _quantity(self, item: dict[str, Any]) -> Any:
        """Return a quantity around what is left of a row, by one of the ways in which it is used up."""
        done = item.get(self._draw(st.sampled_from(DONE))) or 0
        left = int(item["qty_ordered"]) - int(done)
        around = [1, left, left + 1, left - 1, 0, -1, 0.5, str(left), left + 0.0001, 1e-9]
        return self._draw(st.sampled_from([1, 1, 1, left, left, *around]))

    def _scalar(self, kind: Type, name: str) -> Any:
        if name == "order_item_id" or name.endswith("_id"):
            return self._id(name)
        if name == "status" and self._draw(st.booleans()):
            return self._draw(st.sampled_from(STATUSES))
        if kind is INT:
            return self._draw(st.sampled_from([0, 1, 2, -1, 2**31, "1"]))
        if kind is FLOAT:
            return self._draw(AMOUNTS)
        if kind is BOOL:
            return self._draw(st.sampled_from([True, False, 1, "yes"]))
        return self._draw(TEXTS if kind is STRING else ODD)

    def _id(self, name: str) -> Any:
        if self._one_in(ODD_IN):
            return self._draw(st.sampled_from([0, -1, 999_999, 2**63, "x"]))
        if name == "order_item_id":
            return self._one_of(self._order["items"])["item_id"]
        path = self._route.path
        if (
            path in SAVES_ORDERS
            or name in {"order_id", "orderId"}
            or (path.startswith("/V1/orders/:") and "status" not in name)
        ):
            return self._order["entity_id"]
        return self._one_of(self._world.ids(path, name))

    def _one_of(self, present: Sequence[Any]) -> Any:
        return present[self._draw(st.integers(0, 2**16 - 1)) % len(present)]

    def _one_in(self, number: int) -> bool:
        """Say yes once in so many times. Hypothesis likes the ends of a range, so it is a number inside."""
        found: bool = self._draw(st.integers(0, number - 1)) == number // 3
        return found
