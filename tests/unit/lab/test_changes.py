"""Changes that are timed: what is asked for, and how the times are read from the journal."""

from pathlib import Path

import apsw
import msgspec
import pytest

from counterfoil.clock import Clock
from counterfoil.domain.money import MINOR
from counterfoil.lab import changes, orders, waiting
from counterfoil.lab.books import SqliteSource
from counterfoil.lab.changes import Settled
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.orders import Prepared

ORDERS = [Prepared(7, (1,)), Prepared(8, (2,))]
TABLES = """
CREATE TABLE orders (entity_id BIGINT, open_change TEXT);
CREATE TABLE journal (order_id BIGINT, kind TEXT, at TEXT);
INSERT INTO orders VALUES (1, NULL), (2, NULL);
INSERT INTO journal VALUES
    (1, 'ChangeRequested', '2026-11-20T13:00:00.000000+00:00'),
    (1, 'ChangeApplied', '2026-11-20T13:00:01.000000+00:00'),
    (1, 'ChangeRequested', '2026-11-20T14:00:00.000000+00:00'),
    (2, 'ChangeRequested', '2026-11-20T14:00:00.500000+00:00'),
    (1, 'ChangeApplied', '2026-11-20T14:00:01.000000+00:00'),
    (2, 'ChangeApplied', '2026-11-20T14:00:02.000000+00:00');
"""
SINCE = "2026-11-20T13:30:00.000000+00:00"


def test_every_order_is_asked_for_one_change() -> None:
    first, second = changes.smaller(ORDERS)

    assert (first.method, first.path) == ("PATCH", "/api/order-system/orders/v500007cntf-01/changes")
    assert second.path == "/api/order-system/orders/v500008cntf-01/changes"


def test_an_invoice_that_waits_is_worth_what_the_order_will_be_worth() -> None:
    before = orders.draft(1, waiting.UNITS).grand_total // MINOR
    [change] = changes.dearer(ORDERS[:1])
    [invoice] = waiting.invoices(ORDERS[:1])

    added = msgspec.json.decode(change.body)["manualIncrementValue"]
    assert msgspec.json.decode(invoice.body)["invoiceValue"] == before + added > before


def test_times_are_those_of_the_journal_since_the_beginning(tmp_path: Path) -> None:
    database = apsw.Connection(str(tmp_path / "books.db"))
    database.execute(TABLES)
    source = SqliteSource(tmp_path / "books.db")

    found = changes.settled(source, SINCE, 2, Clock())

    assert sorted(one.done_s - one.asked_s for one in found) == [1.0, 1.5]
    with pytest.raises(WrongBooks, match="3 Changes were taken, 2 are applied and 0 are open"):
        changes.settled(source, SINCE, 3, Clock())


def test_a_rate_is_from_the_first_wish_to_the_last_change() -> None:
    rate = changes.rate([Settled(10.0, 11.0), Settled(10.5, 12.0)], 32)

    assert (rate.clients, rate.per_s, rate.mean_s, rate.max_s) == (32, 1.0, 1.25, 1.5)
