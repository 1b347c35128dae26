"""What is asked for in VTEX's language, and the look into the packages."""

from pathlib import Path

import apsw
import msgspec
import pytest

from counterfoil.lab import vtex
from counterfoil.lab.books import SqliteSource
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.load import SERIAL
from counterfoil.lab.orders import Prepared

ORDERS = [Prepared(7, (1, 2, 3)), Prepared(8, (4, 5, 6))]


def test_invoices_go_through_orders_and_their_lines_each_with_a_number_of_its_own() -> None:
    requests = vtex.invoice_requests(ORDERS, times=2)

    assert [request.path for request in requests] == [
        "/api/oms/pvt/orders/v500007cntf-01/invoice",
        "/api/oms/pvt/orders/v500008cntf-01/invoice",
    ] * 2
    bodies = [msgspec.json.decode(request.body) for request in requests]
    assert [body["items"] for body in bodies] == [
        [{"id": f"BENCH-{line}", "price": 1000 + line, "quantity": 1}] for line in (1, 2, 2, 3)
    ]
    assert {(body["invoiceValue"], body["invoiceNumber"]) for body in bodies} == {(1500, SERIAL)}


def test_an_answer_without_a_package_is_found(tmp_path: Path) -> None:
    database = apsw.Connection(str(tmp_path / "books.db"))
    database.execute("CREATE TABLE attachment (order_id BIGINT, kind TEXT, name TEXT, body TEXT)")
    database.execute("INSERT INTO attachment VALUES (1, 'package', 'a', '{}'), (1, 'change', 'b', '{}')")
    source = SqliteSource(tmp_path / "books.db")

    assert vtex.packages(source) == 1
    vtex.check_packages(source, 0, 1)
    with pytest.raises(WrongBooks, match="2 invoices were answered with success, 1 packages"):
        vtex.check_packages(source, 0, 2)
