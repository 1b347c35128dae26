"""The authorisation of a payment before there is an order: a record of its own, by cart.

It is *wanted*, *sent*, and *confirmed* or *declined* like any movement of money, before the order is placed.
Placing uses a confirmed one up in its own transaction. One that no order uses is given up again:
*releasing*, *release_sent*, *released*.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.kind import Document, Kind
from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.gateway import AUTHORIZATION, CONFIRMED, DECLINED, SENT, UNKNOWN, WANTED
from counterfoil.domain.order import Order
from counterfoil.ledger.ports import Transaction

USED = "used"
RELEASING = "releasing"
RELEASE_SENT = "release_sent"
RELEASED = "released"
RELEASE_DECLINED = "release_declined"

OPEN = frozenset({WANTED, SENT, UNKNOWN})
"""States in which it is not known yet whether the money is set aside."""

_OF_CART = OPEN | {CONFIRMED}


class Authorization(Document, frozen=True, kw_only=True):
    """Money set aside, or about to be, for a cart. ``amount`` is scaled, ``reference`` our name for it."""

    reference: str
    cart_id: int
    method: str
    amount: int
    currency: str
    token: str | None = None
    state: str = WANTED
    txn_id: str | None = None
    reason: str | None = None
    created_at: str = ""
    updated_at: str = ""


class AuthorizationNeeded(Struct, frozen=True):
    """Refusal: all is well but for the payment, which a gateway has to authorise first."""

    cart_id: int
    method: str
    amount: int
    currency: str
    token: str | None


def record_name(held: Authorization) -> str | None:
    """Return the unique name: a cart has one authorisation at a time that may still be used."""
    return cart_name(held.cart_id) if held.state in _OF_CART else None


def cart_name(cart_id: int) -> str:
    """Return the name of what is set aside for a cart."""
    return f"cart/{cart_id}"


AUTHORIZATIONS = Kind("authorization", Authorization, name_of=record_name)


def fits(held: Authorization, needed: AuthorizationNeeded) -> bool:
    """Tell whether what is set aside is what is needed."""
    return (held.method, held.amount, held.currency, held.token) == (
        *(needed.method, needed.amount, needed.currency, needed.token),
    )


async def use(
    transaction: Transaction, draft: Order, needed: AuthorizationNeeded, *, now: str
) -> Order | AuthorizationNeeded:
    """Return the draft with its payment authorised, and note that it is used; or that it has to be first."""
    held = await AUTHORIZATIONS.named(transaction.records, cart_name(needed.cart_id), lock=True)
    if held is None or held.state != CONFIRMED or not fits(held, needed):
        return needed
    await AUTHORIZATIONS.update(transaction.records, replace(held, state=USED, updated_at=now))
    operation = PaymentOperation(
        order_id=0,
        seq=1,
        reference=held.reference,
        kind=AUTHORIZATION,
        amount=held.amount,
        state=CONFIRMED,
        parent_txn_id=None,
        wish={},
        created_at=held.created_at,
        updated_at=now,
        txn_id=held.txn_id,
    )
    return replace(
        draft, authorization_id=held.txn_id, amount_authorized=held.amount, payments={1: operation}
    )


def answered(held: Authorization, *, txn_id: str | None, reason: str | None, now: str) -> Authorization:
    """Return it as confirmed, or as declined if there is no ``txn_id``."""
    state = CONFIRMED if txn_id is not None else DECLINED
    return replace(held, state=state, txn_id=txn_id, reason=reason, updated_at=now)
