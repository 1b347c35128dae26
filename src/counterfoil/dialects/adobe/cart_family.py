"""The three ways to a cart, and how one operation becomes a route of each (contract adobe §3.2).

Guests name it by its mask, customers by who they are, administrators by its id. An operation is written
once; it is told by which way the cart was reached.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from counterfoil.checkout import cart as carts
from counterfoil.checkout.cart import Cart, CartUnknown
from counterfoil.checkout.cart_details import Terms
from counterfoil.checkout.settings import DEFAULT_STORE
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.cart_errors import NO_ACTIVE_CART, CartRefusal, of
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Records, Transaction

MANAGE = ("Magento_Cart::manage",)

R = TypeVar("R", bound=CartRefusal)

Find = Callable[[Call, Records, bool], Awaitable[Cart | CartUnknown]]


@dataclass(frozen=True, slots=True)
class Family:
    """One way to a cart.

    Args:
        prefix: the beginning of its paths.
        resources: what a caller needs.
        find: returns the active cart that a call is about, locked if the last argument says so.
        params: the path variables that have a type.
    """

    prefix: str
    resources: tuple[str, ...]
    find: Find
    params: tuple[Param, ...] = ()

    async def cart(self, call: Call, records: Records, *, lock: bool = False) -> Cart:
        """Return the active cart that the call is about. Raises `AdobeError` 404 if there is none."""
        found = await self.find(call, records, lock)
        if isinstance(found, Cart):
            return found
        if self is MINE:
            raise AdobeError(404, NO_ACTIVE_CART)
        raise of(found)


async def _of_mask(call: Call, records: Records, lock: bool) -> Cart | CartUnknown:  # noqa: FBT001
    return await carts.of_mask(records, call.args["cart_id"], lock=lock)


async def _of_customer(call: Call, records: Records, lock: bool) -> Cart | CartUnknown:  # noqa: FBT001
    return await carts.of_customer(records, call.identity.id, lock=lock)


async def _of_id(call: Call, records: Records, lock: bool) -> Cart | CartUnknown:  # noqa: FBT001
    return await carts.of_id(records, call.args["cart_id"], lock=lock)


GUEST = Family("/V1/guest-carts/:cartId", ANONYMOUS, _of_mask)
MINE = Family("/V1/carts/mine", SELF, _of_customer)
ADMIN = Family("/V1/carts/:cartId", MANAGE, _of_id, (Param("cart_id", INT),))
ALL = (GUEST, MINE, ADMIN)

Operation = Callable[[Family, Call], Awaitable[Reply]]


def routes(
    method: str,
    path: str,
    operation: Operation,
    params: Sequence[Param] = (),
    *,
    families: Iterable[Family] = ALL,
) -> list[Route]:
    """Return the routes of one operation, one for each way to a cart. ``path`` follows the prefix."""
    return [
        Route(
            method,
            family.prefix + path,
            partial(operation, family),
            family.resources,
            (*family.params, *params),
        )
        for family in families
    ]


async def read(family: Family, call: Call, look: Callable[[Records, Cart], Awaitable[object]]) -> Reply:
    """Answer with what ``look`` makes of the cart."""
    async with call.shop.ledger.reading() as reader:
        return Reply(await look(reader.records, await family.cart(call, reader.records)))


async def write(
    family: Family,
    call: Call,
    change: Callable[[Transaction, Cart], Awaitable[Body | R]],
    *,
    error: Callable[[CartRefusal], AdobeError] = of,
) -> Reply:
    """Change the cart, which is locked, and answer what the change answers, or the error of its refusal."""

    async def work(transaction: Transaction) -> Body | R:
        return await change(transaction, await family.cart(call, transaction.records, lock=True))

    return await run(call, work, error=error)


async def run(
    call: Call,
    work: Callable[[Transaction], Awaitable[Body | R]],
    *,
    error: Callable[[CartRefusal], AdobeError] = of,
) -> Reply:
    """Run a unit of work and answer what it answers, or the error of its refusal."""
    result = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise error(result)


def terms(call: Call) -> Terms:
    """Return what the shop has decided, and the time."""
    return Terms(call.shop.checkout, call.shop.clock.now(), call.shop.settings.currency)


def store_of(call: Call) -> int:
    """Return the store view that a new cart is opened in; the admin scope stands for the default one."""
    return call.store_id or DEFAULT_STORE
