"""What the books know of money at a payment gateway: operations on an order, begun and settled.

A movement of money is wanted under the order's lock, carried out outside of it, and settled under it again.
While one is open its outcome is not known, so nothing is decided that depends on it. These are the parts
that the verbs share; the verbs themselves are in `counterfoil.domain.payment`.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.documents import Confirmation, PaymentOperation
from counterfoil.domain.order import Order

AUTHORIZATION = "authorization"
CAPTURE = "capture"
REFUND = "refund"
VOID = "void"
"""The kinds of operations, by Adobe's names of transaction types (contract adobe §11)."""

WANTED = "wanted"
SENT = "sent"
UNKNOWN = "unknown"
CONFIRMED = "confirmed"
DECLINED = "declined"
OPEN = frozenset({WANTED, SENT, UNKNOWN})
"""The phases of an operation. In those of `OPEN` its outcome is not known yet."""

TRANSACTION_IDS = "payment_transaction_id"
"""The series that the numbers of confirmed operations come from."""


class PaymentTransaction(Struct, frozen=True):
    """What a payment gateway has done, as Adobe counts transactions (contract adobe §11).

    A payment has the id of its order. ``is_closed`` is 1 if nothing can follow on it any more.
    """

    transaction_id: int
    order_id: int
    txn_type: str
    txn_id: str
    parent_txn_id: str | None
    parent_id: int | None
    is_closed: int
    created_at: str


def left_to_capture(order: Order) -> int:
    """Return how much of the authorisation can still be captured (scaled money)."""
    return order.amount_authorized - order.total_paid - order.amount_canceled


def wanted(
    order: Order,
    kind: str,
    amount: int,
    wish: dict[str, Any],
    context: Context,
    *,
    parent_txn_id: str | None,
    invoice_id: int | None = None,
) -> PaymentOperation:
    """Return an operation to begin with on ``order``."""
    seq = order.version + 1
    return PaymentOperation(
        order_id=order.entity_id,
        seq=seq,
        reference=f"{order.entity_id}-{seq}-{context.unique_id}",
        kind=kind,
        amount=amount,
        state=WANTED,
        parent_txn_id=parent_txn_id,
        wish=wish,
        created_at=context.now,
        updated_at=context.now,
        invoice_id=invoice_id,
    )


def void(order: Order, wish: dict[str, Any], context: Context) -> PaymentOperation | None:
    """Return the operation that gives up the rest of the authorisation; None if there is no rest."""
    left = left_to_capture(order)
    if left <= 0:
        return None
    return wanted(order, VOID, left, wish, context, parent_txn_id=order.authorization_id)


def begun(order: Order, operation: PaymentOperation) -> Order:
    """Return the order with an operation open. Its version is the caller's business."""
    payments = {**order.payments, operation.seq: operation}
    return replace(order, payments=payments, open_payment=operation.seq)


def confirmed(
    order: Order,
    confirmation: Confirmation,
    *,
    at: str,
    invoice_id: int | None = None,
    memo_id: int | None = None,
) -> Order:
    """Return the order with its open operation confirmed, and the documents that it is for."""
    operation = order.payments[confirmation.seq]
    settled = replace(
        operation,
        state=CONFIRMED,
        txn_id=confirmation.txn_id,
        transaction_id=confirmation.transaction_id,
        invoice_id=invoice_id,
        creditmemo_id=memo_id,
        updated_at=at,
    )
    return replace(order, payments={**order.payments, settled.seq: settled}, open_payment=None)
