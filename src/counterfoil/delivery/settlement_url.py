"""Asks an address of the shop's own whether a Change may be applied.

It is sent what the Change is and answers ``{"outcome": "confirmed"}``; ``"declined"`` with a ``reason``; or
``"pending"`` if it will send its agreement later. The same Change may be asked for again: its ``requestId``
says that it is the same. The address is set by who runs the shop, so any may be asked.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import msgspec
from msgspec import Struct

from counterfoil.delivery.settlement import Answer, Asked, Confirmed, Declined, SettlementFailed, Waiting
from counterfoil.domain.attachments import Change
from counterfoil.domain.money import MINOR

TIMEOUT_S: Final = 10.0
"""How long one answer is waited for."""

LONGEST_ANSWER: Final = 65_536
LONGEST_REASON: Final = 1_000

Called = Callable[[int], Awaitable[str]]
"""Returns what clients call an order."""


class _Reply(Struct):
    outcome: str
    reason: str | None = None


_decode = msgspec.json.Decoder(_Reply).decode


class ByUrl:
    """Asks over HTTP."""

    at_once = False
    hands_over = True
    together = 64

    def __init__(self, url: str, called: Called, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._called = called
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, asked: Asked, /) -> Answer:
        """Return the address's answer. What is no good answer is a failure, which is tried again."""
        body = msgspec.json.encode(_question(await self._called(asked.order_id), asked.change))
        try:
            async with self._opened().post(self._url, data=body, allow_redirects=False) as reply:
                content = await reply.content.read(LONGEST_ANSWER)
                status = reply.status
        except TimeoutError:
            raise SettlementFailed(f"There was no answer within {self._timeout_s:g} seconds.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SettlementFailed(f"{type(error).__name__}: {error}"[:300]) from error
        if not 200 <= status < 300:
            raise SettlementFailed(f"The answer had the status {status}.")
        return _answer(content)

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.together),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                trust_env=False,
                headers={"User-Agent": "Counterfoil", "Content-Type": "application/json; charset=utf-8"},
            )
        return self._session


def _question(order_name: str, change: Change) -> dict[str, Any]:
    """Return what is told of a Change; ``delta`` is by how many cents the order's value would move."""
    shown = {name: change.given.get(name) or [] for name in ("add", "remove", "replace")}
    return {
        "orderId": order_name,
        "requestId": change.request_id,
        "reason": change.reason,
        "delta": change.delta // MINOR,
        "attempt": change.failures + 1,
        **shown,
    }


def _answer(content: bytes) -> Answer:
    try:
        reply = _decode(content)
    except (msgspec.DecodeError, ValueError):
        raise SettlementFailed("The answer was no JSON with an outcome.") from None
    match reply.outcome.lower():
        case "confirmed":
            return Confirmed()
        case "declined":
            return Declined((reply.reason or "The settlement was declined.")[:LONGEST_REASON])
        case "pending":
            return Waiting()
        case _:
            raise SettlementFailed(f"The outcome {reply.outcome[:50]!r} is none that is known.")
