"""Add an entry to an order's status history (contract adobe §6.3, ``POST /V1/orders/:id/comments``)."""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import workflow
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import StatusComment
from counterfoil.domain.order import Order


class CommentOrder(Struct, frozen=True):
    """Command. ``status`` may be left out; it may not be another than the order has."""

    comment: str | None
    is_customer_notified: bool | None = None
    is_visible_on_front: bool = False
    status: str | None = None


class OrderCommented(Struct, frozen=True, tag=True):
    """Event: the status history has one more entry. With ``notify`` the customer is to be told."""

    comment: StatusComment
    notify: bool = False


class StatusNotInHistory(Struct, frozen=True):
    """Refusal: the status named is not the one that the order has."""

    status: str


def series() -> tuple[str, ...]:
    """Name the series that an entry takes its id from."""
    return ("status_comment_id",)


def decide(order: Order, command: CommentOrder, context: Context) -> OrderCommented | StatusNotInHistory:
    """Return the entry as it will be stored, or why there is none."""
    if command.status and command.status != order.status:
        return StatusNotInHistory(command.status)
    return OrderCommented(
        StatusComment(
            entity_id=context.numbers.take("status_comment_id"),
            comment=command.comment,
            is_customer_notified=command.is_customer_notified,
            is_visible_on_front=command.is_visible_on_front,
            created_at=context.now,
            status=command.status or workflow.status_of_entry(order),
        ),
        notify=bool(command.is_customer_notified),
    )


def evolve(order: Order, event: OrderCommented) -> Order:
    """Add the entry. The order's totals stay."""
    return replace(
        order,
        version=order.version + 1,
        updated_at=event.comment.created_at,
        comments=(*order.comments, event.comment),
    )
