"""Place orders that come with their prices: what was agreed elsewhere is written down as it was agreed.

Nothing is priced, taxed or discounted here. A row whose sku the catalogue knows takes its stock, like any
sale; a row that it does not know has none (``product_id`` 0). The name of an order is unique: it is a record
which is written in the same transaction. Several orders of one purchase are placed together or not at all.
Locks are taken in the order of `counterfoil.checkout.place`: stock, then number series, then the records of
names, of which the series keep two placings apart.
"""

from collections.abc import Sequence

from msgspec import Struct

from counterfoil.checkout import availability
from counterfoil.checkout.availability import NotForSale, Unavailable
from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.place import MAX_TOTAL
from counterfoil.checkout.product import COMPOSITE, Product, find_product
from counterfoil.domain import place
from counterfoil.domain.money import SCALE, divide_minor
from counterfoil.domain.order import ItemParticulars, Order, OrderItem
from counterfoil.ledger.envelope import Actor, IdempotencyKey
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.ports import NameTaken, StockLevel, Transaction

MAX_ORDERS = 20
"""The most orders of one purchase."""

ORDER_IDS = "order_id"
"""The series of the orders' ids, which names are made of."""


class OrderName(Document, frozen=True, kw_only=True):
    """Under which name an order was placed. The record's name is the orderId, its owner the orderGroup."""

    order_id: int


ORDER_NAMES = Kind("vtex-order", OrderName)


class GivenRow(Struct, frozen=True):
    """One row as it was agreed. Quantity and money are scaled; ``row_total`` is before discount and tax."""

    sku: str
    name: str
    qty: int
    price: int
    row_total: int
    discount: int = 0
    tax: int = 0
    order_form: dict[str, object] | None = None


class NameGiven(Struct, frozen=True):
    """Refusal: an order was placed under this name before. ``canceled`` tells what became of it."""

    name: str
    canceled: bool


class TooMuch(Struct, frozen=True):
    """Refusal: an order comes to more than the books can hold."""


GivenRefusal = NameGiven | TooMuch | Unavailable


class Goods(Struct, frozen=True):
    """What the catalogue knows of the rows of a purchase: products by the rows' skus, and their stock."""

    products: dict[str, Product]
    levels: dict[int, StockLevel]


def totals_of(rows: Sequence[GivenRow], shipping: int) -> int | TooMuch:
    """Return what rows and shipping come to (scaled money)."""
    if any(max(row.row_total, row.price, row.tax) > MAX_TOTAL for row in rows):
        return TooMuch()
    total = sum(row.row_total - row.discount + row.tax for row in rows) + shipping
    return TooMuch() if max(total, sum(row.row_total for row in rows)) > MAX_TOTAL else total


def order_item(row: GivenRow, item_id: int, goods: Goods) -> OrderItem:
    """Return a row as an order keeps it, with the provisional id ``item_id``."""
    product = goods.products.get(row.sku)
    level = goods.levels.get(product.id) if product else None
    after_discount = row.row_total - row.discount
    return OrderItem(
        item_id=item_id,
        parent_item_id=None,
        product_id=product.id if product else 0,
        product_type=product.type_id if product else "simple",
        sku=row.sku,
        name=row.name or (product.name if product else row.sku),
        is_virtual=product.is_virtual if product else False,
        is_qty_decimal=level.is_qty_decimal if level else False,
        price=row.price,
        price_incl_tax=row.price + divide_minor(row.tax * SCALE, row.qty),
        qty_ordered=row.qty,
        row_total=row.row_total,
        row_total_incl_tax=row.row_total + row.tax,
        tax_amount=row.tax,
        discount_amount=row.discount,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(
            original_price=row.price,
            tax_percent=divide_minor(100 * SCALE * row.tax, after_discount) if after_discount else 0,
            discount_percent=divide_minor(100 * SCALE * row.discount, row.row_total) if row.row_total else 0,
            weight=product.weight if product else None,
            row_weight=(product.weight or 0) * row.qty // SCALE if product else 0,
            order_form=row.order_form,
        ),
    )


async def refuse_name(transaction: Transaction, name: str) -> NameGiven | None:
    """Return that there is an order of this name, or None if there is none."""
    given = await ORDER_NAMES.named(transaction.records, name)
    if given is None:
        return None
    order = await transaction.order(given.order_id)
    return NameGiven(name, canceled=order is not None and order.state == "canceled")


async def take_goods(transaction: Transaction, rows: Sequence[GivenRow]) -> Goods | Unavailable:
    """Lock the stock of what the catalogue knows of ``rows`` and promise it to them."""
    products: dict[str, Product] = {}
    for sku in dict.fromkeys(row.sku for row in rows):
        product = await find_product(transaction.records, sku)
        if product is not None:
            products[sku] = product
    by_id = {product.id: product for product in products.values()}
    made_of_others = next((product for product in by_id.values() if product.type_id in COMPOSITE), None)
    if made_of_others is not None:
        return NotForSale(made_of_others.sku)
    wanted = dict.fromkeys(sorted(by_id), 0)
    for row in rows:
        if row.sku in products:
            wanted[products[row.sku].id] += row.qty
    levels = await transaction.lock_stock(list(wanted)) if wanted else {}
    refusal = availability.refuse_any(wanted, by_id, levels)
    if refusal is not None:
        return refusal
    changed = list(availability.reserve(wanted, levels))
    if changed:
        await transaction.write_stock(changed)
    return Goods(products, levels)


async def next_order_id(transaction: Transaction, draft: Order) -> int:
    """Lock the series that placing ``draft`` takes from, and return the id that its order will have.

    Orders that are placed in one transaction have ids that follow each other.
    """
    names = sorted({*place.series(draft), f"record/{ORDER_NAMES.name}"})
    return (await transaction.lock_series(names))[ORDER_IDS]


async def place_given(
    ledger: Ledger,
    transaction: Transaction,
    draft: Order,
    *,
    name: str,
    group: str,
    actor: Actor,
    key: IdempotencyKey | None = None,
    grace_s: int = 0,
) -> Order:
    """Place ``draft`` under ``name`` and return the order. Its goods were taken before.

    Args:
        ledger: where the order is placed.
        transaction: the unit of work; apart from more of these, nothing may be written in it afterwards.
        draft: a whole order (see `counterfoil.domain.place`).
        name: the orderId, which must be free (`refuse_name`). Raises `Conflict` if it was just taken.
        group: the orderGroup.
        actor: who asks, for the journal.
        key: the client's idempotency key.
        grace_s: how long the order can be canceled freely, if that is the draft's stage.
    """
    order = await ledger.place(transaction, draft, actor=actor, key=key, grace_s=grace_s)
    try:
        await ORDER_NAMES.insert(
            transaction.records, OrderName(order_id=order.entity_id), name=name, owner=group
        )
    except NameTaken:
        raise Conflict from None
    return order
