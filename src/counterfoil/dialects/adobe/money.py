"""Waiting for money that a command has asked a payment gateway for, and placing carts that need some."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from counterfoil.checkout.authorization import AuthorizationNeeded
from counterfoil.checkout.cart import Cart
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.cart_errors import CartRefusal, of
from counterfoil.dialects.adobe.cart_family import Family
from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.gateway import CONFIRMED
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.faults import PaymentPending
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction
from counterfoil.payments.port import Yes

DECLINED = "Transaction has been declined. Please try again later."
_MOST_AUTHORIZATIONS = 3

R = TypeVar("R", bound=CartRefusal)
Change = Callable[[Transaction, Cart], Awaitable[Body | R | AuthorizationNeeded]]


async def moved(call: Call, done: Accepted, failure: str) -> PaymentOperation | None:
    """Return the operation that an effect waits for, once it is confirmed; None if it waits for none.

    Raises `AdobeError` 400 with the text ``failure`` if the gateway declined, and the fault `PaymentPending`
    if it is not known in time: the same Idempotency-Key gets the result later.
    """
    if done.effect.payment is None:
        return None
    operation = await call.shop.payments.operations.outcome(done.effect.order_id, done.effect.payment)
    if operation.state != CONFIRMED:
        raise AdobeError(400, failure)
    return operation


async def placing(family: Family, call: Call, change: Change[R]) -> Reply:
    """Place a cart: if a gateway has to authorise the payment first, let it, and place again.

    What was authorised and comes to no order is given up, at once or after a while.
    """
    authorised: int | None = None

    async def work(transaction: Transaction) -> Body | R | AuthorizationNeeded:
        return await change(transaction, await family.cart(call, transaction.records, lock=True))

    try:
        for _ in range(_MOST_AUTHORIZATIONS):
            result = await call.write(work)
            if isinstance(result, Reply):
                return result
            if not isinstance(result, AuthorizationNeeded):
                raise of(result)
            authorised = result.cart_id
            answer = await call.shop.payments.authorizations.authorise(result)
            if not isinstance(answer, Yes):
                raise AdobeError(400, DECLINED)
    except AdobeError:
        # A fault leaves it: the order may be there, or comes when the request is repeated.
        if authorised is not None:
            await call.shop.payments.authorizations.release(authorised)
        raise
    raise PaymentPending
