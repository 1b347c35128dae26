"""Put a remark on an issued invoice (contract adobe §3.1, ``POST /V1/invoices/comments``)."""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.invoice import CommentDraft
from counterfoil.domain.order import Comment, Order


class CommentInvoice(Struct, frozen=True):
    """Command. The caller has made sure that the invoice is one of this order."""

    invoice_id: int
    comment: CommentDraft


class InvoiceCommented(Struct, frozen=True, tag=True):
    """Event: the invoice carries one more remark."""

    invoice_id: int
    comment: Comment


def series() -> tuple[str, ...]:
    """Name the series that a remark takes its id from."""
    return ("comment_id",)


def decide(command: CommentInvoice, context: Context) -> InvoiceCommented:
    """Return the remark as it will be stored. A remark is never refused."""
    draft = command.comment
    comment = Comment(
        entity_id=context.numbers.take("comment_id"),
        comment=draft.comment,
        is_customer_notified=draft.is_customer_notified,
        is_visible_on_front=draft.is_visible_on_front,
        created_at=context.now,
    )
    return InvoiceCommented(command.invoice_id, comment)


def evolve(order: Order, event: InvoiceCommented) -> Order:
    """Note on the order that something happened to it. Its totals stay."""
    return replace(order, version=order.version + 1, updated_at=event.comment.created_at)
