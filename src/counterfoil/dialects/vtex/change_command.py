"""Makes the command of a Change that a client wants: which rows go, and what the new ones are.

A new item is priced as the client says, else as its SKU is in the order, else as in the catalogue (contract
vtex §3.10: order-time prices).
"""

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.checkout.product import COMPOSITE, Product, find_product
from counterfoil.dialects.vtex.change_request import Line, Wish
from counterfoil.dialects.vtex.errors import VtexError, order_not_found
from counterfoil.dialects.vtex.order_form import item_form, unique_id
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.receipt import as_uuid
from counterfoil.domain.attachments import AT_ONCE, AddedLine
from counterfoil.domain.change import RequestChange
from counterfoil.domain.order import OrderItem
from counterfoil.domain.wanted import WantedLine, rows_of
from counterfoil.ledger.envelope import IdempotencyKey
from counterfoil.ledger.ports import Reader

_NO_ROW: Final = -1
_KEPT = (
    *("productId", "refId", "ean", "imageUrl", "detailUrl", "seller", "sellerSku", "measurementUnit"),
    *("unitMultiplier", "listPrice", "additionalInfo"),
)
"""What a new row takes over of one of the same SKU, as far as it is told of it."""


async def command(
    reader: Reader, target: Target, wish: Wish, *, generation: int, request_id: str
) -> RequestChange:
    """Return the command. Raises `VtexError`: CHK0022 for a new item that nobody knows."""
    rows: list[OrderItem] = []
    if wish.added or any(line.unique_id is not None for line in wish.removed):
        order = await reader.order(target.entity_id)
        if order is None:
            raise order_not_found()
        rows = rows_of(order)
    return RequestChange(
        request_id,
        generation,
        wish.reason,
        removed=tuple(_wanted(line, rows) for line in wish.removed),
        added=tuple([await _added(reader, line, rows, generation) for line in wish.added]),
        manual_discount=wish.discount,
        manual_increment=wish.increment,
        given=wish.given,
    )


def name_of(key: IdempotencyKey | None, fresh: str) -> str:
    """Return the id of a Change that the client has not named: a repeat under the same key has the same."""
    return fresh if key is None else as_uuid(f"{key.scope}\n{key.key}")


def _wanted(line: Line, rows: Sequence[OrderItem]) -> WantedLine:
    """Return which row a line names: by its uniqueId, else by its place, else by SKU."""
    if line.unique_id is None:
        return WantedLine(line.qty, index=line.index, sku=line.sku, price=line.price)
    wanted = line.unique_id.upper().replace("-", "")
    named = (row.item_id for row in rows if unique_id(row).upper().replace("-", "") == wanted)
    name = line.sku or line.unique_id
    return WantedLine(line.qty, item_id=next(named, _NO_ROW), sku=name, price=line.price)


async def _added(reader: Reader, line: Line, rows: Sequence[OrderItem], generation: int) -> AddedLine:
    product = await find_product(reader.records, line.sku)
    if product is not None and product.type_id in COMPOSITE:
        raise _unknown(generation)
    same = next((row for row in rows if row.sku.casefold() == line.sku.casefold()), None)
    if not line.sku or (product is None and same is None and (generation == AT_ONCE or line.price is None)):
        raise _unknown(generation)
    price = _price(line, same, product)
    if price is None:
        raise _unknown(generation)
    return AddedLine(
        sku=line.sku,
        qty=line.qty,
        price=price,
        name=_name(line, same, product),
        product_id=product.id if product is not None else 0,
        is_virtual=product.is_virtual if product is not None else same is not None and same.is_virtual,
        order_form=_form(line, same),
    )


def _unknown(generation: int) -> VtexError:
    if generation == AT_ONCE:
        return VtexError(404, "Invalid id for item", code="CHK0022")
    return VtexError(400, "Invalid id for item.", code="CHK0022")


def _price(line: Line, same: OrderItem | None, product: Product | None) -> int | None:
    if line.price is not None:
        return line.price
    if same is not None:
        return same.price
    return product.price if product is not None else None


def _name(line: Line, same: OrderItem | None, product: Product | None) -> str:
    if same is not None and same.name:
        return same.name
    return product.name if product is not None else line.sku


def _form(line: Line, same: OrderItem | None) -> dict[str, Any] | None:
    known = item_form(same) if same is not None else {}
    form = {name: known[name] for name in _KEPT if name in known}
    form |= {name: line.given[name] for name in ("seller", "measurementUnit") if name in line.given}
    return form or None
