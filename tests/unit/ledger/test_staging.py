"""What a batch writes is what its commands left, also of documents that the batch itself has made."""

from counterfoil.clock import Clock
from counterfoil.domain import decider
from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import INVOICE_PAID
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.payment import CaptureInvoice, SettlePayment, Yes, wish_of
from counterfoil.ledger.staging import Staged
from tests.drafts import authorized, draft, row
from tests.storage import TESTER
from tests.unit.domain.given import NOW, numbers, placed


def test_an_invoice_that_is_changed_in_the_batch_that_issued_it_is_written_as_it_is_then():
    using = numbers()
    order = placed(authorized(draft(row("S1", 1000, 3))), using)
    staged = Staged("c", NOW, Clock(), {order.entity_id: order}, {})

    def do(command):
        now = staged.orders[order.entity_id]
        decided = decider.decide(now, command, Context(NOW, using))
        assert isinstance(decided, decider.Event), decided
        staged.apply(now, decided, TESTER, None)
        return staged.orders[order.entity_id]

    (invoice_id,) = do(IssueInvoice()).invoices
    do(CommentDocument("invoice", invoice_id, CommentDraft("seen")))
    waiting = do(CaptureInvoice(invoice_id))
    seq = waiting.open_payment
    assert seq is not None
    do(SettlePayment(seq, wish_of(waiting.payments[seq]), Yes("T1")))

    writes = staged.finish(using)
    (invoice,) = writes.invoices
    assert (invoice.state, invoice.comments) == (INVOICE_PAID, ())
    assert [new.comment.comment for new in writes.comments] == ["seen"]
    assert writes.changed_invoices == []
