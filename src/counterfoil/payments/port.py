"""What a payment gateway must offer. Amounts are integers of 1/10 000 of the currency.

A gateway carries out one ``reference`` once, however often it is sent, and can be asked for it later. Where a
real gateway moves whole cents only, its adapter says so by saying no.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from counterfoil.domain.payment import Answer, No, NoAnswer, Yes

__all__ = ["Answer", "Gateway", "Heard", "No", "NoAnswer", "Request", "Yes"]


class Request(Struct, frozen=True):
    """A wish to move money. ``token`` is what the client's page got from the gateway, when authorising."""

    reference: str
    amount: int
    currency: str
    parent_txn_id: str | None = None
    token: str | None = None


Heard = Callable[[str, Answer], Awaitable[None]]
"""Takes an answer that comes by itself, late or again, by its reference."""


class Gateway(Protocol):
    """A payment provider. An exception, or no answer in time, leaves open whether the money was moved."""

    async def authorise(self, request: Request) -> Answer:
        """Set money aside for the shop."""

    async def capture(self, request: Request) -> Answer:
        """Take money, or a part, of the authorisation ``parent_txn_id``."""

    async def refund(self, request: Request) -> Answer:
        """Give money, or a part, of the capture ``parent_txn_id`` back."""

    async def void(self, request: Request) -> Answer:
        """Give up what is left of the authorisation ``parent_txn_id``."""

    async def ask(self, reference: str) -> Answer | None:
        """Tell what became of an operation; None if it was never seen. Moves nothing."""

    def listen(self, heard: Heard) -> None:
        """Have answers that come by themselves told to ``heard``."""
