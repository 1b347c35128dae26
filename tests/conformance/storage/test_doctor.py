"""The doctor finds every kind of damage, names it, goes on, and raises no false alarm."""

import pytest

from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.ledger import doctor, doctor_keys, doctor_numbers
from counterfoil.ledger.doctor import Checked, Finding, examine
from counterfoil.ledger.ledger import Body, Ledger
from tests.drafts import draft, row
from tests.storage import TESTER, execute_sql, findings, key


async def place_with_key(ledger, name, *, scope_answer=b'"1"', **options):
    async def work(transaction):
        await ledger.place(transaction, draft(row("S1", 1000, 5), **options), actor=TESTER, key=key(name))
        return Body(scope_answer)

    await ledger.transact(work, key=key(name))


@pytest.fixture
async def books(ledger, place):
    """Order 1 with an invoice and a remark, order 2 (placed under a key) with an invoice, order 3 new."""
    order = await place()
    made = await ledger.execute(order.entity_id, IssueInvoice(), actor=TESTER, key=key("one"))
    remark = CommentDocument("invoice", made.effect.document_id, CommentDraft("Thank you"))
    await ledger.execute(order.entity_id, remark, actor=TESTER, key=key("two"))
    await place_with_key(ledger, "three")
    await ledger.execute(2, IssueInvoice(), actor=TESTER)
    await place(store_id=2)
    assert await findings(ledger) == []


DAMAGE = [
    # rows and documents
    ("UPDATE order_item SET qty_invoiced = 0", 1, "qty_invoiced is 0"),
    ("UPDATE orders SET total_invoiced = 0, total_paid = 0", 1, "total_invoiced is 0"),
    ("UPDATE orders SET status = 'complete'", 3, "status complete"),
    ("UPDATE orders SET state = 'weird' WHERE entity_id = 1", 1, "not what the facts say"),
    ("UPDATE invoice SET grand_total = grand_total + 100", 1, "total_invoiced"),
    ("DELETE FROM invoice_item WHERE entity_id = 1", 1, "its documents say"),
    ("DELETE FROM invoice", 1, "invoice_item rows without their invoice"),
    ("UPDATE orders SET discount_description = 'X'", 3, "the journal says None"),
    ("DELETE FROM order_term WHERE term = 'sku:red'", 1, "lists do not find it by sku:red"),
    ("UPDATE order_term SET term = 'total:0' WHERE term LIKE 'total:%'", 3, "do not find it by total:0"),
    # what cannot be read
    ("UPDATE orders SET particulars = '{}' WHERE entity_id = 1", 1, "cannot be read"),
    ("UPDATE order_item SET particulars = '[]' WHERE order_id = 1", 1, "cannot be read"),
    ("UPDATE journal SET body = '{' WHERE order_id = 1 AND seq = 2", 1, "entry 2 cannot be read"),
    ("UPDATE journal SET body = '{}' WHERE order_id = 1 AND seq = 2", 1, "entry 2 cannot be read"),
    # the journal
    ("DELETE FROM journal WHERE order_id = 1 AND seq = 2", 1, "the journal has 2 entries"),
    ("DELETE FROM journal WHERE order_id = 3", 3, "the journal has 0 entries"),
    ("UPDATE orders SET version = 3000000000 WHERE entity_id = 1", 1, "at version 3000000000"),
    ("UPDATE journal SET body = replace(body, 'RED', 'GREEN') WHERE seq = 1", 1, "not what the journal"),
    ("UPDATE journal SET kind = 'OrderPlaced' WHERE seq = 2", 1, "tells of InvoiceIssued"),
    ("UPDATE journal SET command_id = '' WHERE order_id = 1 AND seq = 3", 1, "entry 3 has no command_id"),
    # idempotency keys
    ("DELETE FROM idempotency_key WHERE key = 'one'", 1, "key 'one' of journal entry 2"),
    ("DELETE FROM idempotency_key WHERE key = 'two'", 1, "key 'two' of journal entry 3"),
    ("DELETE FROM idempotency_key WHERE key = 'three'", 2, "key 'three' of placing"),
    ("UPDATE idempotency_key SET key = 'other' WHERE key = 'one'", 1, "key 'one'"),
    ("UPDATE idempotency_key SET answer = '{}' WHERE key = 'one'", 1, "key 'one'"),
    (
        "UPDATE idempotency_key SET answer = replace(answer, '\"version\":2', '\"version\":3')",
        1,
        "key 'one'",
    ),
    (
        "UPDATE idempotency_key SET answer = replace(answer, '\"order_id\":1', '\"order_id\":2')",
        1,
        "key 'one'",
    ),
    (
        "UPDATE idempotency_key SET answer = replace(answer, '\"document_id\":1', '\"document_id\":2')",
        1,
        "key 'one'",
    ),
    ("UPDATE idempotency_key SET answer = '\"1' WHERE key = 'three'", None, "answer that cannot be read"),
    ("UPDATE idempotency_key SET fingerprint = '' WHERE key = 'two'", None, "no fingerprint"),
    # numbers and ids
    ("UPDATE series SET next_value = 9 WHERE name = 'invoice/1'", None, "6 missing, first 000000003"),
    ("UPDATE series SET next_value = 3000000000 WHERE name = 'invoice/1'", None, "2999999997 missing"),
    ("UPDATE series SET next_value = 1 WHERE name = 'invoice/1'", None, "used up to 2, series is at 1"),
    ("DELETE FROM series WHERE name = 'order/2'", None, "order numbers of store 2: used up to 1"),
    ("INSERT INTO series VALUES ('order/x', 5)", None, "order/x belongs to no store"),
    ("INSERT INTO series VALUES ('order/30', 2)", None, "store 30: 1 missing, first 30000000001"),
    ("UPDATE orders SET increment_id = '000000009' WHERE entity_id = 1", None, "first 000000001"),
    ("UPDATE orders SET increment_id = 'A' WHERE entity_id = 2", None, "not of the series, first 'A'"),
    ("UPDATE orders SET increment_id = '1' WHERE entity_id = 3", None, "not of the series, first '1'"),
    # rows that hang together with nothing
    ("DELETE FROM orders WHERE entity_id = 1", 1, "order_item rows without their order"),
    ("DELETE FROM orders WHERE entity_id = 3", 3, "journal rows without their order"),
    ("DELETE FROM orders", 2, "invoice rows without their order"),
    ("UPDATE order_item SET order_id = 7, top_item_id = 99 WHERE order_id = 1", 7, "without their order"),
    ("UPDATE invoice_item SET order_id = -7 WHERE order_id = 1", -7, "invoice_item rows without their"),
    ("UPDATE invoice_item SET invoice_id = 77 WHERE order_id = 1", 1, "invoice_item rows without their"),
    ("UPDATE invoice_comment SET invoice_id = 77", 1, "invoice_comment rows without their invoice"),
    ("UPDATE journal SET order_id = 8 WHERE order_id = 2 AND seq = 2", 8, "journal rows without their"),
    (
        "UPDATE order_item SET top_item_id = item_id WHERE item_id = 2",
        1,
        "order_item rows with a wrong top_item_id",
    ),
    # the schema
    ("DROP INDEX invoice_number", None, "the unique index invoice_number is missing"),
    ("DROP INDEX order_item_id", None, "the unique index order_item_id is missing"),
    ("DROP INDEX record_name", None, "the unique index record_name is missing"),
]


def told(found: list[Finding], order_id, part) -> bool:
    return any(finding.order_id == order_id and part in finding.problem for finding in found)


@pytest.mark.parametrize("damage,order_id,part", DAMAGE, ids=[damage for damage, _, _ in DAMAGE])
async def test_the_doctor_finds_and_names_every_kind_of_damage(ledger, books, damage, order_id, part):
    await execute_sql(ledger, damage)
    found = await findings(ledger)
    assert told(found, order_id, part), found


@pytest.mark.parametrize(
    "name", ["order_id", "order_item_id", "order_address_id", "invoice_id", "invoice_item_id", "comment_id"]
)
async def test_an_id_that_would_be_given_again_is_found(ledger, books, name):
    async with ledger.reading() as reader:
        last = (await reader.series())[name] - 1
    await execute_sql(ledger, "UPDATE series SET next_value = ? WHERE name = ?", (last, name))
    expected = Finding(None, f"the series {name} is at {last}, {last} is in use")
    assert await findings(ledger) == ([expected] if last > 0 else [])
    await execute_sql(ledger, "DELETE FROM series WHERE name = ?", (name,))
    assert Finding(None, f"the series {name} is at 1, {last} is in use") in await findings(ledger)


@pytest.mark.parametrize("version", [0, -5])
async def test_an_order_without_version_and_journal_is_a_finding(ledger, books, version):
    await execute_sql(ledger, "DELETE FROM journal WHERE order_id = 3")
    await execute_sql(ledger, "UPDATE orders SET version = ? WHERE entity_id = 3", (version,))
    assert await findings(ledger) == [
        Finding(3, f"the journal has 0 entries, the order is at version {version}")
    ]


async def test_json_that_is_broken_in_sqlite_is_a_finding(ledger, books):
    if ledger.engine.name != "sqlite":
        pytest.skip("PostgreSQL keeps no broken JSON")
    # The index over an expression on particulars keeps broken JSON out as long as it is there.
    for index in ("orders_email", "orders_customer"):
        await execute_sql(ledger, f"DROP INDEX {index}")
    await execute_sql(ledger, "UPDATE orders SET particulars = '{' WHERE entity_id = 1")
    assert told(await findings(ledger), 1, "cannot be read")


async def test_a_series_that_is_no_number_in_sqlite_is_a_finding(ledger, books):
    if ledger.engine.name != "sqlite":
        pytest.skip("PostgreSQL keeps numbers in numbers")
    await execute_sql(ledger, "UPDATE series SET next_value = 'x' WHERE name IN ('order/1', 'invoice_id')")
    found = await findings(ledger)
    assert told(found, None, "order numbers make no sense")
    assert told(found, None, "the series invoice_id is at 'x'")


async def test_a_lost_primary_key_is_found_in_postgresql(ledger, books):
    if ledger.engine.name == "sqlite":
        pytest.skip("SQLite cannot lose one")
    await execute_sql(ledger, "ALTER TABLE journal DROP CONSTRAINT journal_pkey")
    assert await findings(ledger) == [Finding(None, "the unique index journal_pkey is missing")]


async def test_a_number_given_twice_is_found(ledger, books):
    await execute_sql(ledger, "DROP INDEX invoice_number")
    await execute_sql(ledger, "UPDATE invoice SET increment_id = '000000001'")
    found = await findings(ledger)
    assert told(found, None, "1 twice or not of the series, first '000000001'")
    assert told(found, None, "1 missing, first 000000002")


async def test_the_walk_goes_on_after_an_order_that_cannot_be_read(ledger, books):
    await execute_sql(ledger, "UPDATE orders SET particulars = '{}' WHERE entity_id = 1")
    await execute_sql(ledger, "UPDATE orders SET total_paid = 1 WHERE entity_id = 3")
    steps = [step async for step in examine(ledger)]
    assert {step.order_id for step in steps if isinstance(step, Finding)} == {1, 3}
    assert sum(step.orders for step in steps if isinstance(step, Checked)) == 3


async def test_the_same_key_of_two_clients_counts_twice(ledger, books):
    other = Ledger(ledger.engine, ledger.clock)
    guest = key("three")
    guest = type(guest)("another client", guest.key, guest.fingerprint)

    async def work(transaction):
        await other.place(transaction, draft(row("S1", 1000)), actor=TESTER, key=guest)
        return Body(b'{"order_id":1,"version":1,"document_id":1}')  # any body is the caller's own

    await other.transact(work, key=guest)
    assert await findings(ledger) == []
    await execute_sql(ledger, "DELETE FROM idempotency_key WHERE scope = 'another client'")
    (found,) = await findings(ledger)
    assert "'three' of placing the order is not stored" in found.problem


async def test_many_orders_keys_and_numbers_are_examined_in_parts(ledger, place, monkeypatch):
    for module, name, value in [
        (doctor, "_ORDERS_AT_ONCE", 2),
        (doctor, "_STRAYS_AT_ONCE", 1),
        (doctor_keys, "MOST", 3),
        (doctor_keys, "_KEYS_AT_ONCE", 2),
        (doctor_numbers, "_NUMBERS_AT_ONCE", 2),
    ]:
        monkeypatch.setattr(module, name, value)
    for number in range(7):
        order = await place(row("S1", 1000, 3), store_id=1 + number % 2)
        for _ in range(2):
            name = f"{number}/{_}"
            command = IssueInvoice({next(iter(order.items)): SCALE})
            await ledger.execute(order.entity_id, command, actor=TESTER, key=key(name))
    assert await findings(ledger) == []
    await execute_sql(ledger, "DELETE FROM idempotency_key WHERE key IN ('1/0', '6/1')")
    await execute_sql(ledger, "UPDATE order_item SET top_item_id = 99 WHERE order_id > 2")
    found = await findings(ledger)
    keyed = [finding.order_id for finding in found if "idempotency" in finding.problem]
    assert keyed == [2, 7]
    assert [finding.order_id for finding in found if "top_item_id" in finding.problem] == [3, 4, 5, 6, 7]
