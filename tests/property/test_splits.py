"""However an order is invoiced and given back in parts, the parts sum to the cent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.domain import decider, invariants, quantity
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from tests.drafts import draft, row
from tests.unit.domain.given import numbers, placed, when


@st.composite
def rows(draw):
    price, qty = draw(st.integers(0, 100_000)), draw(st.integers(1, 12))
    total = draw(st.integers(max(price * qty - qty // 2, 0), price * qty + qty // 2))
    return row(
        "X",
        price,
        qty,
        row_total=total,
        discount=draw(st.integers(0, total)),
        tax=draw(st.integers(0, total)),
        configurable=draw(st.booleans()),
    )


@st.composite
def split(draw, left):
    """Split quantities of rows into parts: a list of commands' items that together are everything."""
    units = [item_id for item_id, qty in left.items() for _ in range(qty // SCALE)]
    order = draw(st.permutations(units))
    cuts = sorted(draw(st.sets(st.integers(1, max(len(order) - 1, 1)), max_size=4)))
    parts = []
    for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        part = {item_id: order[start:end].count(item_id) * SCALE for item_id in set(order[start:end])}
        if part:
            parts.append(part)
    return parts


@settings(max_examples=200, deadline=None)
@given(data=st.data(), lines=st.lists(rows(), min_size=1, max_size=3), shipping=st.integers(0, 3000))
def test_any_split_of_invoices_and_of_refunds_sums_to_the_order(data, lines, shipping):
    using = numbers()
    order = placed(draft(*lines, shipping=shipping), using)
    left = {item.item_id: quantity.to_invoice(item) for item in order.items.values()}
    for part in data.draw(split(left), label="invoices"):
        order, event = when(order, IssueInvoice(part), using)
        assert isinstance(event, decider.Event), event
    assert order.total_invoiced == order.grand_total
    for part in data.draw(split(left), label="refunds"):
        if 0 < order.total_paid == order.total_refunded:
            break  # the rows that are left were free, and where all money is back no credit memo is made
        shipping_amount = data.draw(
            st.none() | st.integers(0, (order.shipping_amount - order.shipping_refunded) // 100)
        )
        amount = None if shipping_amount is None else shipping_amount * 100
        order, event = when(order, CreditOrder(part, shipping_amount=amount), using)
        assert isinstance(event, decider.Event), event
    for item in order.items.values():
        assert item.amount_refunded == item.row_invoiced == (0 if item.parent_item_id else item.row_total)
        assert item.tax_refunded == item.tax_invoiced == item.tax_amount
        assert item.discount_refunded == item.discount_invoiced == item.discount_amount
    unreturned = order.shipping_amount - order.shipping_refunded
    assert order.total_refunded + unreturned == order.grand_total
    documents = Documents(list(order.invoices.values()), (), list(order.creditmemos.values()))
    assert list(invariants.broken_book(order, documents)) == []
