"""Strict handling: what Adobe would leave out or lower is refused, with every reason.

Adobe drops rows of a request that have nothing left and lowers quantities to be shipped (contract adobe
§1.5 R5 and R6, §5.4, §6.1). A client that wants all or nothing asks for it.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from counterfoil.domain import quantity
from counterfoil.domain.order import OrderItem


class RowProblem(Struct, frozen=True):
    """Why a row cannot be taken as it was asked for.

    It is *foreign* (not of this order; ``sku`` is None), a *mirror* of another row, asked for in a
    *quantity* that cannot be (nothing, or a part of a whole unit), or *exhausted* (less is left).
    """

    item_id: int
    sku: str | None
    kind: Literal["foreign", "mirror", "quantity", "exhausted"]


class StrictlyRefused(Struct, frozen=True):
    """Refusal: not everything that was asked for can be done. ``document`` is *invoice* or *shipment*."""

    document: Literal["invoice", "shipment"]
    rows: tuple[RowProblem, ...]


def problems(
    items: Mapping[int, OrderItem], asked: Mapping[int, int], left: Callable[[OrderItem], int]
) -> tuple[RowProblem, ...]:
    """Return the rows that cannot be taken as asked, in the order of the request.

    Args:
        items: rows of the order, those that were asked for among them.
        asked: scaled quantities by row id.
        left: how much of a row is left to do; 0 for rows that only mirror another.
    """
    found = []
    for item_id, qty in asked.items():
        item = items.get(item_id)
        if item is None:
            found.append(RowProblem(item_id, None, "foreign"))
        elif qty <= 0 or quantity.whole(item, qty) != qty:
            found.append(RowProblem(item_id, item.sku, "quantity"))
        elif qty > left(item):
            mirrors = item.parent_item_id is not None and left(item) == 0
            found.append(RowProblem(item_id, item.sku, "mirror" if mirrors else "exhausted"))
    return tuple(found)
