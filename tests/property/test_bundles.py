"""Whatever bundles are in a cart: its order adds up, and can be invoiced in any parts, to the cent."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterfoil.checkout.bundle import BundleOption, BundlePart, Selection
from counterfoil.checkout.cart import CartItem
from counterfoil.checkout.cart_row import CartRow, row_of
from counterfoil.checkout.discounts import RuleApplied
from counterfoil.checkout.draft_items import order_items, row_count
from counterfoil.checkout.pricing import lines_of, priced_rows
from counterfoil.checkout.product import Product
from counterfoil.checkout.totals import ShippingLine, Totals, compute
from counterfoil.domain import invariants, quantity
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order, OrderItem
from tests.property.test_totals import APPLIED, RATE_LISTS, SHIPPING, draft_of
from tests.unit.domain.given import numbers, placed, when

PRICES = st.integers(0, 10**8)
WHOLE = st.integers(1, 9).map(lambda units: units * SCALE)
FLAG = st.sampled_from(["0", "1"])
BUNDLE = 100


@st.composite
def products(draw) -> dict[int, Product]:
    """Three goods, and a bundle of some of them. The number is the id, and the tax class."""
    goods = {
        number: Product(
            id=number,
            sku=f"P{number}",
            name=f"P{number}",
            type_id=draw(st.sampled_from(["simple", "virtual"])),
            price=draw(PRICES),
            weight=draw(st.none() | PRICES),
            tax_class_id=number,
        )
        for number in (1, 2, 3)
    }
    selections = tuple(
        Selection(
            number, number, price=draw(st.integers(0, 100 * SCALE)), price_is_percent=draw(st.booleans())
        )
        for number in goods
    )
    flags = {name: draw(FLAG) for name in ("price_type", "shipment_type", "sku_type", "weight_type")}
    goods[BUNDLE] = Product(
        id=BUNDLE,
        sku="B",
        name="B",
        type_id="bundle",
        price=draw(PRICES),
        tax_class_id=1,
        attributes=flags,
        bundle_options=(BundleOption(1, "All", selections=selections),),
    )
    return goods


@st.composite
def carts(draw) -> list[CartRow]:
    goods = draw(products())
    rows = []
    for number in range(draw(st.integers(1, 5))):
        item = CartItem(10 * number + 1, draw(st.sampled_from(list(goods))), draw(WHOLE))
        if item.product_id == BUNDLE:
            chosen = draw(st.lists(st.sampled_from([1, 2, 3]), min_size=1, unique=True))
            parts = tuple(BundlePart(1, product_id, product_id, draw(WHOLE)) for product_id in chosen)
            item = CartItem(item.item_id, BUNDLE, item.qty, parts=parts)
        row = row_of(item, goods)
        assert row is not None
        rows.append(row)
    return rows


RATES = st.fixed_dictionaries({1: RATE_LISTS, 2: RATE_LISTS, 3: RATE_LISTS})


def order_of(rows: list[CartRow], totals: Totals) -> tuple[Order, list[OrderItem]]:
    items = list(order_items(list(priced_rows(rows, totals.lines)), {}))
    draft = replace(draft_of(totals), items={item.item_id: item for item in items})
    return draft, items


@settings(deadline=None)
@given(carts(), RATES, SHIPPING, APPLIED)
def test_every_cart_with_bundles_adds_up_to_an_order_with_all_its_rows(
    rows: list[CartRow], rates: dict, shipping: ShippingLine, rules: list[RuleApplied]
):
    totals = compute([line for row in rows for line in lines_of(row, rates)], shipping, rules)
    draft, items = order_of(rows, totals)
    order = placed(draft)
    assert len(items) == sum(1 + len(row.parts) for row in rows)
    assert row_count(list(priced_rows(rows, totals.lines))) == sum(len(row.parts) or 1 for row in rows)
    assert sum(row.row_total for row in rows) == order.subtotal
    top = [item for item in order.items.values() if item.parent_item_id is None]
    assert sum(item.row_total for item in top) == order.subtotal, "what is shown on top adds up, too"
    assert sum(item.row_total_incl_tax for item in top) == totals.subtotal_incl_tax


@settings(deadline=None)
@given(carts(), RATES, SHIPPING, APPLIED, st.data())
def test_an_order_with_bundles_is_invoiced_in_any_parts_to_the_cent(
    rows: list[CartRow], rates: dict, shipping: ShippingLine, rules: list[RuleApplied], data: st.DataObject
):
    totals = compute([line for row in rows for line in lines_of(row, rates)], shipping, rules)
    series = numbers()
    order = placed(order_of(rows, totals)[0], series)
    invoices = []
    for _ in range(3):
        units = st.integers(0, 9).map(lambda count: count * SCALE)
        asked = data.draw(st.dictionaries(st.sampled_from(list(order.items)), units, min_size=1, max_size=3))
        order, event = when(order, IssueInvoice(asked), series)
        invoices += [event.invoice] if isinstance(event, InvoiceIssued) else []
    order, event = when(order, IssueInvoice(), series)
    invoices += [event.invoice] if isinstance(event, InvoiceIssued) else []
    assert list(invariants.broken_book(order, Documents(invoices=invoices))) == []
    assert order.total_invoiced == order.grand_total
    for item in order.items.values():
        assert item.qty_invoiced == item.qty_ordered
        assert quantity.is_dummy(item) or item.row_invoiced == item.row_total
