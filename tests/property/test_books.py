"""Any sequence of commands on any order keeps every promise, and its journal replays to the same order."""

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from counterfoil.domain import decider, invariants, quantity
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.change_address import ChangeAddress
from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.payment import (
    CaptureInvoice,
    No,
    NoAnswer,
    PaymentInProgress,
    PaymentSettled,
    SendPayment,
    SettlePayment,
    Yes,
    wish_of,
)
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.void import VoidPayment
from tests.drafts import authorized, bundle, draft, row
from tests.unit.domain.given import numbers, placed, when

decode_event = msgspec.json.Decoder(decider.Event).decode


@st.composite
def plain_lines(draw):
    price = draw(st.integers(0, 100_000))
    qty = draw(st.integers(1, 30))
    # Prices below a cent make rows that are not a multiple of the price.
    total = draw(st.integers(max(price * qty - qty // 2, 0), price * qty + qty // 2))
    return row(
        draw(st.sampled_from(["S1", "S2", "TX1"])),
        price,
        qty,
        tax_percent=draw(st.sampled_from([0, 83_750, 190_000, 70_000])),
        row_total=total,
        discount=draw(st.one_of(st.just(total), st.integers(0, total))),
        virtual=draw(st.booleans()),
        **draw(KINDS),
    )


KINDS = st.sampled_from(
    [
        {},
        {"configurable": True},
        {"contains": 1},
        {"contains": 3},
        {"contains": 2, "separately": True},
    ]
)


@st.composite
def bundles(draw):
    qty = draw(st.integers(1, 10))
    parts = draw(st.lists(st.tuples(st.integers(1, 3), plain_lines()), min_size=1, max_size=3))
    return bundle("BUNDLE", qty, *parts, separately=draw(st.booleans()))


def lines():
    return st.one_of(plain_lines(), bundles())


class Books(RuleBasedStateMachine):
    @initialize(
        rows=st.lists(lines(), min_size=1, max_size=5),
        shipping=st.one_of(st.just(0), st.integers(0, 5000)),
        gateway=st.booleans(),
    )
    def place(self, rows, shipping, gateway):
        self.numbers = numbers()
        wanted = draft(*rows, shipping=shipping)
        self.order = placed(authorized(wanted) if gateway else wanted, self.numbers)
        self.journal: list[decider.Event] = [OrderPlaced(self.order)]

    @rule(data=st.data(), capture=st.booleans())
    def invoice_some(self, data, capture):
        self.carry_out(IssueInvoice(self.some(data), capture=capture))

    @rule(capture=st.booleans())
    def invoice_the_rest(self, capture):
        self.carry_out(IssueInvoice(capture=capture))

    @rule(data=st.data(), give_up=st.booleans())
    def capture_or_void(self, data, give_up):
        if self.order.invoices:
            named = data.draw(st.sampled_from([*self.order.invoices]))
            self.carry_out(VoidPayment(named) if give_up else CaptureInvoice(named))

    @rule(data=st.data())
    def refund_online(self, data):
        if self.order.invoices:
            named = data.draw(st.sampled_from([*self.order.invoices]))
            items = data.draw(st.one_of(st.none(), st.just(self.some(data))))
            self.carry_out(
                CreditOrder(items, invoice_id=named, online=data.draw(st.booleans()), **self.amounts(data))
            )

    @rule(answer=st.sampled_from([Yes("T"), No("no money"), NoAnswer()]), again=st.booleans())
    def settle(self, answer, again):
        seq = self.order.open_payment
        if seq is None:
            return
        self.carry_out(SendPayment(seq))
        wish = wish_of(self.order.payments[seq])
        if isinstance(answer, Yes):
            answer = Yes(f"T{seq}")
        self.carry_out(SettlePayment(seq, wish, answer))
        if again and not isinstance(answer, NoAnswer):
            assert when(self.order, SettlePayment(seq, wish, answer), self.numbers)[1] == PaymentSettled()

    @rule(data=st.data())
    def ship_some(self, data):
        self.carry_out(ShipOrder(self.some(data)))

    @rule()
    def ship_the_rest(self):
        self.carry_out(ShipOrder())

    @rule(data=st.data())
    def refund_some(self, data):
        self.carry_out(CreditOrder(self.some(data), **self.amounts(data)))

    @rule(data=st.data())
    def refund_the_rest(self, data):
        self.carry_out(CreditOrder(**self.amounts(data)))

    @rule()
    def cancel(self):
        self.carry_out(CancelOrder())

    @rule(hold=st.booleans())
    def hold_or_release(self, hold):
        self.carry_out(HoldOrder() if hold else ReleaseOrder())

    @rule(data=st.data())
    def comment(self, data):
        invoices = [event.invoice.entity_id for event in self.journal if isinstance(event, InvoiceIssued)]
        if invoices:
            self.carry_out(
                CommentDocument("invoice", data.draw(st.sampled_from(invoices)), CommentDraft("seen"))
            )
        self.carry_out(CommentOrder("seen"))

    @rule()
    def correct_an_address(self):
        self.carry_out(ChangeAddress(self.order.billing_address_id, {"city": "Utrecht", "street": ("A",)}))

    def some(self, data):
        ids = [*self.order.items, 10_000]
        asked = data.draw(st.dictionaries(st.sampled_from(ids), st.integers(-1, 31), min_size=1, max_size=4))
        return {item_id: qty * SCALE for item_id, qty in asked.items()}

    def amounts(self, data):
        amount = st.one_of(st.none(), st.integers(0, 600).map(lambda cents: cents * 100))
        return {
            name: data.draw(amount)
            for name in ("shipping_amount", "adjustment_positive", "adjustment_negative")
        }

    def carry_out(self, command):
        before = self.numbers.advanced()
        waits = self.order.open_payment is not None
        self.order, decided = when(self.order, command, self.numbers)
        if isinstance(decided, decider.Event):
            self.journal.append(decided)
            moved = isinstance(decided, InvoiceIssued) and decided.payment is None
            assert not (waits and moved), "an invoice was issued while money was on its way"
        else:
            assert waits or not isinstance(decided, PaymentInProgress)
            assert self.numbers.advanced() == before, "a refusal takes no number"

    @invariant()
    def every_promise_holds(self):
        order = decider.replay(self.journal)
        assert order is not None
        documents = Documents(
            list(order.invoices.values()),
            list(order.shipments.values()),
            list(order.creditmemos.values()),
            list(order.payments.values()),
        )
        assert list(invariants.broken_book(self.order, documents)) == []

    @invariant()
    def the_journal_replays_to_the_order_through_its_codec(self):
        events = [decode_event(msgspec.json.encode(event)) for event in self.journal]
        assert decider.replay(events) == self.order

    @invariant()
    def what_is_invoiced_and_canceled_is_the_order_to_the_cent(self):
        if self.order.qty_to_invoice == 0:
            assert self.order.total_invoiced + self.order.total_canceled == self.order.grand_total
            for item in self.order.items.values():
                if not quantity.is_dummy(item):
                    assert item.row_invoiced + item.row_canceled == item.row_total
                    assert item.tax_invoiced + item.tax_canceled == item.tax_amount
                    assert item.discount_invoiced + item.discount_canceled == item.discount_amount


Books.TestCase.settings = settings(
    max_examples=150, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBooks = Books.TestCase
