"""Mixed work: the mixture is what it says, refunds stay behind invoices, and its judge finds faults."""

from collections import Counter

import apsw
import pytest

from counterfoil.lab import mixed
from counterfoil.lab.books import SqliteSource
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.figures import Rate
from counterfoil.lab.load import Answers, Report
from counterfoil.lab.orders import Prepared

ORDERS = [Prepared(number, (10 * number, 10 * number + 1)) for number in range(1, 8)]
TABLES = """
CREATE TABLE shipment (order_id BIGINT, entity_id BIGINT);
CREATE TABLE shipment_item (order_id BIGINT, order_item_id BIGINT, qty BIGINT);
CREATE TABLE creditmemo (order_id BIGINT, entity_id BIGINT, grand_total BIGINT);
CREATE TABLE creditmemo_item (order_id BIGINT, order_item_id BIGINT, qty BIGINT, row_total BIGINT);
CREATE TABLE order_item (order_id BIGINT, item_id BIGINT, qty_shipped BIGINT, qty_refunded BIGINT,
    amount_refunded BIGINT);
CREATE TABLE orders (entity_id BIGINT, creditmemo_count BIGINT, total_refunded BIGINT);
INSERT INTO orders VALUES (1, 1, 11);
INSERT INTO order_item VALUES (1, 10, 2, 1, 10), (1, 11, 0, 0, 0);
"""
DOCUMENTS = """
INSERT INTO shipment VALUES (1, 1), (1, 2);
INSERT INTO shipment_item VALUES (1, 10, 1), (1, 10, 1);
INSERT INTO creditmemo VALUES (1, 1, 11);
INSERT INTO creditmemo_item VALUES (1, 10, 1, 10);
"""


def test_the_mixture_is_half_invoices_a_quarter_shipments_fifteen_reads_ten_refunds():
    kinds = Counter(request.kind for request in mixed.requests(ORDERS, 2000))
    assert kinds == {mixed.INVOICE: 1000, mixed.SHIP: 500, mixed.READ: 300, mixed.REFUND: 200}


def test_every_line_is_refunded_less_often_than_it_was_invoiced():
    invoiced = Counter(request.body for request in mixed.first_invoices(ORDERS))
    assert set(invoiced.values()) == {1}
    for request in mixed.requests(ORDERS, 5000):
        body = request.body.split(',"arguments"')[0].rstrip("}") + "}"
        if request.kind == mixed.INVOICE:
            invoiced[body] += 1
        elif request.kind == mixed.REFUND:
            invoiced[body] -= 1
            assert invoiced[body] > 0


@pytest.fixture
def books(tmp_path):
    """Books that are right, with two shipments and one credit memo since the mark."""
    database = apsw.Connection(str(tmp_path / "books.db"))
    database.execute(TABLES)
    source = SqliteSource(tmp_path / "books.db")
    before = mixed.mark(source)
    database.execute(DOCUMENTS)
    yield database, source, before
    source.close()
    database.close()


def test_right_books_pass(books):
    _, source, before = books
    mixed.check(source, before, shipped=2, refunded=1)


@pytest.mark.parametrize("shipped, refunded", [(1, 1), (2, 2)])
def test_an_answer_without_a_document_is_found(books, shipped, refunded):
    _, source, before = books
    with pytest.raises(WrongBooks, match="answered with success"):
        mixed.check(source, before, shipped=shipped, refunded=refunded)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE order_item SET qty_shipped = 1 WHERE item_id = 10",
        "UPDATE order_item SET qty_refunded = 0 WHERE item_id = 10",
        "UPDATE order_item SET amount_refunded = 9 WHERE item_id = 10",
        "UPDATE orders SET total_refunded = 10",
        "UPDATE orders SET creditmemo_count = 2",
    ],
)
def test_totals_that_lost_a_document_are_found(books, damage):
    database, source, before = books
    database.execute(damage)
    with pytest.raises(WrongBooks, match="disagree"):
        mixed.check(source, before, shipped=2, refunded=1)


def test_the_whole_is_the_sum_of_its_kinds():
    def rate(per_s, mean_s):
        return Rate(32, per_s=per_s, mean_s=mean_s, p99_s=mean_s * 2, max_s=mean_s * 3)

    report = Report(
        {"invoice": Answers({200: 3}, rate(300, 0.01)), "read": Answers({200: 1}, rate(100, 0.03))}, []
    )
    whole = mixed.whole_rate(report)
    assert (whole.per_s, whole.p99_s, whole.max_s) == (400, 0.06, 0.09)
    assert whole.mean_s == pytest.approx(0.015)
    with pytest.raises(WrongBooks):
        mixed.whole_rate(Report({"read": Answers({}, None)}, []))
