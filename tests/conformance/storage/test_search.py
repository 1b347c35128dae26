import pytest

from counterfoil.domain.invoice import IssueInvoice
from counterfoil.ledger.searching import Filter, InvalidCondition, Search, Sort, UnknownField
from counterfoil.storage import counting, paging
from counterfoil.storage.columns import DOCUMENTS
from tests.drafts import row
from tests.storage import TESTER, execute_sql


@pytest.fixture
async def orders(ledger, place):
    """Three orders: 10.00 untouched, 20.50 partly invoiced, 30.00 wholly invoiced; shipping 5.00 each."""
    made = [await place(row("S1", 1000)), await place(row("S2", 1025, 2)), await place(row("S3", 3000))]
    await ledger.execute(2, IssueInvoice({2: 10_000}), actor=TESTER)
    await ledger.execute(3, IssueInvoice(), actor=TESTER)
    return made


async def search(ledger, document, *groups, **options):
    wanted = Search(
        groups=tuple(tuple(Filter(*condition) for condition in group) for group in groups), **options
    )
    async with ledger.reading() as reader:
        return await reader.search(document, wanted)


@pytest.mark.parametrize(
    "field, condition, value, expected",
    [
        ("entity_id", "eq", "2", (2,)),
        ("entity_id", "neq", "2", (1, 3)),
        ("entity_id", "gt", "1", (2, 3)),
        ("entity_id", "lt", "3", (1, 2)),
        ("entity_id", "gteq", "2", (2, 3)),
        ("entity_id", "moreq", "2", (2, 3)),
        ("entity_id", "lteq", "2", (1, 2)),
        ("entity_id", "from", "2", (2, 3)),
        ("entity_id", "to", "2", (1, 2)),
        ("entity_id", "in", "1,3,7", (1, 3)),
        ("entity_id", "nin", "1,3", (2,)),
        ("entity_id", "like", "3", (3,)),
        ("entity_id", "finset", "3", (3,)),
        ("entity_id", "nfinset", "3", (1, 2)),
        ("status", "eq", "processing", (2, 3)),
        ("status", "seq", "pending", (1,)),
        ("status", "sneq", "pending", (2, 3)),
        ("status", "like", "PROC%", (2, 3)),
        ("status", "nlike", "proc%", (1,)),
        ("status", "in", "pending,complete", (1,)),
        ("status", "regexp", "^pend", (1,)),
        ("increment_id", "eq", "000000002", (2,)),
        ("total_invoiced", "null", "", (1,)),
        ("total_invoiced", "is", "", (1,)),
        ("total_invoiced", "notnull", "", (2, 3)),
        ("total_invoiced", "neq", "35", (1, 2)),
        ("grand_total", "eq", "25.5", (2,)),
        ("grand_total", "eq", "25.500000", (2,)),
        ("grand_total", "eq", "25.50001", ()),
        ("grand_total", "gt", "25.4999999", (2, 3)),
        ("grand_total", "lteq", "25.5000001", (1, 2)),
        ("base_grand_total", "like", "25.5%", (2,)),
        ("total_due", "eq", "0", (3,)),
        ("customer_email", "eq", "jdoe@example.com", (1, 2, 3)),
        ("customer_id", "null", "", (1, 2, 3)),
        ("customer_is_guest", "eq", "1", (1, 2, 3)),
        ("total_qty_ordered", "eq", "2", (2,)),
        ("order_currency_code", "eq", "USD", (1, 2, 3)),
        ("created_at", "gteq", "2020-01-01 00:00:00", (1, 2, 3)),
        ("created_at", "gteq", "None", (1, 2, 3)),
        ("created_at", "lteq", "2020-01-01T00:00:00Z", ()),
        ("status", "eq", "' OR 1=1 --", ()),
        ("status", "like", "%' OR '1'='1", ()),
    ],
)
async def test_every_condition_type_finds_what_it_says(ledger, orders, field, condition, value, expected):
    assert (await search(ledger, "order", [(field, condition, value)])).ids == expected


async def test_rows_are_found_by_when_their_order_changed(ledger, orders):
    await execute_sql(ledger, "UPDATE orders SET updated_at = '2031-01-02 00:00:00' WHERE entity_id = 2")
    assert (await search(ledger, "order_item", [("updated_at", "gt", "2031-01-01")])).ids == (2,)
    latest_first = (Sort("updated_at", descending=True), Sort("item_id", descending=False))
    assert (await search(ledger, "order_item", sorts=latest_first)).ids == (2, 1, 3)


@pytest.mark.parametrize("field", ["tax_percent", "discount_percent", "row_weight"])
async def test_rows_are_found_by_the_zero_that_is_answered_where_nothing_is_stored(ledger, orders, field):
    assert (await search(ledger, "order_item", [(field, "eq", "0")])).ids == (1, 2, 3)


async def test_groups_are_and_filters_within_are_or(ledger, orders):
    found = await search(
        ledger,
        "order",
        [("entity_id", "eq", "1"), ("entity_id", "eq", "2")],
        [("status", "eq", "processing")],
    )
    assert found.ids == (2,)


async def test_pages_are_cut_after_sorting_and_the_count_is_of_all(ledger, orders):
    found = await search(ledger, "order", sorts=(Sort("grand_total", True),), limit=2, offset=1)
    assert (found.ids, found.total_count) == ((2, 1), 3)


async def test_equal_sort_keys_are_ordered_by_id_in_the_same_direction(ledger, orders):
    assert (await search(ledger, "order", sorts=(Sort("status", True),))).ids == (3, 2, 1)
    assert (await search(ledger, "order", sorts=(Sort("status", False),))).ids == (1, 2, 3)


async def test_a_large_total_is_remembered_but_new_orders_are_listed_and_the_last_page_is_exact(
    ledger, place, monkeypatch
):
    for module in (counting, paging):
        monkeypatch.setattr(module, "LARGE", 2)
    pending = [("status", "eq", "pending")]
    newest = (Sort("entity_id", descending=True),)
    for _ in range(5):
        await place(row("S1", 1000))
    assert (await search(ledger, "order", pending, limit=2)).total_count == 5
    await place(row("S1", 1000))

    first = await search(ledger, "order", pending, sorts=newest, limit=2)
    assert (first.ids, first.total_count) == ((6, 5), 5)
    last = await search(ledger, "order", pending, sorts=newest, limit=2, offset=4)
    assert (last.ids, last.total_count) == ((2, 1), 6)
    assert (await search(ledger, "order", pending, limit=2)).total_count == 6
    beyond = await search(ledger, "order", pending, limit=2, offset=6)
    assert (beyond.ids, beyond.total_count) == ((), 6)
    whole = await search(ledger, "order", pending)
    assert (len(whole.ids), whole.total_count) == (6, 6)


async def test_a_total_that_has_shrunk_is_counted_anew_when_a_page_is_not_full(ledger, place, monkeypatch):
    for module in (counting, paging):
        monkeypatch.setattr(module, "LARGE", 2)
    pending = [("status", "eq", "pending")]
    for _ in range(7):
        await place(row("S1", 1000))
    assert (await search(ledger, "order", pending, limit=2)).total_count == 7
    for order_id in (5, 6, 7):
        await ledger.execute(order_id, IssueInvoice(), actor=TESTER)

    short = await search(ledger, "order", pending, limit=3, offset=3)
    assert (short.ids, short.total_count) == ((4,), 4)
    empty = await search(ledger, "order", pending, limit=2, offset=4)
    assert (empty.ids, empty.total_count) == ((), 4)


async def test_without_a_sort_orders_come_by_the_time_they_are_limited_to(ledger, orders):
    await ledger.execute(1, IssueInvoice(), actor=TESTER)
    await execute_sql(ledger, "UPDATE orders SET updated_at = '2030-01-0' || (4 - entity_id)")
    since = [("updated_at", "gteq", "2029-01-01")]
    assert (await search(ledger, "order", since)).ids == (3, 2, 1)
    assert (await search(ledger, "order", since, [("entity_id", "gt", "1")])).ids == (2, 3)
    assert (await search(ledger, "order", since, sorts=(Sort("entity_id", descending=False),))).ids == (
        1,
        2,
        3,
    )


async def test_items_and_invoices_are_found_too(ledger, orders):
    assert (await search(ledger, "order_item", [("qty_invoiced", "gt", "0")])).ids == (2, 3)
    assert (await search(ledger, "invoice", [("order_id", "eq", "3")])).ids == (2,)
    assert (await search(ledger, "invoice", [("shipping_amount", "eq", "5")])).total_count == 2


@pytest.mark.parametrize("document", list(DOCUMENTS))
async def test_every_column_can_be_searched_and_sorted_by(ledger, orders, document):
    for name in DOCUMENTS[document].columns:
        for condition in ("eq", "neq", "like", "in", "notnull", "finset"):
            await search(ledger, document, [(name, condition, "1")], sorts=(Sort(name, False),), limit=1)


@pytest.mark.parametrize("field", ["nope", "particulars", "entity_id; DROP TABLE orders", "", "1", "version"])
async def test_a_field_that_is_no_column_is_refused_and_never_reaches_sql(ledger, orders, field):
    with pytest.raises(UnknownField):
        await search(ledger, "order", [(field, "eq", "1")])
    with pytest.raises(UnknownField):
        await search(ledger, "order", sorts=(Sort(field, False),))


@pytest.mark.parametrize(
    "condition, value",
    [
        ("nope", "1"),
        ("eq", "abc"),
        ("gt", "NaN"),
        ("gt", "1e400"),
        ("in", ",".join("1" * 2000)),
        ("eq", "9" * 50),
    ],
)
async def test_a_condition_or_number_that_makes_no_sense_is_refused(ledger, orders, condition, value):
    with pytest.raises(InvalidCondition):
        await search(ledger, "order", [("entity_id", condition, value)])


@pytest.mark.parametrize("pattern", ["(", "[a", "*"])
async def test_a_broken_pattern_is_refused(ledger, orders, pattern):
    with pytest.raises(InvalidCondition):
        await search(ledger, "order", [("status", "regexp", pattern)])
