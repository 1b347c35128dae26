"""The judge of the books finds every fault that is planted."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from counterfoil.lab.books import Mark, SqliteSource, check, mark
from counterfoil.lab.faults import WrongBooks

TABLES = """
CREATE TABLE orders (entity_id BIGINT, version BIGINT, invoice_count BIGINT, total_invoiced BIGINT,
    total_paid BIGINT, qty_to_invoice BIGINT);
CREATE TABLE order_item (order_id BIGINT, item_id BIGINT, qty_ordered BIGINT, qty_invoiced BIGINT,
    row_invoiced BIGINT, tax_invoiced BIGINT);
CREATE TABLE invoice (order_id BIGINT, entity_id BIGINT, increment_id TEXT, total_qty BIGINT,
    grand_total BIGINT);
CREATE TABLE invoice_item (order_id BIGINT, invoice_id BIGINT, order_item_id BIGINT, qty BIGINT,
    row_total BIGINT, tax_amount BIGINT);
CREATE TABLE journal (order_id BIGINT, seq BIGINT);
"""


class Books:
    """Books that are right, with a way to make them wrong."""

    def __init__(self, path: Path) -> None:
        self.database = apsw.Connection(str(path))
        self.source = SqliteSource(path)
        self.database.execute(TABLES)
        for order in (1, 2):
            self.database.execute("INSERT INTO orders VALUES (?, 1, 0, 0, 0, 200)", (order,))
            self.database.execute("INSERT INTO journal VALUES (?, 1)", (order,))
            for item in (1, 2):
                self.database.execute(
                    "INSERT INTO order_item VALUES (?, ?, 100, 0, 0, 0)", (order, 10 * order + item)
                )
        self.issued = 0

    def issue(self, order: int) -> None:
        self.issued += 1
        number = f"{self.issued:09d}"
        item = 10 * order + 1 + self.issued % 2
        self.database.execute(
            """INSERT INTO invoice VALUES (:order, :id, :number, 1, 11);
               INSERT INTO invoice_item VALUES (:order, :id, :item, 1, 10, 1);
               UPDATE order_item SET qty_invoiced = qty_invoiced + 1, row_invoiced = row_invoiced + 10,
                   tax_invoiced = tax_invoiced + 1 WHERE item_id = :item;
               UPDATE orders SET version = version + 1, invoice_count = invoice_count + 1,
                   total_invoiced = total_invoiced + 11, total_paid = total_paid + 11,
                   qty_to_invoice = qty_to_invoice - 1 WHERE entity_id = :order;
               INSERT INTO journal SELECT :order, version FROM orders WHERE entity_id = :order""",
            {"order": order, "id": self.issued, "number": number, "item": item},
        )

    def spoil(self, statement: str) -> None:
        self.database.execute(statement)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books with three invoices of two orders before the mark and three after."""
    made = Books(tmp_path / "books.db")
    for order in (1, 2, 1):
        made.issue(order)
    yield made
    made.source.close()
    made.database.close()


def test_the_mark_tells_how_far_the_books_have_come(books: Books) -> None:
    assert mark(books.source) == Mark(invoices=3, last_id=3, last_number=3)


def test_an_empty_book_has_a_mark(tmp_path: Path) -> None:
    assert mark(Books(tmp_path / "empty.db").source) == Mark(0, 0, 0)


def test_right_books_pass(books: Books) -> None:
    before = mark(books.source)
    for order in (2, 1, 2):
        books.issue(order)

    check(books.source, before, accepted=3)
    check(books.source, mark(books.source), accepted=0)


FAULTS = [
    ("an invoice more than was answered", "SELECT 1", 2, "2 invoices were answered with success, 3 are in"),
    ("an invoice less than was answered", "SELECT 1", 4, "4 invoices were answered with success, 3 are in"),
    ("a hole in the numbers", "UPDATE invoice SET increment_id = '000000007' WHERE entity_id = 6", 3, "hole"),
    ("a number twice", "UPDATE invoice SET increment_id = '000000005' WHERE entity_id = 6", 3, "repetition"),
    ("a number from before", "UPDATE invoice SET increment_id = '000000003' WHERE entity_id = 4", 3, "hole"),
    (
        "numbers that do not follow the ids",
        """UPDATE invoice SET increment_id = CASE entity_id WHEN 5 THEN '000000006' ELSE '000000005' END
           WHERE entity_id > 4""",
        3,
        "same order",
    ),
    ("a lost quantity", "UPDATE order_item SET qty_invoiced = 0 WHERE item_id = 12", 3, "order rows"),
    ("a lost amount", "UPDATE order_item SET row_invoiced = 5 WHERE item_id = 22", 3, "order rows"),
    ("a lost tax", "UPDATE order_item SET tax_invoiced = 0 WHERE item_id = 21", 3, "order rows"),
    ("a quantity nobody invoiced", "DELETE FROM invoice_item WHERE invoice_id = 6", 3, "order rows"),
    ("a lost document", "UPDATE orders SET invoice_count = 2 WHERE entity_id = 2", 3, "orders (id"),
    ("a lost total", "UPDATE orders SET total_invoiced = 11 WHERE entity_id = 1", 3, "orders (id"),
    ("a lost payment", "UPDATE orders SET total_paid = 0 WHERE entity_id = 1", 3, "orders (id"),
    ("an open quantity", "UPDATE orders SET qty_to_invoice = 200 WHERE entity_id = 1", 3, "orders (id"),
    ("a lost event", "DELETE FROM journal WHERE order_id = 2 AND seq = 2", 3, "journals"),
    ("a lost version", "UPDATE orders SET version = 2 WHERE entity_id = 2", 3, "journals"),
]


@pytest.mark.parametrize("fault,statement,accepted,said", FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_planted_fault_is_found(books: Books, fault: str, statement: str, accepted: int, said: str) -> None:
    before = mark(books.source)
    for order in (2, 1, 2):
        books.issue(order)
    books.spoil(statement)

    with pytest.raises(WrongBooks) as found:
        check(books.source, before, accepted)

    assert said in str(found.value)
