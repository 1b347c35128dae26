"""Any mix of both languages' commands on any order keeps every promise, whatever Changes are in flight."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from msgspec.structs import replace

from counterfoil.domain import change_effect, decider, transitions
from counterfoil.domain.attachments import AddedLine
from counterfoil.domain.cancellation import (
    DenyCancellation,
    RequestCancellation,
)
from counterfoil.domain.change import (
    AbandonChange,
    AdvanceChange,
    ApplyChange,
    ChangeAbandoned,
    RequestChange,
)
from counterfoil.domain.change_effect import ChangeApplied
from counterfoil.domain.handling import (
    ApprovePayment,
    AuthorizeFulfillment,
    EndGracePeriod,
    StartHandling,
)
from counterfoil.domain.invoice import InvoiceIssued
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import COMPLETE, MARKETPLACE, READY_FOR_HANDLING, SELLER, Order
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.wanted import WantedLine
from tests.drafts import authorized, draft
from tests.property.test_books import Books, lines
from tests.property.test_scopes import Scopes
from tests.unit.domain.given import numbers, placed, when

BEGINNINGS = {
    COMPLETE: (transitions.PAYMENT_PENDING, READY_FOR_HANDLING, transitions.HANDLING),
    SELLER: (transitions.WAITING_FFMT_AUTHORIZATION, transitions.HANDLING),
    MARKETPLACE: (transitions.PAYMENT_PENDING, transitions.PAYMENT_APPROVED),
}


class Workflow:
    """What VTEX's clients do, for a machine that has the rest."""

    order: Order
    journal: list[decider.Event]
    carry_out: Callable[[decider.Command], None]

    @rule(grace=st.booleans())
    def go_on(self, grace):
        grace_s = 60 if grace else 0
        for command in (ApprovePayment(grace_s), AuthorizeFulfillment(grace_s), EndGracePeriod()):
            self.carry_out(command)
        self.carry_out(StartHandling())

    @rule(data=st.data(), number=st.integers(1, 6))
    def register_an_invoice(self, data, number):
        self.carry_out(RegisterInvoice(f"NF {number}", self.value(data), self.lines(data)))

    @rule(number=st.integers(1, 6))
    def register_the_rest(self, number):
        left = transitions.left_to_invoice(self.order)
        if left > 0:
            self.carry_out(RegisterInvoice(f"NF/{number}", left))

    @rule(data=st.data(), number=st.integers(1, 6))
    def register_a_return(self, data, number):
        self.carry_out(RegisterReturn(f"R {number}", self.value(data), self.lines(data)))

    @rule(data=st.data())
    def want_a_change(self, data):
        money = st.one_of(st.just(0), st.integers(0, 3000).map(lambda cents: cents * 100))
        added = [AddedLine("NEW", data.draw(st.integers(1, 3)) * SCALE, data.draw(st.integers(1, 900)) * 100)]
        self.carry_out(
            RequestChange(
                f"c{len(self.journal)}",
                data.draw(st.sampled_from([1, 2, 2, 2])),
                "the customer wants it",
                self.lines(data),
                tuple(data.draw(st.sampled_from([[], [], added]))),
                data.draw(money),
                data.draw(money),
            )
        )

    @precondition(lambda self: self.order.open_change is not None)
    @rule(how=st.sampled_from(["apply", "apply", "advance", "abandon"]))
    def settle_the_change(self, how):
        change = self.order.open_change
        assert change is not None
        request_id = change.request_id
        commands: dict[str, decider.Command] = {
            "apply": ApplyChange(request_id),
            "advance": AdvanceChange(request_id, "waiting-confirmation"),
            "abandon": AbandonChange(request_id, "not wanted any more", by_user=True),
        }
        before = self.order
        waits = self.order.open_payment is not None
        self.carry_out(commands[how])
        if how == "apply" and not waits and before.workflow_status != transitions.CANCELED:
            assert isinstance(self.journal[-1], ChangeApplied), "room was kept for it"
            moved = transitions.value(self.order) - transitions.value(before)
            assert moved == change.delta
        if how == "apply" and before.workflow_status == transitions.CANCELED:
            assert isinstance(self.journal[-1], ChangeAbandoned)

    @rule(user=st.booleans())
    def want_it_canceled(self, user):
        self.carry_out(RequestCancellation("too late", requested_by_user=user))

    @rule()
    def deny(self):
        standing = transitions.open_request(self.order)
        self.carry_out(DenyCancellation(standing.id if standing else "none", "it is packed"))

    def value(self, data):
        """Return an amount that may fit: cents, or what is left, or what a Change in flight leaves."""
        left = transitions.left_to_invoice(self.order)
        change = self.order.open_change
        after = left + change.delta if change else left
        some = st.integers(1, 4000).map(lambda cents: cents * 100)
        chosen = data.draw(st.one_of(some, st.sampled_from([left, after])))
        return max(chosen, 100)

    def lines(self, data):
        ids = [*self.order.items, 10_000]
        named = st.tuples(st.sampled_from(ids), st.integers(1, 31))
        asked = data.draw(st.lists(named, max_size=3))
        return tuple(WantedLine(qty * SCALE, item_id=item_id) for item_id, qty in asked)

    @invariant()
    def both_outcomes_keep_the_promises(self):
        order = self.order
        assert change_effect.keeps_room(order)
        if order.open_change is None or order.workflow_status == transitions.CANCELED:
            return
        assert order.open_payment is not None or isinstance(
            when(order, ApplyChange(order.open_change.request_id), numbers())[1], ChangeApplied
        )

    @invariant()
    def every_step_of_the_way_is_in_the_table(self):
        before, order = "", None
        for event in self.journal:
            order = decider.evolve(order, event)
            path = transitions.path(order.flow, before, type(event).__name__, order.workflow_status)
            for one, then in zip((before, *path), path, strict=False):
                assert one == "" or then in transitions.THEN[one], (one, then)
            assert path == () or path[-1] == order.workflow_status
            assert path != () or before == order.workflow_status
            before = order.workflow_status
            assert before not in transitions.PASSING

    @invariant()
    def sales_and_returns_are_told_apart(self):
        order = self.order
        assert 0 <= order.total_refunded <= order.total_paid
        assert 0 <= order.total_invoiced <= transitions.value(order)
        invoiced = [one for one in self.journal if isinstance(one, InvoiceIssued)]
        if order.workflow_status == transitions.INVOICED:
            assert invoiced
            assert order.declared_count == 0 or order.total_invoiced == transitions.value(order)

    @invariant()
    def what_is_invoiced_and_canceled_is_the_order_to_the_cent(self):
        """Where told values have moved money, the general promises say what has to add up."""


def beginning(data, rows, shipping, gateway):
    flow = data.draw(st.sampled_from([*BEGINNINGS]))
    stage = data.draw(st.sampled_from(BEGINNINGS[flow]))
    wanted = replace(draft(*rows, shipping=shipping), flow=flow, stage=stage)
    return authorized(wanted) if gateway else wanted


PLACED: dict[str, Any] = {
    "rows": st.lists(lines(), min_size=1, max_size=4),
    "shipping": st.one_of(st.just(0), st.integers(0, 5000)),
    "gateway": st.sampled_from([False, False, True]),
    "data": st.data(),
}


class BothLanguages(Workflow, Books):
    @initialize(**PLACED)
    def place(self, rows, shipping, gateway, data):
        self.numbers = numbers()
        self.order = placed(beginning(data, rows, shipping, gateway), self.numbers)
        self.journal = [OrderPlaced(self.order)]

    def carry_out(self, command):
        before = self.numbers.advanced()
        self.order, decided = when(self.order, command, self.numbers)
        if isinstance(decided, decider.Event):
            self.journal.append(decided)
        else:
            assert self.numbers.advanced() == before, "a refusal takes no number"


class BothLanguagesInParts(Workflow, Scopes):
    @initialize(**PLACED)
    def place(self, rows, shipping, gateway, data):
        self.numbers = numbers()
        self.order = placed(beginning(data, rows, shipping, gateway), self.numbers)
        self.journal = [OrderPlaced(self.order)]


BOUNDS = settings(
    max_examples=150, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
BothLanguages.TestCase.settings = BOUNDS
BothLanguagesInParts.TestCase.settings = BOUNDS
TestBothLanguages = BothLanguages.TestCase
TestBothLanguagesInParts = BothLanguagesInParts.TestCase
