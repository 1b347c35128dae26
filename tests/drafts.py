"""Order drafts for tests: small, exact, and the same everywhere."""

from msgspec.structs import replace

from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.money import SCALE, percent_of
from counterfoil.domain.order import Address, ItemParticulars, Order, OrderItem, OrderParticulars, Payment
from counterfoil.domain.quantity import is_dummy


def address(kind: str) -> Address:
    """Make an address of ``kind`` billing or shipping."""
    return Address(
        kind,
        firstname="Jane",
        lastname="Doe",
        street=("123 Oak Ave",),
        city="Purchase",
        region="New York",
        region_code="NY",
        region_id=43,
        postcode="10577",
        country_id="US",
        telephone="512-555-1111",
        email="jdoe@example.com",
    )


def row(
    sku: str,
    price: int,
    qty: int = 1,
    *,
    tax_percent: int = 0,
    discount: int = 0,
    configurable: bool = False,
    virtual: bool = False,
    row_total: int | None = None,
    tax: int | None = None,
    contains: int = 0,
    separately: bool = False,
) -> dict:
    """Describe one line: price, discount and row total in cents, quantity in units.

    ``contains`` makes it a bundle with a fixed price, of a part that is in it so many times.
    """
    return locals() | {"parts": ()}


def bundle(sku: str, qty: int, *parts: tuple[int, dict], separately: bool = False) -> dict:
    """Describe a bundle that is priced by its parts: how many of it each contains, and a `row` of all."""
    return row(sku, 0, qty, separately=separately) | {"parts": parts}


def _item(line: dict, number: int) -> OrderItem:
    total = (line["price"] * line["qty"] if line["row_total"] is None else line["row_total"]) * 100
    discount = line["discount"] * 100
    tax = percent_of(total - discount, line["tax_percent"]) if line["tax"] is None else line["tax"] * 100
    return OrderItem(
        item_id=number,
        parent_item_id=None,
        product_id=number,
        product_type="configurable" if line["configurable"] else "simple",
        sku=line["sku"],
        name=line["sku"],
        is_virtual=line["virtual"],
        is_qty_decimal=False,
        price=line["price"] * 100,
        price_incl_tax=line["price"] * 100,
        qty_ordered=line["qty"] * SCALE,
        row_total=total,
        row_total_incl_tax=total + tax,
        tax_amount=tax,
        discount_amount=discount,
        discount_tax_compensation_amount=0,
        shipped_separately=line["separately"],
        particulars=ItemParticulars(original_price=line["price"] * 100, tax_percent=line["tax_percent"]),
    )


def _family(line: dict, number: int) -> list[OrderItem]:
    """Return the rows of one line, of which the first has the id ``number``."""
    parent = _item(line, number)
    if line["configurable"] or line["contains"]:
        child = replace(
            _item(row(line["sku"], 0, line["qty"] * (line["contains"] or 1)), number + 1),
            parent_item_id=number,
            shipped_separately=line["separately"],
            particulars=ItemParticulars(),
        )
        kind = "bundle" if line["contains"] else "configurable"
        return [replace(parent, product_type=kind), child]
    if not line["parts"]:
        return [parent]
    parts = [
        replace(
            _item(part, number + index),
            parent_item_id=number,
            qty_ordered=line["qty"] * contained * SCALE,
            children_calculated=True,
            shipped_separately=line["separately"],
        )
        for index, (contained, part) in enumerate(line["parts"], start=1)
    ]
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("row_total", "row_total_incl_tax", "tax_amount")
    }
    return [replace(parent, product_type="bundle", children_calculated=True, **sums), *parts]


def draft(*lines: dict, shipping: int = 500, store_id: int = 1) -> Order:
    """Make a draft order of ``lines`` with ``shipping`` in cents."""
    items: dict[int, OrderItem] = {}
    for line in lines:
        for item in _family(line, len(items) + 1):
            items[item.item_id] = item
    real = [item for item in items.values() if not is_dummy(item)]
    subtotal = sum(item.row_total for item in real)
    tax = sum(item.tax_amount for item in real)
    discount = sum(item.discount_amount for item in real)
    return Order(
        entity_id=0,
        version=0,
        store_id=store_id,
        increment_id="",
        currency="USD",
        state="new",
        status="pending",
        is_virtual=all(item.is_virtual for item in items.values()),
        created_at="",
        updated_at="",
        billing_address_id=0,
        shipping_address_id=None,
        discount_description="TEN" if discount else None,
        grand_total=subtotal + tax + shipping * 100 - discount,
        subtotal=subtotal,
        tax_amount=tax,
        discount_amount=-discount,
        discount_tax_compensation_amount=0,
        shipping_amount=shipping * 100,
        shipping_incl_tax=shipping * 100,
        shipping_tax_amount=0,
        shipping_discount_amount=0,
        shipping_discount_tax_compensation_amount=0,
        qty_to_invoice=0,
        qty_to_ship=0,
        items=items,
        particulars=OrderParticulars(
            billing_address=address("billing"),
            shipping_address=address("shipping"),
            payment=Payment("checkmo", "Check / Money order"),
            customer_email="jdoe@example.com",
            customer_firstname="Jane",
            customer_lastname="Doe",
            subtotal_incl_tax=subtotal + tax,
            total_item_count=len(lines),
            total_qty_ordered=sum(line["qty"] for line in lines) * SCALE,
        ),
    )


def authorized(order: Order) -> Order:
    """Make a draft whose payment a gateway has authorised, under the name ``A``."""
    assert order.particulars is not None
    held = PaymentOperation(
        order_id=0,
        seq=1,
        reference="held",
        kind="authorization",
        amount=order.grand_total,
        state="confirmed",
        parent_txn_id=None,
        wish={},
        created_at="2026-11-20 09:59:59",
        updated_at="2026-11-20 10:00:00",
        txn_id="A",
    )
    payment = Payment("testgateway", "Test Gateway", gateway=True)
    return replace(
        order,
        authorization_id="A",
        amount_authorized=order.grand_total,
        payments={1: held},
        particulars=replace(order.particulars, payment=payment),
    )
