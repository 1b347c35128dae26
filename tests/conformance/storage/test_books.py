import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from counterfoil.domain import invariants
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.invoice import InvoiceRefused, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import AddTrack, TrackDraft
from counterfoil.ledger.envelope import (
    Accepted,
    Answered,
    KeyInFlight,
    KeyReused,
    OrderUnknown,
    Refused,
    VersionStale,
)
from counterfoil.ledger.faults import Busy, Conflict, Fault, Unavailable, Unknown
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import StockLevel
from counterfoil.ledger.staging import BrokenPromise
from tests.drafts import bundle, draft, row
from tests.storage import TESTER, everything, execute_sql, findings, key

ONE = SCALE


def rows_of(order):
    return [item.item_id for item in order.items.values() if item.parent_item_id is None]


async def invoice(ledger, order, items=None, **options):
    command = IssueInvoice(items or {})
    return await ledger.execute(order.entity_id, command, actor=TESTER, **options)


async def stored(ledger, order_id):
    async with ledger.reading() as reader:
        return await reader.order(order_id), await reader.invoices_of(order_id)


async def test_a_placed_order_reads_back_as_it_was_placed(ledger, place):
    order = await place()
    assert await stored(ledger, order.entity_id) == (order, [])


async def test_two_invoices_at_once_leave_exact_books(ledger, place):
    order = await place()
    red, blue = rows_of(order)
    first, second = await asyncio.gather(
        invoice(ledger, order, {red: ONE}), invoice(ledger, order, {blue: ONE})
    )
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    after, invoices = await stored(ledger, order.entity_id)
    assert [item.qty_invoiced for item in after.items.values()] == [ONE] * 4
    assert after.total_invoiced == after.grand_total
    assert [document.increment_id for document in invoices] == ["000000001", "000000002"]
    assert [document.shipping_amount is None for document in invoices] == [False, True]
    assert await findings(ledger) == []


async def test_a_printed_number_is_that_of_its_order_and_of_no_other(ledger, place):
    order, other = await place(), await place()
    red, _ = rows_of(order)
    await invoice(ledger, order, {red: ONE})
    await ledger.execute(order.entity_id, CreditOrder(items={red: ONE}), actor=TESTER)
    [made] = (await stored(ledger, order.entity_id))[1]
    async with ledger.reading() as reader:
        [memo] = await reader.creditmemos_of(order.entity_id)
        numbers = (made.increment_id, memo.increment_id)
        its = {(order.entity_id, number) for number in numbers}
        others = {(other.entity_id, number) for number in numbers}
        assert await reader.printed([*its, *others, (order.entity_id, "500000001")]) == its


async def test_five_invoices_of_one_unit_on_a_row_of_three_make_exactly_three(ledger, place):
    order = await place(row("S1", 1000, 3))
    outcomes = await asyncio.gather(*(invoice(ledger, order, {rows_of(order)[0]: ONE}) for _ in range(5)))
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 3
    assert await findings(ledger) == []


async def test_a_bundle_with_a_canceled_part_is_not_invoiced_as_a_whole(ledger, place):
    parts = (1, row("FILE", 500, virtual=True)), (1, row("BOX", 700))
    order = await place(bundle("BUNDLE", 1, *parts, separately=True))
    for command in (ShipOrder(), CancelOrder(), IssueInvoice()):
        assert isinstance(await ledger.execute(order.entity_id, command, actor=TESTER), Accepted)
    after, (made,) = await stored(ledger, order.entity_id)
    assert [item.qty_invoiced for item in after.items.values()] == [0, 0, ONE]
    assert [item.sku for item in made.items] == ["BOX"]
    assert await findings(ledger) == []


async def test_a_batch_over_many_orders_gives_numbers_in_a_row(ledger, place):
    orders = [await place() for _ in range(12)]
    outcomes = await asyncio.gather(*(invoice(ledger, order) for order in orders for _ in range(2)))
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 12
    async with ledger.reading() as reader:
        numbers = await reader.document_numbers("invoice")
    assert numbers == [(1, f"{value:09d}") for value in range(1, 13)]
    assert await findings(ledger) == []


async def test_numbers_of_later_stores_carry_the_store_and_run_by_themselves(ledger, place):
    first, second = await place(), await place(store_id=2)
    assert (first.increment_id, second.increment_id) == ("000000001", "2000000001")
    await invoice(ledger, second)
    _, invoices = await stored(ledger, second.entity_id)
    assert invoices[0].increment_id == "2000000001"
    assert await findings(ledger) == []


async def test_a_refused_command_leaves_every_byte_as_it_was(ledger, place):
    order = await place()
    await invoice(ledger, order)
    before = await everything(ledger)
    assert await invoice(ledger, order, key=key("again")) == Refused(InvoiceRefused(True, True))
    assert await ledger.execute(999, IssueInvoice(), actor=TESTER) == Refused(OrderUnknown(999))
    assert await invoice(ledger, order, expected_version=1) == Refused(VersionStale(1, 2))
    assert await everything(ledger) == before


async def test_a_repeated_key_gets_the_first_answer_and_no_second_effect(ledger, place):
    order = await place(row("S1", 1000, 5))
    items = {rows_of(order)[0]: ONE}
    first = await invoice(ledger, order, items, key=key("k"))
    again = await invoice(ledger, order, items, key=key("k"))
    assert again == Accepted(first.effect, replayed=True)
    other = await invoice(ledger, order, items, key=key("k", "another body"))
    assert other == Refused(KeyReused("k"))
    assert len((await stored(ledger, order.entity_id))[1]) == 1


async def test_a_key_that_is_still_in_flight_is_refused(ledger, place):
    order = await place(row("S1", 1000, 5))
    items = {rows_of(order)[0]: ONE}
    outcomes = await asyncio.gather(*(invoice(ledger, order, items, key=key("k")) for _ in range(4)))
    assert outcomes.count(Refused(KeyInFlight("k"))) == 3
    assert len((await stored(ledger, order.entity_id))[1]) == 1


async def test_one_key_in_two_processes_has_one_effect(engine, ledger, place):
    other = Ledger(engine, ledger.clock)  # its own memory of what is in flight, as another process has
    order = await place(row("S1", 1000, 5))
    items = {rows_of(order)[0]: ONE}
    first, second = await asyncio.gather(
        invoice(ledger, order, items, key=key("k")), invoice(other, order, items, key=key("k"))
    )
    assert {first.replayed, second.replayed} == {True, False}
    assert first.effect == second.effect
    assert len((await stored(ledger, order.entity_id))[1]) == 1


async def test_the_version_a_client_saw_lets_only_one_of_two_through(ledger, place):
    order = await place()
    red, blue = rows_of(order)
    outcomes = await asyncio.gather(
        invoice(ledger, order, {red: ONE}, expected_version=1),
        invoice(ledger, order, {blue: ONE}, expected_version=1),
    )
    assert [type(outcome) for outcome in outcomes] == [Accepted, Refused]


async def test_a_comment_is_stored_journaled_and_replayed(ledger, place):
    order = await place()
    made = await invoice(ledger, order)
    command = CommentDocument(
        "invoice", made.effect.document_id, CommentDraft("Paid in cash", is_visible_on_front=True)
    )
    await ledger.execute(order.entity_id, command, actor=TESTER)
    _, (document,) = await stored(ledger, order.entity_id)
    assert [comment.comment for comment in document.comments] == ["Paid in cash"]
    async with ledger.reading() as reader:
        kinds = [entry.kind for entry in await reader.journal(order.entity_id)]
    assert kinds == ["OrderPlaced", "InvoiceIssued", "DocumentCommented"]
    assert await findings(ledger) == []


async def test_text_of_any_kind_survives(ledger, place):
    text = 'quote " backslash \\ brace {a,b} NULL , newline \n ü 漢字 🙂 %s ? $1'
    order = await place(row(text, 1000, 2))
    command = IssueInvoice(comment=CommentDraft(text))
    await ledger.execute(order.entity_id, command, actor=TESTER, key=key(text))
    after, (document,) = await stored(ledger, order.entity_id)
    assert after.items[rows_of(order)[0]].sku == text
    assert document.items[0].name == document.comments[0].comment == text
    assert await findings(ledger) == []


async def test_one_bad_command_does_not_fail_its_neighbours(ledger, place, monkeypatch):
    orders = [await place() for _ in range(4)]
    real = invariants.broken_totals

    def broken(order):
        if order.entity_id == orders[1].entity_id:
            yield "made to fail"
        yield from real(order)

    monkeypatch.setattr(invariants, "broken_totals", broken)
    outcomes = await asyncio.gather(*(invoice(ledger, order) for order in orders), return_exceptions=True)
    assert isinstance(outcomes.pop(1), BrokenPromise)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    monkeypatch.undo()
    assert await findings(ledger) == []


async def test_what_the_database_refuses_to_write_is_told_as_a_bug_and_not_tried_for_ever(ledger, place):
    orders = [await place() for _ in range(4)]
    parcel = TrackDraft("1Z", "UPS", "ups", qty=2**70)
    wrong = ledger.execute(orders[0].entity_id, AddTrack(1, parcel), actor=TESTER)
    outcome, *others = await asyncio.gather(
        wrong, *(invoice(ledger, order) for order in orders), return_exceptions=True
    )
    assert isinstance(outcome, Exception)
    assert not isinstance(outcome, Fault)
    assert all(isinstance(other, Accepted) for other in others)
    assert await findings(ledger) == []


async def test_commands_that_see_different_rows_of_one_order_share_a_batch(ledger, place):
    order = await place(row("RED", 1000, 2, configurable=True), row("S1", 500, 3))
    red, plain = rows_of(order)
    # Of RED nothing is open any more; its child, which a cancellation leaves as it is, is not fully invoiced.
    for command in (IssueInvoice({red: ONE, plain: ONE}), ShipOrder({plain: 3 * ONE}), CancelOrder()):
        assert isinstance(await ledger.execute(order.entity_id, command, actor=TESTER), Accepted)
    with capture_logs() as logged:
        outcomes = await asyncio.gather(
            *(
                ledger.execute(order.entity_id, command, actor=TESTER)
                for command in (CommentOrder("first"), IssueInvoice(), CreditOrder({plain: ONE}))
            )
        )
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert logged == []
    assert await findings(ledger) == []


class LosesTheAnswer:
    """An engine whose commits are carried out but end in an error, as when a connection breaks off."""

    def __init__(self, engine, error, *, can_tell):
        self.engine, self.error, self.can_tell = engine, error, can_tell

    def __getattr__(self, name):
        return getattr(self.engine, name)

    @asynccontextmanager
    async def transaction(self, *, lasting=True):
        async with self.engine.transaction() as transaction:
            commit = transaction.commit

            async def commit_and_lose_the_answer():
                await commit()
                raise self.error

            transaction.commit = commit_and_lose_the_answer
            yield transaction

    async def committed(self, order_id, command_id):
        if not self.can_tell:
            raise Unavailable
        return await self.engine.committed(order_id, command_id)


@pytest.mark.parametrize("error", [Unknown(), RuntimeError("a bug after the commit")], ids=["lost", "bug"])
@pytest.mark.parametrize("can_tell", [True, False])
async def test_a_commit_whose_answer_is_lost_is_never_begun_again(engine, ledger, place, error, can_tell):
    orders = [await place(row("S1", 1000, 5)) for _ in range(6)]
    broken = Ledger(LosesTheAnswer(engine, error, can_tell=can_tell), ledger.clock)
    outcomes = await asyncio.gather(
        *(invoice(broken, order, {rows_of(order)[0]: ONE}) for order in orders), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Accepted if can_tell else Unknown}
    for order in orders:
        assert len((await stored(ledger, order.entity_id))[1]) == 1
    assert await findings(ledger) == []


async def test_work_whose_answer_is_lost_is_answered_by_its_key(engine, ledger):
    broken = Ledger(LosesTheAnswer(engine, Unknown(), can_tell=True), ledger.clock)

    async def work(transaction):
        return Body(b"%d" % await transaction.records.insert("thing", b"{}"))

    answered = await broken.transact(work, key=key("w"))
    assert isinstance(answered, Answered)
    assert answered.body == b"1"
    with pytest.raises(Unknown):
        await broken.transact(work)


async def test_a_command_that_waited_too_long_is_refused_definitely(engine, ledger, place):
    order = await place()
    late = Ledger(engine, ledger.clock, wait_s=-1)
    before = await everything(ledger)
    with pytest.raises(Busy) as refused:
        await invoice(late, order)
    assert refused.value.definite
    assert await everything(ledger) == before


async def test_a_full_queue_refuses_at_once(engine, ledger, place):
    order = await place(row("S1", 1000, 9))
    narrow = Ledger(engine, ledger.clock, max_waiting=2)
    items = {rows_of(order)[0]: ONE}
    outcomes = await asyncio.gather(
        *(invoice(narrow, order, items) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 4
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 2


async def test_work_that_is_refused_writes_nothing(ledger, place):
    await place()
    before = await everything(ledger)

    async def work(transaction):
        await transaction.records.insert("thing", b"{}", name="a")
        await ledger.place(transaction, draft(row("S1", 1000)), actor=TESTER)
        return "no"

    assert await ledger.transact(work) == "no"
    assert await everything(ledger) == before


async def test_work_is_begun_again_when_another_transaction_got_in_between(ledger):
    attempts = []

    async def work(transaction):
        attempts.append(1)
        if len(attempts) < 3:
            raise Conflict
        await transaction.records.insert("thing", b"{}")
        return Body(b"1")

    assert (await ledger.transact(work)).body == b"1"
    async with ledger.reading() as reader:
        assert len(await reader.records.many("thing", range(10))) == 1


async def test_repeated_work_under_a_key_gets_the_first_body(ledger):
    async def work(transaction):
        return Body(b'{"id": %d}' % await transaction.records.insert("thing", b"{}"))

    first = await ledger.transact(work, key=key("w"))
    again = await ledger.transact(work, key=key("w"))
    assert (first.body, first.replayed, again.body, again.replayed) == (
        b'{"id": 1}',
        False,
        b'{"id": 1}',
        True,
    )
    assert await ledger.transact(work, key=key("w", "other")) == Refused(KeyReused("w"))


async def test_stock_is_written_and_read_back(ledger):
    level = StockLevel(7, 100 * ONE, 3 * ONE, True, True, False, False, 0, ONE, 10_000 * ONE)

    async def work(transaction):
        await transaction.write_stock([level])
        assert await transaction.lock_stock([7, 8]) == {7: level}
        return Body(b"1")

    await ledger.transact(work)
    async with ledger.reading() as reader:
        assert await reader.stock([7]) == {7: level}


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE order_item SET qty_invoiced = qty_ordered + 1",
        "UPDATE order_item SET qty_refunded = 1",
        "UPDATE order_item SET row_invoiced = row_total + 1",
        "UPDATE orders SET total_invoiced = grand_total + 1",
        "UPDATE orders SET qty_to_invoice = -1",
    ],
)
async def test_the_database_itself_refuses_impossible_books(ledger, place, wrong):
    await place()
    before = await everything(ledger)
    with pytest.raises(Exception):  # noqa: B017, PT011 -- each engine has its own
        await execute_sql(ledger, wrong)
    assert await everything(ledger) == before


async def test_people_read_the_books_under_adobes_names(ledger, place):
    order = await place()
    await invoice(ledger, order, {rows_of(order)[0]: ONE})
    async with ledger.reading() as reader:
        rows = await reader.session.rows(
            "SELECT sku, qty_ordered, qty_invoiced FROM sales_order_item ORDER BY item_id"
        )
        assert [(sku, float(ordered), float(invoiced)) for sku, ordered, invoiced in rows] == [
            ("RED", 1, 1), ("RED", 1, 1), ("BLUE", 1, 0), ("BLUE", 1, 0)
        ]  # fmt: skip
        head = await reader.session.rows("SELECT increment_id, grand_total, total_due FROM sales_order")
        assert [(number, float(total), float(due)) for number, total, due in head] == [("000000001", 55, 30)]
        grid = await reader.session.rows(
            "SELECT order_increment_id, customer_name, grand_total, payment_method FROM sales_invoice_grid"
        )
        assert [(a, b, float(c), d) for a, b, c, d in grid] == [("000000001", "Jane Doe", 25, "checkmo")]
        await reader.session.rows("SELECT * FROM sales_invoice")
        await reader.session.rows("SELECT * FROM sales_invoice_item")
