"""Put a remark on a document: an invoice, a shipment or a credit memo.

Source: contract adobe §3.1, ``POST /V1/invoices/comments`` and ``…/:id/comments``.
"""

from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.documents import Comment, CreditMemo, Invoice, Shipment
from counterfoil.domain.order import Order

Document = Literal["invoice", "shipment", "creditmemo"]
D = TypeVar("D", Invoice, Shipment, CreditMemo)


class CommentDraft(Struct, frozen=True):
    """A remark to be stored with a document."""

    comment: str
    is_customer_notified: bool = False
    is_visible_on_front: bool = False


class CommentDocument(Struct, frozen=True):
    """Command. The caller has made sure that the document is one of this order."""

    document: Document
    document_id: int
    comment: CommentDraft


class DocumentCommented(Struct, frozen=True, tag=True):
    """Event: the document carries one more remark."""

    document: Document
    document_id: int
    comment: Comment


def series() -> tuple[str, ...]:
    """Name the series that a remark takes its id from."""
    return ("comment_id",)


def written(draft: CommentDraft | None, context: Context) -> tuple[Comment, ...]:
    """Return the remark as it will be stored; none if there is no draft."""
    if draft is None:
        return ()
    return (
        Comment(
            entity_id=context.numbers.take("comment_id"),
            comment=draft.comment,
            is_customer_notified=draft.is_customer_notified,
            is_visible_on_front=draft.is_visible_on_front,
            created_at=context.now,
        ),
    )


def decide(command: CommentDocument, context: Context) -> DocumentCommented:
    """Return the remark as it will be stored. A remark is never refused."""
    (comment,) = written(command.comment, context)
    return DocumentCommented(command.document, command.document_id, comment)


def evolve(order: Order, event: DocumentCommented) -> Order:
    """Put the remark on its document if that is loaded. The order's totals stay."""
    evolved = replace(order, version=order.version + 1, updated_at=event.comment.created_at)
    match event.document:
        case "invoice":
            return replace(evolved, invoices=_commented(order.invoices, event))
        case "shipment":
            return replace(evolved, shipments=_commented(order.shipments, event))
        case "creditmemo":
            return replace(evolved, creditmemos=_commented(order.creditmemos, event))


def _commented(documents: dict[int, D], event: DocumentCommented) -> dict[int, D]:
    if event.document_id not in documents:
        return documents
    commented: D = documents[event.document_id]
    return {
        **documents,
        event.document_id: replace(commented, comments=(*commented.comments, event.comment)),
    }
