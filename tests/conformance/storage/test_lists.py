"""Searches over many orders: every typical one is found by its index, on both engines."""

import asyncio
import re
from pathlib import Path

import pytest

from counterfoil.clock import Clock
from counterfoil.lab.fill import Shop, fill_postgres, fill_sqlite
from counterfoil.ledger.listing import (
    COUNTED,
    Authorized,
    By,
    Created,
    InStatus,
    InvoicedBetween,
    Listing,
    OneOf,
)
from counterfoil.ledger.searching import Filter, Search, Sort
from counterfoil.main import engine_for, migrate
from counterfoil.storage import listing
from counterfoil.storage.columns import DOCUMENTS
from counterfoil.storage.finding import forced
from tests.storage import session_of

ORDERS = 30_000
SHOP = Shop(ORDERS, "2026-11-20 12:00:00")
RECENTLY = SHOP.created_at(ORDERS - 30)
LONG_AGO = SHOP.created_at(ORDERS // 10)

SORTING = ("USE TEMP B-TREE FOR ORDER BY", "Sort Key")
WHOLE_KEY = "order_item_pkey|invoice_pkey|PRIMARY KEY|sqlite_autoindex_invoice_1"


@pytest.fixture(scope="module")
def filled_url(module_database_url):
    async def make():
        engine = engine_for(module_database_url)
        await migrate(engine, Clock())
        await engine.close()

    asyncio.run(make())
    if module_database_url.startswith("sqlite"):
        fill_sqlite(Path(module_database_url.removeprefix("sqlite:///")), SHOP, written=lambda _: None)
    else:
        fill_postgres(module_database_url, SHOP, written=lambda _: None)
    return module_database_url


@pytest.fixture
async def engine(filled_url):
    engine = engine_for(filled_url)
    await engine.open()
    yield engine
    await engine.close()


def wanted(*conditions, sort="", limit=100, offset=0):
    return Search(
        groups=tuple((Filter(*condition),) for condition in conditions),
        sorts=(Sort(sort.lstrip("-"), sort.startswith("-")),) if sort else (),
        limit=limit,
        offset=offset,
    )


async def plans(engine, document, search):
    """Return the page, and how the engine carries out each statement of the search, the page's last."""
    return await told(engine, lambda reader: reader.search(document, search))


async def told(engine, ask):
    """Return what a question to a reader finds, and how the engine carries out each of its statements."""
    ran = []
    async with engine.reading() as reader:
        session = session_of(reader)
        run = session.long_rows

        async def noted(statement, parameters=()):
            ran.append((statement, parameters))
            return await run(statement, parameters)

        session.long_rows = noted
        found = await ask(reader)
        explain = "EXPLAIN QUERY PLAN " if engine.name == "sqlite" else "EXPLAIN (COSTS OFF) "
        told = [await session.rows(explain + statement, parameters) for statement, parameters in ran]
    return found, ["\n".join(str(row[-1]) for row in rows) for rows in told]


STATUSES = ("status", "in", "pending,processing")
SINCE_LONG = ("created_at", "gteq", LONG_AGO)
UNTIL = ("created_at", "lteq", RECENTLY)
TYPICAL = [
    ("order", wanted(), "orders_pkey|SCAN orders"),
    ("order", wanted(sort="-created_at"), "orders_created"),
    ("order", wanted(("updated_at", "gteq", RECENTLY), sort="updated_at"), "orders_updated"),
    ("order", wanted(("updated_at", "gteq", RECENTLY)), "orders_updated"),
    ("order", wanted(("updated_at", "gteq", RECENTLY), sort="entity_id"), "orders_updated"),
    ("order", wanted(("updated_at", "gteq", LONG_AGO), sort="updated_at"), "orders_updated"),
    ("order", wanted(("updated_at", "gteq", LONG_AGO)), "orders_updated"),
    (
        "order",
        wanted(("status", "eq", "complete"), ("updated_at", "gteq", RECENTLY), sort="updated_at"),
        "orders_updated",
    ),
    (
        "order",
        wanted(("status", "eq", "complete"), ("updated_at", "gteq", LONG_AGO), sort="updated_at"),
        "orders_updated",
    ),
    ("order", wanted(("status", "eq", "processing"), sort="-created_at"), "orders_status_created"),
    ("order", wanted(("status", "eq", "processing"), sort="updated_at"), "orders_status_created"),
    ("order", wanted(("status", "eq", "processing"), sort="entity_id"), "orders_status_created"),
    ("order", wanted(("status", "eq", "complete"), sort="-created_at"), "orders_status_created"),
    ("order", wanted(("status", "eq", "complete")), "orders_status_created"),
    ("order", wanted(("status", "eq", "complete"), sort="-entity_id"), "orders_pkey|SCAN orders"),
    ("order", wanted(STATUSES, SINCE_LONG, UNTIL, sort="-created_at"), "orders_status_created"),
    ("order", wanted(STATUSES, SINCE_LONG, UNTIL, sort="created_at"), "orders_status_created"),
    ("order", wanted(SINCE_LONG, UNTIL), "orders_created"),
    ("order", wanted(("store_id", "eq", "1"), sort="-created_at"), "orders_created"),
    ("order", wanted(("grand_total", "gt", "100"), sort="-created_at"), "orders_created"),
    ("order", wanted(("customer_email", "eq", SHOP.email(7)), sort="-created_at"), "orders_email"),
    ("order", wanted(("customer_id", "eq", "7"), sort="-created_at"), "orders_customer"),
    ("order", wanted(("increment_id", "eq", "000000007")), "orders_number"),
    ("order", wanted(("increment_id", "in", "000000007,000000009")), "orders_number"),
    ("order", wanted(("entity_id", "gt", "10000"), sort="entity_id"), "orders_pkey|INTEGER PRIMARY KEY"),
    ("order_item", wanted(), "order_item_id"),
    ("order_item", wanted(("sku", "eq", "BENCH-2")), "order_item_sku"),
    ("order_item", wanted(("product_id", "eq", "2")), "order_item_product"),
    ("order_item", wanted(("order_id", "eq", "77")), WHOLE_KEY),
    ("order_item", wanted(("created_at", "gteq", RECENTLY), sort="created_at"), "order_item_created"),
    ("invoice", wanted(sort="-created_at"), "invoice_created"),
    ("invoice", wanted(("order_id", "eq", "77")), WHOLE_KEY),
    ("invoice", wanted(("created_at", "gteq", RECENTLY), sort="created_at"), "invoice_created"),
    ("invoice", wanted(("updated_at", "gteq", RECENTLY), sort="updated_at"), "invoice_updated"),
    ("invoice", wanted(("increment_id", "eq", "000000007")), "invoice_number"),
]


@pytest.mark.parametrize("document, search, index", TYPICAL)
async def test_a_typical_page_comes_from_its_index(engine, document, search, index):
    page, plan = await plans(engine, document, search)
    assert re.search(index, plan[-1]), plan[-1]
    assert page.ids
    if page.total_count > 10_000:
        assert not any(word in plan[-1] for word in SORTING), plan[-1]


@pytest.mark.parametrize("document, search", [case[:2] for case in TYPICAL if case[1].groups])
async def test_few_are_counted_by_an_index(engine, document, search):
    page, plan = await plans(engine, document, search)
    if page.total_count <= ORDERS // 10:
        for counting in plan[:-1]:
            assert "Seq Scan" not in counting, counting
            assert re.search("SEARCH|Index", counting), counting


@pytest.mark.parametrize("document", list(DOCUMENTS))
async def test_every_index_that_is_named_exists_and_gives_its_order(engine, document):
    about = DOCUMENTS[document]
    async with engine.reading() as reader:
        session = session_of(reader)
        for first, index in about.indexes.items():
            if engine.name == "postgres":
                known = await session.rows("SELECT 1 FROM pg_indexes WHERE indexname = ?", (index.name,))
                assert known or not index.name or index.name.startswith("sqlite_"), index
                continue
            led = f"SELECT 1 FROM {about.table}{forced(index)} ORDER BY {about.columns[first].expression}"
            [plan] = await session.rows(f"EXPLAIN QUERY PLAN {led}")
            assert index.name in plan[-1], plan


async def test_all_ways_to_find_give_the_same_documents(engine):
    """The index, the order and the total depend on how many there are; what is found does not."""
    status, since = ("status", "eq", "complete"), ("updated_at", "gteq", RECENTLY)
    narrow, _ = await plans(engine, "order", wanted(status, since, sort="entity_id", limit=5000))
    async with engine.reading() as reader:
        plain = await session_of(reader).rows(
            "SELECT entity_id FROM orders WHERE status = ? AND updated_at >= ? ORDER BY entity_id",
            ("complete", RECENTLY),
        )
    assert narrow.ids == tuple(row[0] for row in plain)
    assert narrow.total_count == len(plain) > 0


async def walked(engine, *conditions, sort, limit):
    ids: list[int] = []
    while True:
        async with engine.reading() as reader:
            page = await reader.search("order", wanted(*conditions, sort=sort, limit=limit, offset=len(ids)))
        ids += page.ids
        if not page.ids or len(ids) >= page.total_count:
            return ids, page.total_count


async def test_who_pages_up_to_the_total_gets_every_order_once(engine):
    for sort in ("", "-created_at", "updated_at"):
        ids, total = await walked(engine, sort=sort, limit=4000)
        assert sorted(ids) == list(range(1, ORDERS + 1))
        assert total == ORDERS


async def test_who_walks_from_id_to_id_is_told_what_is_left(engine):
    for after in (0, 100, 200, 150, 5_500, 9_999, 19_950, 19_990, 20_050, 29_990, 30_000):
        async with engine.reading() as reader:
            page = await reader.search("order", wanted(("entity_id", "gt", str(after)), sort="entity_id"))
        assert page.total_count == ORDERS - after
        assert page.ids == tuple(range(after + 1, min(after + 100, ORDERS) + 1))


RARE, COMMON = OneOf(("payment:boleto",)), OneOf(("payment:visa",))
FEW = 300
LISTED = [
    (Listing(), "orders_created"),
    (Listing(descending=False), "orders_created"),
    (Listing(by=By.TOTAL), "order_term"),
    (Listing(by=By.NAME, descending=False), "order_term"),
    (Listing((COMMON,)), "order_term"),
    (Listing((COMMON,), descending=False, offset=2000), "order_term"),
    (Listing((COMMON, InStatus(("invoiced",))), by=By.UNITS), "order_term"),
    (Listing((RARE,)), "order_term"),
    (Listing((RARE,), by=By.TOTAL), "order_term"),
    (Listing((RARE, COMMON)), "order_term"),
    (Listing((COMMON, Created(RECENTLY, None))), "order_term|orders_created"),
    (Listing((InStatus(("invoiced",)),)), "orders_workflow"),
    (Listing((InStatus(("handling",)), COMMON)), "orders_workflow"),
    (Listing((InStatus(("handling", "ready-for-handling")),), by=By.ORIGIN), "orders_workflow"),
    (Listing((Created(LONG_AGO, None),)), "orders_created"),
    (Listing((Created(RECENTLY, None),), by=By.NAME), "orders_created"),
    (Listing((Authorized(RECENTLY, None),)), "order_term"),
    (Listing((InvoicedBetween(RECENTLY, None),)), "invoice_created"),
    (Listing((OneOf(("word:customer7@example.com",)),)), "order_term"),
    (Listing((OneOf(("sku:bench-1", "sku:bench-2")), Created(RECENTLY, None))), "order_term|orders_created"),
]


@pytest.mark.parametrize("wanted, index", LISTED)
async def test_a_page_of_vtexs_list_comes_from_an_index(engine, wanted, index, monkeypatch):
    # A third of all orders is read faster without an index; of a million it would be one of a hundred.
    monkeypatch.setattr(listing, "COUNTED", FEW)
    found, plan = await told(engine, lambda reader: reader.listed(wanted))
    assert found.ids or RARE in wanted.conditions
    index = index.replace("order_term", "order_term|[dwr] USING PRIMARY KEY")
    assert any(re.search(index, one) for one in plan), plan
    for one in plan:
        assert not re.search(r"Seq Scan on (orders|order_term|invoice)|SCAN [owd]$", one), one
        # PostgreSQL may as well sort what has one of several statuses.
        if found.total > FEW and "orders_workflow" not in index:
            assert not any(word in one for word in SORTING), one


async def test_vtexs_list_counts_and_pages_what_a_plain_look_finds(engine):
    wanted = Listing((COMMON, InStatus(("invoiced",))), by=By.TOTAL, descending=False, limit=50, offset=100)
    async with engine.reading() as reader:
        found = await reader.listed(wanted)
        rows = await session_of(reader).rows(
            "SELECT entity_id FROM orders WHERE workflow_status = 'invoiced' "
            "AND particulars -> 'payment' ->> 'title' = 'Visa' ORDER BY grand_total, created_at, entity_id"
        )
    assert found.total == len(rows) > COUNTED
    assert found.ids == tuple(row[0] for row in rows[100:150])
