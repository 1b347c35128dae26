"""Operations of different kinds that meet on one order: none is lost, none undoes another.

In Adobe Commerce hold, comment, address and order save take no lock and put back what they read
(contract adobe §1.4, §1.5 R1): an invoice beside a hold lost its quantity in 102 of 150 trials.
"""

import os
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests import books
from tests.concurrency.conftest import FLEETS
from tests.concurrency.fleet import Fleet, some_pause_s
from tests.conftest import NewDatabase
from tests.judge import assert_promises_kept
from tests.placed import in_thirds, place_many, two_rows
from tests.servers import assert_books_are_clean, migrate, serving
from tests.shop import ADDRESS, invoice_body, top_items
from tests.wire import Answer

TRIALS = max(5, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 2)
MIXED = max(200, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) * 10)
AT_ONCE = 16
KINDS = {"one each": two_rows(), "three": two_rows(3), "thirds": in_thirds()}
BATCHES = 10
USES = {
    "one each": 3 * TRIALS,
    "three": 6 * TRIALS + MIXED // AT_ONCE + AT_ONCE + 50 * BATCHES,
    "thirds": 2 * TRIALS,
}
"""How many orders of each kind the tests take."""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"

pytestmark = pytest.mark.timeout(1800)
Order = dict[str, Any]
Wish = Callable[[Order], tuple[str, str, Any]]


class Arena:
    """A fleet with orders to fight over."""

    def __init__(self, fleet: Fleet, orders: dict[str, list[int]]) -> None:
        self.fleet = fleet
        self.shop = fleet.shop
        self._orders = {kind: iter(ids) for kind, ids in orders.items()}

    def take(self, kind: str, count: int) -> list[int]:
        """Return orders of a kind on which nothing has happened."""
        return [next(self._orders[kind]) for _ in range(count)]

    def race(self, order_id: int, *wishes: Wish) -> tuple[list[Answer], Order]:
        """Let the wishes meet, in any order, and return their answers and the order afterwards."""
        before = self.shop.order(order_id)
        requests = [self.shop.request(*wish(before)) for wish in wishes]
        places = list(range(len(requests)))
        random.shuffle(places)
        answers = self.fleet.at_once([requests[place] for place in places], apart_s=some_pause_s())
        in_order = [
            answer for _, answer in sorted(zip(places, answers, strict=True), key=lambda pair: pair[0])
        ]
        return in_order, self.shop.order(order_id)

    def do(self, order_id: int, *wishes: Wish) -> None:
        """Carry out wishes one after another."""
        for wish in wishes:
            self.shop.must(*wish(self.shop.order(order_id)))


@pytest.fixture(scope="module", params=FLEETS)
def arena(
    request: pytest.FixtureRequest, new_module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    engine, count = request.param
    url = new_module_database(engine)
    migrate(url)
    placed = place_many(url, *((kind, USES[name]) for name, kind in KINDS.items()))
    with serving(url, tmp_path_factory.mktemp("logs"), count=count) as servers:
        fleet = Fleet(servers)
        yield Arena(fleet, dict(zip(KINDS, placed, strict=True)))
        fleet.close()
        if engine == "postgresql":
            assert books.query(url, DEADLOCKS) == [(0,)]
        assert_books_are_clean(url)
        assert_promises_kept(url)


# ------------------------------------------------------------ what clients wish


def _document(verb: str, rows: slice, qty: int, **body: Any) -> Wish:
    def wish(order: Order) -> tuple[str, str, Any]:
        items = [(item["item_id"], qty) for item in top_items(order)[rows]]
        return "POST", f"/rest/V1/order/{order['entity_id']}/{verb}", {**invoice_body(items), **body}

    return wish


def invoice(row: int, qty: int = 1) -> Wish:
    return _document("invoice", slice(row, row + 1), qty)


def ship(row: int, qty: int = 1) -> Wish:
    return _document("ship", slice(row, row + 1), qty)


def refund(row: int, qty: int = 1) -> Wish:
    return _document("refund", slice(row, row + 1), qty, arguments={"shipping_amount": 0})


def everything(verb: str) -> Wish:
    return lambda order: ("POST", f"/rest/V1/order/{order['entity_id']}/{verb}", {})


def action(name: str) -> Wish:
    return lambda order: ("POST", f"/rest/V1/orders/{order['entity_id']}/{name}", None)


def comment(order: Order) -> tuple[str, str, Any]:
    history = {"statusHistory": {"comment": "met an invoice", "is_customer_notified": 0}}
    return "POST", f"/rest/V1/orders/{order['entity_id']}/comments", history


def move(order: Order) -> tuple[str, str, Any]:
    address = {
        **ADDRESS,
        "entity_id": order["billing_address_id"],
        "parent_id": order["entity_id"],
        "address_type": "billing",
        "city": "Utrecht",
    }
    return "PUT", f"/rest/V1/orders/{order['entity_id']}", {"entity": address}


def save(order: Order) -> tuple[str, str, Any]:
    entity = {"entity_id": order["entity_id"], "ext_order_id": "ERP-7"}
    return "POST", "/rest/V1/orders", {"entity": entity}


def column(order: Order, name: str) -> list[Any]:
    return [item[name] for item in top_items(order)]


def statuses(answers: list[Answer]) -> list[int]:
    assert {answer.status for answer in answers} <= {200, 400}, [str(answer) for answer in answers]
    return [answer.status for answer in answers]


# ------------------------------------------------------------ races


def test_two_invoices_and_two_shipments_complete_the_order(arena: Arena) -> None:
    for order_id in arena.take("one each", TRIALS):
        answers, order = arena.race(order_id, invoice(0), invoice(1), ship(0), ship(1))
        assert statuses(answers) == [200] * 4
        assert (order["state"], order["status"]) == ("complete", "complete")
        assert (column(order, "qty_invoiced"), column(order, "qty_shipped")) == ([1, 1], [1, 1])
        assert order["total_paid"] == order["grand_total"] == order["total_invoiced"]


def test_an_invoice_beside_a_cancellation_leaves_each_unit_to_one_of_them(arena: Arena) -> None:
    for order_id in arena.take("three", TRIALS):
        answers, order = arena.race(order_id, invoice(0, 2), action("cancel"))
        invoiced, canceled = statuses(answers)
        assert (canceled, answers[1].json) == (200, True)
        if invoiced == 200:
            assert (column(order, "qty_invoiced"), column(order, "qty_canceled")) == ([2, 0], [1, 1])
            assert order["state"] == "processing"
            assert order["total_invoiced"] + order["total_canceled"] == order["grand_total"]
        else:
            assert (column(order, "qty_invoiced"), column(order, "qty_canceled")) == ([0, 0], [3, 1])
            assert order["state"] == "canceled"
            assert order["total_canceled"] == order["grand_total"]


def test_an_invoice_beside_a_hold_is_counted_or_refused(arena: Arena) -> None:
    for order_id in arena.take("three", TRIALS):
        answers, order = arena.race(order_id, invoice(0), action("hold"))
        invoiced, held = statuses(answers)
        assert held == 200
        assert order["state"] == "holded"
        assert order["hold_before_state"] == ("processing" if invoiced == 200 else "new")
        assert column(order, "qty_invoiced") == [int(invoiced == 200), 0]
        arena.do(order_id, action("unhold"))
        assert arena.shop.order(order_id)["state"] == ("processing" if invoiced == 200 else "new")


@pytest.mark.parametrize("beside", [comment, move, save])
def test_an_invoice_keeps_its_quantity_beside_what_takes_no_lock_elsewhere(
    arena: Arena, beside: Wish
) -> None:
    for order_id in arena.take("three", TRIALS):
        answers, order = arena.race(order_id, invoice(0), beside)
        assert statuses(answers) == [200, 200]
        assert column(order, "qty_invoiced") == [1, 0]
        assert order["state"] == "processing"
        assert order["total_paid"] == order["total_invoiced"]
        if beside is comment:
            assert [entry["comment"] for entry in order["status_histories"]] == ["met an invoice"]
        elif beside is move:
            assert order["billing_address"]["city"] == "Utrecht"
        else:
            assert order["ext_order_id"] == "ERP-7"


def test_of_two_equal_refunds_of_all_one_succeeds(arena: Arena) -> None:
    for order_id in arena.take("one each", TRIALS):
        arena.do(order_id, everything("invoice"))
        answers, order = arena.race(order_id, everything("refund"), everything("refund"))
        assert sorted(statuses(answers)) == [200, 400]
        assert column(order, "qty_refunded") == [1, 1]
        assert order["total_refunded"] == order["grand_total"]
        assert order["state"] == "closed"


def test_two_refunds_of_different_rows_are_both_counted(arena: Arena) -> None:
    for order_id in arena.take("one each", TRIALS):
        arena.do(order_id, everything("invoice"))
        answers, order = arena.race(order_id, refund(0), refund(1))
        assert statuses(answers) == [200, 200]
        assert column(order, "qty_refunded") == [1, 1]
        assert order["total_refunded"] == order["grand_total"] - order["shipping_amount"]


def test_of_four_refunds_on_three_units_three_succeed_to_the_cent(arena: Arena) -> None:
    for order_id in arena.take("thirds", TRIALS):
        arena.do(order_id, everything("invoice"))
        answers, order = arena.race(order_id, *[refund(0)] * 4)
        assert sorted(statuses(answers)) == [200, 200, 200, 400]
        assert order["total_refunded"] == order["grand_total"] == Decimal("9.83")
        assert order["state"] == "closed"


def test_a_refund_beside_a_shipment(arena: Arena) -> None:
    for order_id in arena.take("three", TRIALS):
        arena.do(order_id, everything("invoice"))
        answers, order = arena.race(order_id, refund(0, 2), ship(0, 3))
        refunded, _ = statuses(answers)
        assert refunded == 200
        assert column(order, "qty_refunded") == [2, 0]
        # Shipped first, all three left; refunded first, what was left was one.
        assert column(order, "qty_shipped") in ([3, 0], [1, 0])


def test_three_invoices_of_one_unit_each_sum_to_the_cent(arena: Arena) -> None:
    for order_id in arena.take("thirds", TRIALS):
        answers, order = arena.race(order_id, invoice(0), invoice(0), invoice(0))
        assert statuses(answers) == [200] * 3
        totals = [one["grand_total"] for one in arena.shop.invoices_of(order_id)]
        assert sum(totals) == order["grand_total"] == order["total_paid"] == Decimal("9.83")
        (row,) = order["items"]
        assert (row["row_invoiced"], row["tax_invoiced"]) == (10, Decimal("0.83"))
        assert row["discount_invoiced"] == 1


def test_fifty_orders_with_four_operations_each_at_once(arena: Arena) -> None:
    for _ in range(BATCHES):
        orders = {order_id: arena.shop.order(order_id) for order_id in arena.take("three", 50)}
        wishes = [invoice(0), ship(0, 2), action("hold"), comment]
        sent = [(order_id, wish) for order_id in orders for wish in wishes]
        random.shuffle(sent)
        requests = [arena.shop.request(*wish(orders[order_id])) for order_id, wish in sent]
        answers = dict(zip(sent, arena.fleet.at_once(requests), strict=True))
        statuses(list(answers.values()))
        for order_id in orders:
            order = arena.shop.order(order_id)
            done = [answers[order_id, wish].status == 200 for wish in wishes]
            assert done[2:] == [True, True]
            assert order["state"] == "holded"
            assert column(order, "qty_invoiced")[0] == int(done[0])
            assert column(order, "qty_shipped")[0] == 2 * int(done[1])


def test_thousands_of_mixed_operations_meet_no_deadlock(arena: Arena) -> None:
    """Nothing is answered but yes and no: no 503, and the database counts no deadlock (see `arena`)."""
    wishes = [
        *(invoice(0), invoice(1), everything("invoice"), ship(0), ship(1), everything("ship")),
        *(refund(0), refund(1), everything("refund"), comment, move, save),
        *(action("hold"), action("unhold"), action("unhold"), action("cancel")),
    ]
    sent = 0
    while sent < MIXED:
        orders = [arena.shop.order(order_id) for order_id in arena.take("three", AT_ONCE // 4)]
        for _ in range(4):
            chosen = [(random.choice(wishes), random.choice(orders)) for _ in range(AT_ONCE)]
            requests = [arena.shop.request(*wish(order)) for wish, order in chosen]
            statuses(arena.fleet.at_once(requests))
            sent += AT_ONCE
