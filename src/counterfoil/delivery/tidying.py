"""Removing what no feed and no hook is going to read: what is too old, and what belonged to those dropped."""

import asyncio
from contextlib import suppress

import structlog

from counterfoil.delivery import subscriptions
from counterfoil.delivery.feeds import LONGEST_RETENTION_S
from counterfoil.delivery.subscriptions import Feed, Hook
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

_MOST_AT_ONCE = 1_000

_log = structlog.get_logger()


class Tidying:
    """Removes a bounded number at a time, so that nobody has to wait for it."""

    def __init__(self, ledger: Ledger, *, every_s: float = 60.0) -> None:
        self._ledger = ledger
        self._clock = ledger.clock
        self._every_s = every_s
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._loop = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop at once; the next one goes on."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop

    async def turn(self) -> None:
        """Remove all that there is to remove."""
        async with self._ledger.reading() as reader:
            everybody = {one.subscriber: one for one in await subscriptions.everybody(reader)}
            stored = await reader.notices.subscribers()
        fired = {subscriptions.fired_as(one) for one in everybody.values()}
        for subscriber in sorted(stored - everybody.keys() - fired):
            await self._all_of(subscriber)
        for subscriber in sorted(stored & everybody.keys()):
            await self._older(everybody[subscriber])

    async def _all_of(self, subscriber: str) -> None:
        removed = _MOST_AT_ONCE
        while removed >= _MOST_AT_ONCE:

            async def work(transaction: Transaction) -> Body:
                nonlocal removed
                removed = await transaction.notices.remove_all(subscriber, limit=_MOST_AT_ONCE)
                return Body(b"true")

            await self._ledger.transact(work)

    async def _older(self, one: Feed | Hook) -> None:
        """Remove what is older than a feed keeps it; a hook keeps it as long as any feed could."""
        kept_s = one.retention_s if isinstance(one, Feed) else LONGEST_RETENTION_S
        removed = _MOST_AT_ONCE
        in_all = 0
        while removed >= _MOST_AT_ONCE:

            async def work(transaction: Transaction) -> Body | None:
                nonlocal removed
                before_ms = self._clock.epoch_us() // 1000 - kept_s * 1000
                removed = await transaction.notices.remove_older(
                    one.subscriber, before_ms, limit=_MOST_AT_ONCE
                )
                return Body(b"true") if removed else None

            await self._ledger.transact(work)
            in_all += removed
        if in_all:
            _log.warning("notices nobody has taken were removed", subscriber=one.subscriber, notices=in_all)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._every_s + self._clock.jitter(self._every_s / 4))
            try:
                await self.turn()
            except Fault as fault:
                _log.warning("notices cannot be removed", fault=type(fault).__name__)
            except Exception:  # noqa: BLE001 -- the next time may go better
                _log.exception("notices cannot be removed")
