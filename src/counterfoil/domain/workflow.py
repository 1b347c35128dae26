"""Order state and status as a function of facts (promise 5; contract adobe §6.4)."""

from counterfoil.domain.order import Order

NEW = "new"
PROCESSING = "processing"
COMPLETE = "complete"
CLOSED = "closed"
CANCELED = "canceled"
HOLDED = "holded"
PAYMENT_REVIEW = "payment_review"

DEFAULT_STATUS = {
    NEW: "pending",
    "pending_payment": "pending_payment",
    PROCESSING: "processing",
    COMPLETE: "complete",
    CLOSED: "closed",
    CANCELED: "canceled",
    HOLDED: "holded",
    PAYMENT_REVIEW: "payment_review",
}
"""The status an order shows by default in each state."""

NOT_INVOICEABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED, COMPLETE, CLOSED})
"""States in which no invoice can be issued."""


def state_of(order: Order) -> str:
    """Return the state that the order's facts make.

    An order on which nothing has happened is *new*. One with nothing left to invoice and to ship
    is *complete*. Everything between is *processing*.
    """
    if order.invoice_count == 0:
        return NEW
    if order.qty_to_invoice == 0 and order.qty_to_ship == 0:
        return COMPLETE
    return PROCESSING
