"""VTEX's list of orders, on every engine: what it finds is what a look at every order finds."""

from itertools import product

import pytest
from msgspec.structs import replace

from counterfoil.domain import order_name, terms
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.order import ItemParticulars
from counterfoil.domain.update_order import UpdateOrder
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.listing import (
    Authorized,
    By,
    Condition,
    Created,
    Estimated,
    InStatus,
    InvoicedBetween,
    Invoices,
    Listing,
    Nothing,
    OneOf,
    Returns,
)
from counterfoil.storage import listing
from tests.drafts import draft, row
from tests.storage import TESTER, execute_sql

ORDERS = 24
SELLERS = ("1", "acme", "bolt")


@pytest.fixture
async def orders(engine, ledger):
    """Orders that differ in everything lists ask for, some of them in the same second."""
    placed = []
    for number in range(ORDERS):

        async def work(transaction, number=number):
            placed.append(await ledger.place(transaction, _draft(number), actor=TESTER))
            return Body(b"true")

        await ledger.transact(work)
    commands = [StartHandling(), IssueInvoice(), CancelOrder()]
    for order in placed:
        for place, command in enumerate(commands):
            if order.entity_id % 4 == place:
                assert isinstance(await ledger.execute(order.entity_id, command, actor=TESTER), Accepted)
    await _spread(ledger)
    async with ledger.reading() as reader:
        return await reader.orders([order.entity_id for order in placed])


def _draft(number):
    order = draft(row("RED" if number % 2 else "BLUE", 1000 + 100 * (number % 5), 1 + number % 3))
    if number % 3 == 0:
        return order
    form = {
        "orderId": f"MKP-{100 - number}",
        "orderGroup": f"MKP-{100 - number}",
        "sequence": str(500_000 + number),
        "origin": "Fulfillment",
        "affiliateId": "MKP",
        "shippingData": {"logisticsInfo": [{"shippingEstimateDate": f"2026-12-{1 + number % 4:02d}"}]},
        "clientProfileData": {"firstName": f"Name{number % 5}", "lastName": "Ferro"},
    }
    seller = {"seller": SELLERS[number % len(SELLERS)]}
    items = {
        index: replace(item, particulars=replace(item.particulars or ItemParticulars(), order_form=seller))
        for index, item in order.items.items()
    }
    assert order.particulars is not None
    return replace(order, flow="seller", items=items, particulars=replace(order.particulars, order_form=form))


async def _spread(ledger):
    """Give orders times of their own, as if they had been placed over days. Terms move with them."""
    when = "'2026-11-' || (10 + {0} % 7) || ' 12:00:00'"
    at = when.format("entity_id")
    await execute_sql(
        ledger,
        f"UPDATE orders SET created_at = {at}, authorized_at = {at}, "
        f"invoiced_at = CASE WHEN invoiced_at IS NULL THEN NULL ELSE {at} END",
    )
    await execute_sql(ledger, f"UPDATE invoice SET created_at = {when.format('order_id')}")
    await execute_sql(ledger, f"UPDATE order_term SET created_at = {when.format('order_id')}")
    authorized = f"UPDATE order_term SET term = 'authorized:' || {when.format('order_id')}"
    await execute_sql(ledger, f"{authorized} WHERE term LIKE 'authorized:%'")


CONDITIONS: list[tuple[Condition, ...]] = [
    (),
    (OneOf(("sku:red",)),),
    (OneOf(("sku:red",), without=True),),
    (OneOf(("seller:acme", "seller:bolt")),),
    (OneOf(("sku:red",)), OneOf(("affiliate:mkp",))),
    (OneOf(("word:name1",)), OneOf(("word:ferro",))),
    (OneOf(("word:nobody",)),),
    (InStatus(("handling",)),),
    (InStatus(("invoiced", "canceled")),),
    (InStatus(("ready-for-handling",)), OneOf(("sku:blue",))),
    (Created("2026-11-12 12:00:00", "2026-11-14 12:00:00"),),
    (Created("2026-11-12 12:00:00", None), OneOf(("sku:blue",))),
    (Created(None, "2026-11-13 00:00:00"), InStatus(("invoiced", "handling"))),
    (Created(None, None),),
    (Authorized("2026-11-13 00:00:00", None),),
    (Authorized(None, "2026-11-12 23:59:59"), Returns(False)),
    (InvoicedBetween("2026-11-11 00:00:00", "2026-11-15 00:00:00"),),
    (InvoicedBetween(None, None),),
    (Estimated("2026-12-02", "2026-12-03"),),
    (Estimated(None, "2026-12-02"), InStatus(("ready-for-handling", "handling"))),
    (Invoices(True),),
    (Invoices(False), OneOf(("seller:1",))),
    (Returns(True),),
    (Nothing(),),
]


def meets(order, condition):
    known = terms.of_order(order)
    match condition:
        case OneOf(terms=named, without=without):
            return without != bool(known & set(named))
        case InStatus(statuses=statuses):
            return order.workflow_status in statuses
        case Created(first=first, last=last):
            return (first or "") <= order.created_at <= (last or "~")
        case Authorized(first=first, last=last):
            return (first or "") <= order.authorized_at <= (last or "~")
        case InvoicedBetween(first=first, last=last):
            return order.invoiced_at is not None and (first or "") <= order.invoiced_at <= (last or "~")
        case Estimated(first=first, last=last):
            days = [day[:10] for day in terms.estimates(order)]
            return bool(days) and (first or "") <= days[-1] <= (last or "~")
        case Invoices(some=some):
            return some == (order.invoice_count > 0)
        case Returns(some=some):
            return some == (order.creditmemo_count > 0)
        case _:
            return False


def key(by):
    def of(order):
        form = order.particulars.order_form or {}
        first = {
            By.CREATED: order.created_at,
            By.NAME: terms.folded(form.get("orderId") or order_name.derived(order.entity_id)),
            By.TOTAL: terms.shown_value(order),
            By.UNITS: order.qty_ordered,
            By.ORIGIN: terms.origin(order.flow),
        }[by]
        return (first, order.created_at, order.entity_id)

    return of


@pytest.mark.parametrize("most", [10_000, 3], ids=["few", "many"])
async def test_a_list_finds_sorts_and_counts_what_is_there(ledger, orders, monkeypatch, most):
    monkeypatch.setattr(listing, "COUNTED", most)
    for conditions, by, descending in product(CONDITIONS, By, (True, False)):
        expected = [order for order in orders if all(meets(order, one) for one in conditions)]
        expected.sort(key=key(by), reverse=descending)
        for offset in (0, 2, 30):
            wanted = Listing(conditions, by=by, descending=descending, limit=4, offset=offset)
            async with ledger.reading() as reader:
                found = await reader.listed(wanted)
            said = [order.entity_id for order in expected[offset : offset + 4]]
            assert list(found.ids) == said, wanted
            assert found.total == len(expected), wanted
            assert len(found.figures.values) == min(len(expected), most), wanted
            if len(expected) <= most:
                values = sorted(map(terms.shown_value, expected))
                assert sorted(found.figures.values) == values


async def test_an_order_is_listed_as_soon_as_it_is_placed_and_as_it_is_by_now(ledger, place):
    order = await place()
    total = OneOf((terms.total_term(order.grand_total),))
    async with ledger.reading() as reader:
        assert (await reader.listed(Listing((total,)))).ids == (order.entity_id,)
    changes = UpdateOrder({"customer_email": "new@example.test"})
    assert isinstance(await ledger.execute(order.entity_id, changes, actor=TESTER), Accepted)
    new, old = OneOf(("word:new@example.test",)), OneOf(("word:jdoe@example.com",))
    async with ledger.reading() as reader:
        assert (await reader.listed(Listing((new,)))).ids == (order.entity_id,)
        assert (await reader.listed(Listing((old,)))).ids == ()


async def test_papers_are_the_numbers_of_invoices(ledger, orders):
    async with ledger.reading() as reader:
        found = await reader.papers([order.entity_id for order in orders])
        assert await reader.papers([]) == {}
    for order in orders:
        assert len(found[order.entity_id].invoices) == order.invoice_count
