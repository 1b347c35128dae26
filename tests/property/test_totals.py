"""Whatever is in a cart and whatever rules and taxes there are: it adds up, and it can become an order."""

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.checkout.discounts import RuleApplied
from counterfoil.checkout.sales_rule import ACTIONS, SalesRule
from counterfoil.checkout.tax import AppliedRate, RatePart
from counterfoil.checkout.totals import Line, ShippingLine, Totals, compute
from counterfoil.domain.decision import Context
from counterfoil.domain.money import MINOR, SCALE
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Address, Order, OrderItem, OrderParticulars, Payment
from counterfoil.domain.place import PlaceOrder, decide, series

PERCENTS = st.integers(0, 100 * SCALE)


def rate_of(code: str, percents: list[int]) -> AppliedRate:
    parts = tuple(RatePart(f"{code}{index}", code, percent) for index, percent in enumerate(percents))
    return AppliedRate(code, code, sum(percents), parts)


RATES = st.sampled_from("AB").flatmap(
    lambda code: st.lists(PERCENTS, min_size=1, max_size=3).map(lambda percents: rate_of(code, percents))
)
RATE_LISTS = st.lists(RATES, max_size=2).map(tuple)
LINES = st.lists(
    st.builds(Line, price=st.integers(0, 10**9), qty=st.integers(1, 10**4 * SCALE), rates=RATE_LISTS),
    min_size=1,
    max_size=12,
)
SHIPPING = st.builds(ShippingLine, amount=st.integers(0, 10**6).map(lambda n: n * MINOR), rates=RATE_LISTS)
RULES = st.builds(
    SalesRule,
    id=st.integers(1, 3),
    name=st.just("r"),
    simple_action=st.sampled_from(ACTIONS),
    discount_amount=PERCENTS,
    discount_qty=st.none() | st.integers(1, 50 * SCALE),
    discount_step=st.integers(0, 5).map(lambda n: n * SCALE),
    apply_to_shipping=st.booleans(),
    stop_rules_processing=st.booleans(),
)
APPLIED = st.lists(
    st.builds(RuleApplied, rule=RULES, rows=st.frozensets(st.integers(0, 12), max_size=13)), max_size=4
)


def draft_of(totals: Totals) -> Order:
    items = {
        number: OrderItem(
            item_id=number,
            parent_item_id=None,
            product_id=number,
            product_type="simple",
            sku=f"S{number}",
            name=f"S{number}",
            is_virtual=False,
            is_qty_decimal=True,
            price=line.price,
            price_incl_tax=line.price_incl_tax,
            qty_ordered=line.qty,
            row_total=line.row_total,
            row_total_incl_tax=line.row_total_incl_tax,
            tax_amount=line.tax_amount,
            discount_amount=line.discount_amount,
            discount_tax_compensation_amount=0,
        )
        for number, line in enumerate(totals.lines, start=1)
    }
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
        grand_total=totals.grand_total,
        subtotal=totals.subtotal,
        tax_amount=totals.tax_amount,
        discount_amount=-totals.discount_amount,
        discount_tax_compensation_amount=0,
        shipping_amount=totals.shipping_amount,
        shipping_incl_tax=totals.shipping_incl_tax,
        shipping_tax_amount=totals.shipping_tax_amount,
        shipping_discount_amount=totals.shipping_discount_amount,
        shipping_discount_tax_compensation_amount=0,
        qty_to_invoice=0,
        qty_to_ship=0,
        items=items,
        particulars=OrderParticulars(Address("billing"), Payment("checkmo", "Check")),
    )


@given(LINES, SHIPPING, APPLIED)
def test_every_cart_adds_up_to_an_order(lines: list[Line], shipping: ShippingLine, rules: list[RuleApplied]):
    totals = compute(lines, shipping, rules)
    decide(PlaceOrder(draft_of(totals)), Context("now", Numbers(dict.fromkeys(series(draft_of(totals)), 1))))


@given(LINES, SHIPPING, APPLIED)
def test_every_amount_is_whole_minor_units_and_not_negative(
    lines: list[Line], shipping: ShippingLine, rules: list[RuleApplied]
):
    totals = compute(lines, shipping, rules)
    amounts = [totals.subtotal, totals.discount_amount, totals.tax_amount, totals.grand_total]
    amounts += [totals.shipping_discount_amount, totals.shipping_tax_amount, totals.shipping_incl_tax]
    for line in totals.lines:
        amounts += [line.row_total, line.discount_amount, line.tax_amount, line.row_total_incl_tax]
        amounts += [tax.amount for tax in line.taxes]
        assert line.discount_amount <= line.row_total
        assert sum(tax.amount for tax in line.taxes) == line.tax_amount
    assert all(amount >= 0 and amount % MINOR == 0 for amount in amounts)
    assert totals.shipping_discount_amount <= totals.shipping_amount
    assert sum(tax.amount for tax in totals.shipping_taxes) == totals.shipping_tax_amount
    assert sum(tax.amount for tax in totals.tax_sums()) == totals.tax_amount


@given(LINES, RATES)
def test_the_taxes_of_the_rows_are_the_tax_of_the_whole_to_a_cent(lines: list[Line], rate: AppliedRate):
    taxed = [Line(line.price, line.qty, (rate,)) for line in lines]
    totals = compute(taxed, ShippingLine())
    exact = totals.subtotal * rate.percent
    assert abs(totals.tax_amount * 100 * SCALE - exact) <= MINOR * 100 * SCALE
