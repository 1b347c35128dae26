"""Every pair of statuses that an order can have in the two languages, found by trying what can be done."""

from collections import deque
from collections.abc import Iterator

from msgspec.structs import replace

from counterfoil.domain import decider, transitions
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.cancellation import DenyCancellation, RequestCancellation
from counterfoil.domain.change import ApplyChange, RequestChange
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.decider import Command
from counterfoil.domain.handling import (
    ApprovePayment,
    AuthorizeFulfillment,
    EndGracePeriod,
    StartHandling,
)
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import COMPLETE, MARKETPLACE, READY_FOR_HANDLING, SELLER, Order
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.wanted import WantedLine
from tests.drafts import draft, row
from tests.two_languages import documented_statuses
from tests.unit.domain.given import SERIES, placed, when
from tests.unit.domain.workflow_orders import ONE, book, cents

DEEP = 5
"""How many things are done to an order one after the other."""
BEGINNINGS = (
    (COMPLETE, transitions.PAYMENT_PENDING),
    (COMPLETE, READY_FOR_HANDLING),
    (SELLER, transitions.WAITING_FFMT_AUTHORIZATION),
    (MARKETPLACE, transitions.PAYMENT_PENDING),
)
ALWAYS: tuple[Command, ...] = (
    *(StartHandling(), ApprovePayment(60), AuthorizeFulfillment(60), EndGracePeriod()),
    *(RequestCancellation("late"), CancelOrder(), HoldOrder(), ReleaseOrder()),
    *(IssueInvoice(), IssueInvoice({1: ONE}), ShipOrder(), ShipOrder({1: ONE})),
    *(CreditOrder(), CreditOrder({1: ONE})),
)


def commands(order: Order) -> Iterator[Command]:
    """What can be asked of an order in either language."""
    yield from ALWAYS
    name = f"n{order.version}"
    if order.cancellation_requests:
        yield DenyCancellation(order.cancellation_requests[-1].id, "it is packed")
    for value in {transitions.left_to_invoice(order), cents(1000)}:
        if value > 0:
            yield RegisterInvoice(name, value)
    if order.total_invoiced > order.total_refunded:
        yield RegisterReturn(name, order.total_invoiced - order.total_refunded)
    if order.change_count == 0:
        yield RequestChange(name, 1, "a scratch", manual_discount=cents(1000))
        yield RequestChange(name, 2, "one less", (WantedLine(ONE, index=0),))
    if order.open_change:
        yield ApplyChange(order.open_change.request_id)


def facts(order: Order) -> tuple[object, ...]:
    """What tells two orders apart, as far as statuses go."""
    rows = tuple((row.qty_invoiced, row.qty_shipped, row.qty_canceled) for row in order.items.values())
    money = (order.total_invoiced, order.total_refunded, order.grand_total, order.total_canceled)
    waits = (order.open_change is None, transitions.open_request(order) is None, order.declared_count)
    return (order.state, order.workflow_status, order.stage, order.hold_before_state, rows, money, waits)


def reached(order: Order) -> Iterator[Order]:
    """Every order that can be made of this one."""
    seen, waiting = {facts(order)}, deque([(order, DEEP)])
    while waiting:
        order, deep = waiting.popleft()
        yield order
        if not deep:
            continue
        using = Numbers(dict.fromkeys(SERIES, 1000 * order.version + 1))
        for command in commands(order):
            after, decided = when(order, command, using)
            if isinstance(decided, decider.Event) and facts(after) not in seen:
                seen.add(facts(after))
                waiting.append((after, deep - 1))


def test_the_statuses_of_both_languages_go_together_as_the_page_says():
    found = set()
    for flow, stage in BEGINNINGS:
        for virtual in (False, True):
            line = row("TEA", 2000, 2, virtual=virtual)
            begin = placed(replace(draft(line, shipping=0 if virtual else 500), flow=flow, stage=stage))
            for order in reached(begin):
                found.add((order.state, order.status, order.workflow_status))
                assert book(order) == []
    assert found == documented_statuses()
