"""Orders to invoice in a measurement: taxed, shipped, and large enough that no invoice is the last.

They are in *handling*, so that both dialects may invoice them.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from counterfoil.domain import transitions
from counterfoil.domain.money import SCALE, percent_of
from counterfoil.domain.order import (
    Address,
    ItemParticulars,
    ItemTax,
    Order,
    OrderItem,
    OrderParticulars,
    Payment,
)
from counterfoil.lab.load import Request
from counterfoil.ledger.envelope import Actor, Answered
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

UNITS = 1_000_000
"""How many units of each line are ordered."""

TAX_PERCENT = 83_750
"""8.375 %, so that every share of the tax has to be rounded."""

ORDERS_PER_TRANSACTION = 100

_ACTOR = Actor("bench", "lab")


class Prepared(Struct, frozen=True):
    """An order in the books: its id and the ids of its lines."""

    order_id: int
    item_ids: tuple[int, ...]


def draft(lines: int, units: int = UNITS) -> Order:
    """Return an order of ``units`` of each of ``lines`` different products, ready to be placed."""
    items = {number: _item(number, units) for number in range(1, lines + 1)}
    subtotal = sum(item.row_total for item in items.values())
    tax = sum(item.tax_amount for item in items.values())
    shipping = 5 * SCALE
    return Order(
        entity_id=0,
        version=0,
        store_id=1,
        increment_id="",
        currency="USD",
        state="",
        status="",
        is_virtual=False,
        created_at="",
        updated_at="",
        billing_address_id=0,
        shipping_address_id=None,
        discount_description=None,
        grand_total=subtotal + tax + shipping,
        subtotal=subtotal,
        tax_amount=tax,
        discount_amount=0,
        discount_tax_compensation_amount=0,
        shipping_amount=shipping,
        shipping_incl_tax=shipping,
        shipping_tax_amount=0,
        shipping_discount_amount=0,
        shipping_discount_tax_compensation_amount=0,
        qty_to_invoice=0,
        qty_to_ship=0,
        stage=transitions.HANDLING,
        items=items,
        particulars=_particulars(subtotal + tax, lines, lines * units * SCALE),
    )


def _item(number: int, units: int) -> OrderItem:
    price = 10 * SCALE + (number % 100) * 100
    row_total = price * units
    tax = percent_of(row_total, TAX_PERCENT)
    return OrderItem(
        item_id=number,
        parent_item_id=None,
        product_id=number,
        product_type="simple",
        sku=f"BENCH-{number}",
        name=f"Bench product {number}",
        is_virtual=False,
        is_qty_decimal=False,
        price=price,
        price_incl_tax=price + percent_of(price, TAX_PERCENT),
        qty_ordered=units * SCALE,
        row_total=row_total,
        row_total_incl_tax=row_total + tax,
        tax_amount=tax,
        discount_amount=0,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(
            quote_item_id=number,
            original_price=price,
            tax_percent=TAX_PERCENT,
            taxes=(ItemTax("US-NY", "US-NY", TAX_PERCENT, tax),),
        ),
    )


def _particulars(subtotal_incl_tax: int, lines: int, qty: int) -> OrderParticulars:
    address = Address(
        address_type="billing",
        firstname="Bench",
        lastname="Mark",
        street=("1 Main Street",),
        city="New York",
        region="New York",
        region_code="NY",
        region_id=43,
        postcode="10001",
        country_id="US",
        telephone="5550100",
        email="bench@example.com",
    )
    return OrderParticulars(
        billing_address=address,
        shipping_address=msgspec.structs.replace(address, address_type="shipping"),
        payment=Payment("checkmo", "Check / Money order"),
        customer_email="bench@example.com",
        customer_firstname="Bench",
        customer_lastname="Mark",
        store_name="Main Website\nMain Website Store\nDefault Store View",
        shipping_method="flatrate_flatrate",
        shipping_description="Flat Rate - Fixed",
        subtotal_incl_tax=subtotal_incl_tax,
        total_item_count=lines,
        total_qty_ordered=qty,
    )


async def place(ledger: Ledger, count: int, *, lines: int = 3, units: int = UNITS) -> list[Prepared]:
    """Place ``count`` orders of ``lines`` lines through the ledger and return them, ids ascending."""
    placed: list[Prepared] = []
    wanted = draft(lines, units)
    while len(placed) < count:
        share = min(ORDERS_PER_TRANSACTION, count - len(placed))

        async def work(transaction: Transaction, share: int = share) -> Body:
            orders = [await ledger.place(transaction, wanted, actor=_ACTOR) for _ in range(share)]
            return Body(
                msgspec.json.encode([Prepared(order.entity_id, tuple(order.items)) for order in orders])
            )

        answer = await ledger.transact(work)
        assert isinstance(answer, Answered), answer
        placed += msgspec.json.decode(answer.body, type=list[Prepared])
    return placed


def invoice_requests(orders: Sequence[Prepared], *, times: int = 1, kind: str = "") -> list[Request]:
    """Return requests that each invoice one unit of one line, visiting every order before any again.

    The line moves on with every visit. ``times`` is the number of visits.
    """
    requests = []
    for visit in range(times):
        for place_in_row, order in enumerate(orders):
            item_id = order.item_ids[(visit + place_in_row) % len(order.item_ids)]
            body = f'{{"items":[{{"order_item_id":{item_id},"qty":1}}]}}'
            requests.append(Request("POST", f"/rest/V1/order/{order.order_id}/invoice", body, kind))
    return requests


def read_requests(orders: Sequence[Prepared], *, kind: str) -> list[Request]:
    """Return requests that each read one order."""
    return [Request("GET", f"/rest/V1/orders/{order.order_id}", kind=kind) for order in orders]
