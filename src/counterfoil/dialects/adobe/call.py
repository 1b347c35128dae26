"""What a handler is given, and what it gives back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from counterfoil.access.access import Access
from counterfoil.access.identity import Identity
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.projection import Fields
from counterfoil.dialects.adobe.refusals import of_refusal
from counterfoil.dialects.adobe.request import Format
from counterfoil.dialects.adobe.route import Route
from counterfoil.ledger.envelope import Actor, Answered, IdempotencyKey, Refused
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.payments.payments import Payments

__all__ = ["AdobeError", "Call", "Reply", "Settings", "Shop"]

R = TypeVar("R")

Headers = tuple[tuple[bytes, bytes], ...]

REPLAYED: Headers = ((b"idempotent-replayed", b"true"),)


class Settings(Struct, frozen=True):
    """What this shop is, as far as the dialect tells it to clients.

    ``stores`` maps the codes of the store views to their ids; ``all`` always means the admin scope, 0.
    ``keep_tasks_s`` is how long operations can be asked about after their end.
    ``order_statuses`` are the shop's own statuses of orders, by state.
    """

    base_url: str = "http://127.0.0.1:8080/"
    currency: str = "USD"
    weight_unit: str = "lbs"
    locale: str = "en_US"
    timezone: str = "UTC"
    stores: dict[str, int] = msgspec.field(default_factory=lambda: {"default": 1})
    keep_tasks_s: int = 7 * 86_400
    order_statuses: dict[str, frozenset[str]] = {}


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything that a handler may need. Built once, by the composition root."""

    ledger: Ledger
    clock: Clock
    access: Access
    settings: Settings = field(default_factory=Settings)
    checkout: CheckoutSettings = field(default_factory=CheckoutSettings)
    gateways: Payments | None = None

    @property
    def payments(self) -> Payments:
        """Payment gateways. A shop without any still knows how to wait for them."""
        return self.gateways or Payments(self.ledger)


class Reply:
    """A success: a value to be rendered, or bytes that already are JSON.

    ``projected`` says that the bytes hold no more than what ``fields=`` asked for, ``form`` that they have
    a form which the client cannot choose.
    """

    __slots__ = ("form", "headers", "json", "projected", "status", "value")

    def __init__(self, value: Any = None, *, headers: Headers = ()) -> None:
        self.value = value
        self.json: bytes | None = None
        self.headers = headers
        self.projected = False
        self.form: Format | None = None
        self.status = 200

    @classmethod
    def raw(
        cls, json: bytes, *, replayed: bool = False, projected: bool = False, headers: Headers = ()
    ) -> "Reply":
        """Return a reply of ready JSON. ``replayed`` says that an earlier request made it."""
        reply = cls(headers=headers + REPLAYED if replayed else headers)
        reply.json = json
        reply.projected = projected
        return reply


@dataclass(slots=True)
class Call:
    """One request that has found its route and may use it.

    ``path`` stands without ``/rest`` and the store code; ``store_id`` is 0 for the admin scope (``all``).
    ``args`` are the decoded arguments by snake_case name; ``query`` the decoded pairs as they were sent;
    ``fields`` what the client wants to see of the answer, None for all of it. Of a route that decodes
    itself, ``variables`` and ``body`` are what there is. ``strict``: the client wants all or nothing.
    """

    shop: Shop
    route: Route
    method: str
    path: str
    store_code: str
    store_id: int
    variables: dict[str, str]
    body: bytes
    identity: Identity
    actor: Actor
    key: IdempotencyKey | None
    expected_version: int | None
    remote_ip: str | None
    args: dict[str, Any] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    fields: Fields | None = None
    strict: bool = False

    async def took_effect(self) -> bool:
        """Tell whether this call took effect before, under its idempotency key.

        A handler that looks at the books before it writes asks this before it refuses: what it finds may be
        what the call itself has changed. Raises `AdobeError` for a key that is reused or in flight.
        """

        async def look(transaction: Transaction) -> None:
            del transaction

        return self.key is not None and await self.write(look) is not None

    async def write(self, work: Callable[[Transaction], Awaitable[Body | R]]) -> Reply | R:
        """Run a unit of work under this call's idempotency key.

        Returns the reply if it took effect (now or, under this key, earlier), else the refusal that
        ``work`` returned. Raises `AdobeError` for a key that is reused or in flight.
        """
        result = await self.shop.ledger.transact(work, key=self.key)
        if isinstance(result, Answered):
            return Reply.raw(result.body, replayed=result.replayed)
        if isinstance(result, Refused):
            raise of_refusal(result.refusal)
        return result
