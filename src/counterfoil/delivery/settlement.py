"""What has to agree before a Change is applied, behind one port (contract vtex §3.10).

A shop whose payment providers and sellers agree to everything settles at once. Others answer later, are
asked over HTTP (`counterfoil.delivery.settlement_url`), or say so themselves through the agreement routes.
"""

import asyncio
from typing import Final, Protocol

from msgspec import Struct

from counterfoil.domain.attachments import Change

IN_PLACE_S: Final = 1.0
"""A shorter wait is waited out in the worker, to the millisecond; a longer one gives the place back."""


class Asked(Struct, frozen=True):
    """A Change of an order in the books, and how long it has waited to be settled."""

    order_id: int
    change: Change
    age_s: float


class Confirmed(Struct, frozen=True):
    """Answer: the Change may be applied."""


class Declined(Struct, frozen=True):
    """Answer: the Change must not happen."""

    reason: str


class Waiting(Struct, frozen=True):
    """Answer: it is not known yet. Ask again after ``after_s``; with None somebody else will say so."""

    after_s: float | None = None


Answer = Confirmed | Declined | Waiting


class SettlementFailed(Exception):
    """The settlement could not be asked, or gave no answer. The message says why."""


class Settlement(Protocol):
    """Says whether Changes may be applied. It may be asked for one Change any number of times.

    ``at_once``: every answer is yes, and nothing has to be recorded before. ``hands_over``: it takes the
    Change over by being asked; otherwise the other side acknowledges it, and then confirms it. At most
    ``together`` Changes are carried on with it at a time in a process.
    """

    at_once: bool
    hands_over: bool
    together: int

    async def ask(self, asked: Asked, /) -> Answer:
        """Return what is known. Raises `SettlementFailed`."""

    async def close(self) -> None:
        """Release everything."""


class _Here:
    """Settles in this process and holds nothing."""

    async def close(self) -> None:
        """Release nothing."""


class AtOnce(_Here):
    """Agrees to everything."""

    at_once = True
    hands_over = True
    together = 64

    async def ask(self, _: Asked, /) -> Answer:
        return Confirmed()


class Delayed(_Here):
    """Agrees to everything, so many milliseconds after it was wanted. For tests of what happens meanwhile."""

    at_once = False
    hands_over = True
    together = 1024

    def __init__(self, delay_ms: int) -> None:
        self._delay_s = delay_ms / 1000

    async def ask(self, asked: Asked, /) -> Answer:
        left_s = self._delay_s - asked.age_s
        if left_s > IN_PLACE_S:
            return Waiting(left_s - IN_PLACE_S)
        await asyncio.sleep(max(left_s, 0.0))
        return Confirmed()


class Outside(_Here):
    """Waits for somebody to send the agreements."""

    at_once = False
    hands_over = False
    together = 1024

    async def ask(self, _: Asked, /) -> Answer:
        return Waiting()
