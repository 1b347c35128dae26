"""Any sequence of commands on any order keeps every promise, and its journal replays to the same order."""

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from counterfoil.domain import decider, invariants
from counterfoil.domain.comment_invoice import CommentInvoice
from counterfoil.domain.invoice import CommentDraft, InvoiceIssued, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.place import OrderPlaced
from tests.drafts import draft, row
from tests.unit.domain.given import numbers, placed, when

decode_event = msgspec.json.Decoder(decider.Event).decode


@st.composite
def lines(draw):
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
        configurable=draw(st.booleans()),
    )


class Books(RuleBasedStateMachine):
    @initialize(
        rows=st.lists(lines(), min_size=1, max_size=5), shipping=st.one_of(st.just(0), st.integers(0, 5000))
    )
    def place(self, rows, shipping):
        self.numbers = numbers()
        self.order = placed(draft(*rows, shipping=shipping), self.numbers)
        self.journal: list[decider.Event] = [OrderPlaced(self.order)]

    @rule(data=st.data())
    def invoice_some(self, data):
        ids = [*self.order.items, 10_000]
        asked = data.draw(st.dictionaries(st.sampled_from(ids), st.integers(-1, 31), min_size=1, max_size=4))
        self.carry_out(IssueInvoice({item_id: qty * SCALE for item_id, qty in asked.items()}))

    @rule()
    def invoice_the_rest(self):
        self.carry_out(IssueInvoice())

    @rule(data=st.data())
    def comment(self, data):
        invoices = [event.invoice.entity_id for event in self.journal if isinstance(event, InvoiceIssued)]
        if invoices:
            self.carry_out(CommentInvoice(data.draw(st.sampled_from(invoices)), CommentDraft("seen")))

    def carry_out(self, command):
        before = self.numbers.advanced()
        self.order, decided = when(self.order, command, self.numbers)
        if isinstance(decided, decider.Event):
            self.journal.append(decided)
        else:
            assert self.numbers.advanced() == before, "a refusal takes no number"

    @invariant()
    def every_promise_holds(self):
        _, invoices = decider.replay(self.journal)
        assert list(invariants.broken_book(self.order, invoices.values())) == []

    @invariant()
    def the_journal_replays_to_the_order_through_its_codec(self):
        events = [decode_event(msgspec.json.encode(event)) for event in self.journal]
        replayed, _ = decider.replay(events)
        assert replayed == self.order

    @invariant()
    def a_fully_invoiced_order_is_invoiced_to_the_cent(self):
        if self.order.qty_to_invoice == 0:
            assert self.order.total_invoiced == self.order.grand_total
            for item in self.order.items.values():
                assert item.row_invoiced == item.row_total
                assert item.tax_invoiced == item.tax_amount
                assert item.discount_invoiced == item.discount_amount


Books.TestCase.settings = settings(
    max_examples=150, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBooks = Books.TestCase
