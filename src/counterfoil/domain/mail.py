"""Which events the customer is told about by e-mail (contract adobe §3.1, §5.1, §6)."""

from typing import Literal

from msgspec import Struct, to_builtins

from counterfoil.domain.comment import DocumentCommented
from counterfoil.domain.comment_order import OrderCommented
from counterfoil.domain.credit import CreditMemoMade
from counterfoil.domain.documents import Comment
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.invoice import InvoiceIssued
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.ship import ShipmentMade

KIND = "mail"

About = Literal["order", "invoice", "shipment", "creditmemo"]
"""What a message can be about."""


class Mail(Struct, frozen=True):
    """A message to the customer that is to be written and sent.

    It shows the document as it is when the message is written. ``comment_id`` names the remark that it
    contains. ``is_news`` is false for a message that only passes on a remark.
    """

    order_id: int
    about: About
    document_id: int
    comment_id: int | None = None
    is_news: bool = True

    def follow_up(self) -> FollowUp:
        """Return the wish to send it. The messages of one order are sent in their order."""
        return FollowUp(
            KIND, to_builtins(self), queue=f"{KIND} of order {self.order_id}", order_id=self.order_id
        )


def mail_of(order_id: int, event: object) -> Mail | None:
    """Return the message that an event asks for, None if nobody is to be told.

    A remark that came with a document is in its message if the customer was to see it: the request said
    ``appendComment`` (contract adobe §5.1).
    """
    if isinstance(event, InvoiceIssued) and not event.notify:
        return None  # nearly all events are this one, and pay for no more
    match event:
        case OrderPlaced(notify=True):
            return Mail(order_id, "order", order_id)
        case InvoiceIssued(invoice=invoice, notify=True):
            return Mail(order_id, "invoice", invoice.entity_id, _appended(invoice.comments))
        case ShipmentMade(shipment=shipment, notify=True):
            return Mail(order_id, "shipment", shipment.entity_id, _appended(shipment.comments))
        case CreditMemoMade(creditmemo=memo, notify=True):
            return Mail(order_id, "creditmemo", memo.entity_id, _appended(memo.comments))
        case OrderCommented(comment=entry, notify=True):
            return Mail(order_id, "order", order_id, entry.entity_id, is_news=False)
        case DocumentCommented(document=document, document_id=document_id, comment=remark):
            if remark.is_customer_notified:
                return Mail(order_id, document, document_id, remark.entity_id, is_news=False)
    return None


def _appended(comments: tuple[Comment, ...]) -> int | None:
    return next((comment.entity_id for comment in comments if comment.is_customer_notified), None)
