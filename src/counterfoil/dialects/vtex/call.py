"""What a handler is given, and what it gives back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from counterfoil.access.identity import Identity
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.clock import Clock
from counterfoil.delivery.desk import Desk
from counterfoil.dialects.vtex import body, order_id
from counterfoil.dialects.vtex.errors import Family, Headers, VtexError, order_not_found
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.printed_numbers import PrintedNumbers
from counterfoil.dialects.vtex.refusals import accepted, of_refusal
from counterfoil.dialects.vtex.route import Route
from counterfoil.domain.decider import Command
from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Accepted, Actor, Answered, IdempotencyKey, Outcome, Refused
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.payments.payments import Payments

__all__ = ["Call", "Reply", "Settings", "Shop", "VtexError"]

R = TypeVar("R")

REPLAYED: Headers = ((b"idempotent-replayed", b"true"),)


class Door(Protocol):
    """Who is it? Answered by `counterfoil.access.access.Access`."""

    async def app_key(self, app_key: str, app_token: str) -> Identity | None:
        """Return whose app key and token these are, None if they are not good."""

    async def app_bearer(self, bearer_token: str | None) -> Identity | None:
        """Return who brings this token, with the rights they have here; None if it is not good."""


class Settings(Struct, frozen=True):
    """What this shop is, as far as the dialect tells it to clients.

    ``grace_s`` is how long an order can be canceled freely before it is handled.
    """

    base_url: str = "http://127.0.0.1:8080/"
    account: str = "counterfoil"
    currency: str = "USD"
    locale: str = "en-US"
    grace_s: int = 0


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything that a handler may need. Built once, by the composition root."""

    ledger: Ledger
    clock: Clock
    access: Door
    settings: Settings = field(default_factory=Settings)
    checkout: CheckoutSettings = field(default_factory=CheckoutSettings)
    gateways: Payments | None = None
    delivery: Desk | None = None
    printed: PrintedNumbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "printed", PrintedNumbers(self.ledger))

    @property
    def desk(self) -> Desk:
        """Feeds and hooks."""
        assert self.delivery is not None, "the composition root gives every shop a desk"
        return self.delivery

    @property
    def payments(self) -> Payments:
        """Payment gateways. A shop without any still knows how to wait for them."""
        return self.gateways or Payments(self.ledger)


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: its status, and what is written as JSON; no body at all for ``None``.

    ``json`` is an answer that is JSON already.
    """

    value: Any = None
    status: int = 200
    headers: Headers = ()
    json: bytes | None = None


@dataclass(slots=True)
class Call:
    """One request that has found its route and may use it.

    ``variables`` are those of the path, decoded; ``query`` the decoded pairs as they were sent; ``body`` the
    JSON of the body as plain values, None without one. ``app_key`` names what the caller has of its own: the
    app key, or who they are without one. ``prefer_wait_s`` is how long the client would like to wait for what
    takes its time (``Prefer: wait=N``), None if it does not say.
    """

    shop: Shop
    route: Route
    variables: dict[str, str]
    query: list[tuple[str, str]]
    body: Any
    identity: Identity
    actor: Actor
    app_key: str = ""
    key: IdempotencyKey | None = None
    prefer_wait_s: int | None = None

    @property
    def family(self) -> Family:
        """The form of this route's errors."""
        return self.route.family

    def param(self, name: str) -> str | None:
        """Return the first value that the query has under this name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.query if key.lower() == wanted), None)

    def fields(self, *names: str) -> dict[str, Any]:
        """Return the entries of the body under these names, in any case. No body has none.

        Raises `VtexError` 400 if the body is something else than an object.
        """
        if self.body is not None and not isinstance(self.body, dict):
            raise VtexError(400, "The request body must be a JSON object.")
        return body.read(self.body, names)

    def needed_fields(self, *names: str) -> dict[str, Any]:
        """Return `fields` of a body that has to be there. Raises `VtexError` 400, or 415 as ASP.NET does."""
        return body.read(self.needed_object(), names)

    def needed_object(self) -> dict[str, Any]:
        """Return the object that the body has to be. Raises `VtexError` 400, or 415 as ASP.NET does."""
        if self.body is None:
            status = 415 if self.family is Family.PROBLEM else 400
            raise VtexError(status, "A request body in JSON is needed.")
        if not isinstance(self.body, dict):
            raise VtexError(400, "The request body must be a JSON object.")
        return self.body

    async def target(self, variable: str = "orderId") -> Target:
        """Return which order the path names. Raises `VtexError` 404."""
        found = order_id.says(self.variables[variable])
        if found is None:
            async with self.shop.ledger.reading() as reader:
                found = await order_id.named(reader, self.variables[variable])
        if found is None:
            raise order_not_found()
        return found

    async def order_id(self, variable: str = "orderId") -> int:
        """Return the id in the books of the order that the path names. Raises `VtexError` 404."""
        return (await self.target(variable)).entity_id

    async def order(self, variable: str = "orderId") -> Order:
        """Return the whole order that the path names. Raises `VtexError` 404."""
        async with self.shop.ledger.reading() as reader:
            found = await order_id.find(reader, self.variables[variable])
            order = None if found is None else await reader.order(found)
        if order is None:
            raise order_not_found()
        return order

    async def attempt(self, target: Target, command: Command) -> Outcome:
        """Carry out a command on an order and return what became of it.

        What depends on a Change in flight waits for it, as long as the client prefers, or as the ledger does.
        """
        return await self.shop.ledger.execute(
            target.entity_id,
            command,
            actor=self.actor,
            key=self.key,
            change_wait_s=None if self.prefer_wait_s is None else float(self.prefer_wait_s),
        )

    async def execute(self, target: Target, command: Command) -> Accepted:
        """Carry out a command on an order. Raises `VtexError` for a refusal."""
        return accepted(await self.attempt(target, command), target.order_id)

    async def write(self, work: Callable[[Transaction], Awaitable[Body | R]]) -> Reply | R:
        """Run a unit of work under this call's idempotency key.

        Returns the reply if it took effect (now or, under this key, earlier), else the refusal that
        ``work`` returned. Raises `VtexError` for a key that is reused or in flight.
        """
        result = await self.shop.ledger.transact(work, key=self.key)
        if isinstance(result, Answered):
            return Reply(json=result.body, headers=REPLAYED if result.replayed else ())
        if isinstance(result, Refused):
            raise of_refusal(result.refusal, "")
        return result


def replayed(outcome: Accepted) -> Headers:
    """Return the header that says that an earlier request had this effect already."""
    return REPLAYED if outcome.replayed else ()
