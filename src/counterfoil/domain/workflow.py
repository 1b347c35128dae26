"""Order state and status as a function of facts (promise 5; contract adobe §6.4)."""

from counterfoil.domain import transitions
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

STATE_OF_DEFAULT = {status: state for state, status in DEFAULT_STATUS.items()}
"""The state to which each default status belongs. A status that is not here is a shop's own."""

NOT_INVOICEABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED, COMPLETE, CLOSED})
"""States in which no invoice can be issued."""

NOT_SHIPPABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED})
"""States in which nothing can be shipped."""

NOT_REFUNDABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED, CLOSED})
"""States in which no credit memo can be made."""

NOT_CANCELABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED, COMPLETE, CLOSED})
"""States in which nothing can be canceled."""

NOT_HOLDABLE = frozenset({PAYMENT_REVIEW, HOLDED, CANCELED, COMPLETE, CLOSED})
"""States in which an order cannot be put on hold."""


def state_of(order: Order) -> str:
    """Return the state that the order's facts make.

    An order on hold is *holded* whatever else is true. One on which nothing has happened is *new*, or
    *processing* if a gateway has authorised its payment.
    One with nothing left to invoice is at its end when nothing is left to ship either, or when as
    many units went out and came back as were ordered (contract adobe §6.4, rule 3). How it ended
    depends on the money: *canceled* if there was none, *closed* if all of it was given back, else
    *complete*. Everything between is *processing*.
    """
    if order.hold_before_state is not None:
        return HOLDED
    if order.invoice_count == 0 and order.shipment_count == 0 and order.qty_canceled == 0:
        return NEW if order.authorization_id is None else PROCESSING
    if not transitions.fully_invoiced(order) and (order.invoice_count or order.qty_to_invoice):
        return PROCESSING
    if order.qty_to_ship == 0:
        if order.invoice_count == 0:
            return CANCELED
        all_back = order.total_refunded == order.total_paid == order.total_invoiced
        return CLOSED if order.creditmemo_count and all_back else COMPLETE
    if order.qty_shipped and order.qty_ordered <= order.qty_shipped + order.qty_refunded:
        return COMPLETE
    return PROCESSING


def settled(order: Order, *, keep_status: bool = False) -> tuple[str, str]:
    """Return the state of an order's facts and the status to show.

    The status is the state's default, or with ``keep_status`` the present one if the state stays.
    """
    state = state_of(order)
    if keep_status and state == order.state:
        return state, order.status
    return state, DEFAULT_STATUS[state]


def status_of_entry(order: Order) -> str:
    """Return the status that a new entry of the order's history shows.

    It is the order's own, except where the order is complete with units left to ship: entries are written
    before the rule that makes it so (walks 000, 018 and 070).
    """
    if order.state == COMPLETE and order.qty_to_ship and order.status == DEFAULT_STATUS[COMPLETE]:
        return DEFAULT_STATUS[PROCESSING]
    return order.status
