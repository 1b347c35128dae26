"""The shops that lists are measured in: the same each time, and like a real one."""

from collections import Counter
from pathlib import Path

import apsw

from counterfoil.clock import Clock
from counterfoil.lab.fill import LINES, ORDERS_PER_CUSTOMER, Shop, fill_sqlite
from counterfoil.main import engine_for, migrate, open_ledger

NOW = "2026-11-20 12:00:00"


def test_times_are_spread_over_three_years_and_ascend() -> None:
    shop = Shop(1_000, NOW)
    times = [shop.created_at(order_id) for order_id in range(1, 1_001)]

    assert times == sorted(times)
    assert (times[0][:10], times[-1]) == ("2023-11-22", NOW)


def test_nearly_all_are_done_and_the_newest_are_open() -> None:
    shop = Shop(10_000, NOW)
    old = Counter(shop.status(order_id) for order_id in range(1, 9_001))
    new = Counter(shop.status(order_id) for order_id in range(9_901, 10_001))

    assert old["complete"] > 7_000
    assert 0 < old["pending"] < 300
    assert new["pending"] + new["processing"] > 50


def test_the_typical_customer_has_as_many_orders_as_customers_have_on_average() -> None:
    shop = Shop(2_000, NOW)
    customer = shop.typical_customer()

    assert [shop.customer(order_id) for order_id in range(1, 2_001)].count(customer) == ORDERS_PER_CUSTOMER


async def test_a_filled_shop_can_be_read(tmp_path: Path) -> None:
    engine = engine_for(f"sqlite:///{tmp_path}/shop.db")
    await migrate(engine, Clock())
    await engine.close()
    told: list[int] = []
    shop = Shop(6_000, NOW)
    fill_sqlite(tmp_path / "shop.db", shop, written=told.append)

    assert told == [5_000, 6_000]
    async with open_ledger(f"sqlite:///{tmp_path}/shop.db") as ledger, ledger.reading() as reader:
        orders = await reader.orders([1, 2, 3, 6_000])
        invoices = await reader.invoices([1, 2, 3])
    assert [len(order.items) for order in orders] == [LINES[1], LINES[2], LINES[0], LINES[0]]
    assert [order.increment_id for order in orders] == ["000000001", "000000002", "000000003", "000006000"]
    assert all(invoice.items for invoice in invoices)
    database = apsw.Connection(str(tmp_path / "shop.db"))
    wrong = "SELECT COUNT(*) FROM orders WHERE invoice_count > 0 AND total_invoiced <> grand_total"
    assert database.execute(wrong).fetchall() == [(0,)]
    numbered = "SELECT COUNT(*), MAX(entity_id), COUNT(DISTINCT increment_id) FROM invoice"
    [(count, last, numbers)] = database.execute(numbered).fetchall()
    assert count == last == numbers
    assert database.execute("SELECT MAX(entity_id) > 4000 FROM invoice").fetchall() == [(1,)]
