"""Telling hooks (contract vtex §3.14): every notice is sent until its address has answered 200.

Notices of one order are sent one after another; one that fails holds up the later ones of its order and no
others, and is sent again after growing pauses. An address that fails several times in a row is paused for
all orders and probed with one notice at a time, after growing pauses as well, until it answers. What is sent
again has the same id. Several processes share the work: each has the notices that it has leased.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
import structlog
from msgspec import Struct

from counterfoil.delivery import signature, subscriptions
from counterfoil.delivery.handler import pause_s
from counterfoil.delivery.outgoing import TIMEOUT_S, Outgoing, Unreached, Unusable
from counterfoil.delivery.subscriptions import Hook
from counterfoil.delivery.told import Told
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.notices import Health, Lease, Place
from counterfoil.ledger.ports import Transaction

Form = Callable[[Told, str], bytes]
"""Makes the body that is sent of what is told and the app key of the hook."""

DELIVERED = 200
PAUSED_AFTER = 5
"""So many failures in a row pause an address."""

FIRST_PROBE_S = 5.0
_AT_ONCE = 64
_AT_ONCE_FOR_ONE = 16
_RUN = 8

_log = structlog.get_logger()

_decode_told = msgspec.json.Decoder(Told).decode


class HookPace(Struct, frozen=True):
    """How often to look, how long leases last, and how patient to be. ``probe_s`` doubles up to 5 minutes."""

    poll_s: float = 0.15
    lease_s: float = 3 * TIMEOUT_S
    probe_s: float = FIRST_PROBE_S
    retry_s: float = 1.0


class Hooks:
    """Sends what hooks are to be told, as long as the process runs."""

    def __init__(
        self, ledger: Ledger, outgoing: Outgoing, form: Form, *, pace: HookPace | None = None
    ) -> None:
        self._ledger = ledger
        self._clock = ledger.clock
        self._outgoing = outgoing
        self._form = form
        self._pace = pace or HookPace()
        self.wake = asyncio.Event()
        """Set when there may be something to send."""
        self._running: dict[asyncio.Task[None], str] = {}
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._loop = asyncio.create_task(self._work())

    async def stop(self, *, within_s: float = TIMEOUT_S) -> None:
        """Begin nothing more, and let what is being sent come to its end within ``within_s`` seconds."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        if self._running:
            await asyncio.wait(list(self._running), timeout=within_s)
        for sending in list(self._running):
            sending.cancel()
        if self._running:
            await asyncio.wait(list(self._running))
        await self._outgoing.close()

    async def turn(self) -> int:
        """Lease what can be sent and begin to send it; return of how many orders that is."""
        now_ms = self._now_ms()
        async with self._ledger.reading() as reader:
            hooks = {hook.subscriber: hook for hook in await subscriptions.all_of(reader.records, Hook)}
            ready = await reader.notices.ready(list(hooks), now_ms=now_ms) if hooks else set()
            health = await reader.notices.health(sorted(ready)) if ready else {}
        begun = 0
        for subscriber, how in health.items():
            free = min(_AT_ONCE - len(self._running), _AT_ONCE_FOR_ONE - self._busy(subscriber))
            if free > 0 and how.paused_until_ms <= now_ms:
                begun += await self._begin(hooks[subscriber], how, free)
        return begun

    async def idle(self) -> None:
        """Return when nothing is being sent."""
        while self._running:
            await asyncio.wait(list(self._running))

    def _busy(self, subscriber: str) -> int:
        return sum(1 for one in self._running.values() if one == subscriber)

    async def _begin(self, hook: Hook, how: Health, free: int) -> int:
        """Lease notices for one hook and begin to send them, one after another for each order."""
        leases: list[Lease] = []
        probing = how.failures >= PAUSED_AFTER

        async def work(transaction: Transaction) -> Body | None:
            leases.clear()
            now_ms = self._now_ms()
            until_ms = now_ms + _ms(self._pace.lease_s)
            # While one notice is tried, nobody else sends another.
            if probing and not await transaction.notices.probe(
                hook.subscriber, now_ms=now_ms, until_ms=until_ms
            ):
                return None
            leases.extend(
                await transaction.notices.lease(
                    hook.subscriber,
                    handle=self._clock.unique_id(),
                    now_ms=now_ms,
                    until_ms=until_ms,
                    orders=1 if probing else free,
                    limit=1 if probing else free * _RUN,
                    run=_RUN,
                )
            )
            return Body(b"true") if leases else None

        since_s = self._clock.monotonic_s()
        await self._ledger.transact(work, lasting=False)
        runs: dict[int, list[Lease]] = {}
        for lease in leases:
            runs.setdefault(lease.notice.place.order_id, []).append(lease)
        for run in runs.values():
            sending = asyncio.create_task(self._send_run(hook, run, since_s, probing=probing))
            self._running[sending] = hook.subscriber
            sending.add_done_callback(self._ended)
        return len(runs)

    async def _send_run(self, hook: Hook, run: Sequence[Lease], since_s: float, *, probing: bool) -> None:
        """Send notices of one order in their order, and settle what became of them."""
        delivered: list[Lease] = []
        failed = False
        enough_s = self._pace.lease_s - TIMEOUT_S - 1
        for lease in run:
            if delivered and self._clock.monotonic_s() - since_s > enough_s:
                break
            if not await self._send(hook, lease):
                failed = True
                break
            delivered.append(lease)
        await self._settle(hook, delivered, run[len(delivered) :], failed=failed, probing=probing)

    async def _send(self, hook: Hook, lease: Lease) -> bool:
        told = _decode_told(lease.notice.body)
        body = self._form(told, hook.app_key)
        signed = signature.headers(told.event_id, self._clock.epoch_s(), body, hook.secret)
        try:
            status = await self._outgoing.post(hook.url, body, {**hook.headers, **signed})
        except (Unusable, Unreached) as error:
            self._complain(hook, lease, str(error))
            return False
        if status != DELIVERED:
            self._complain(hook, lease, f"The address answered {status}.")
        return status == DELIVERED

    async def _settle(
        self, hook: Hook, delivered: Sequence[Lease], rest: Sequence[Lease], *, failed: bool, probing: bool
    ) -> None:
        """Remove what was delivered and give back the rest: what failed later, what was not tried at once."""
        pause = 0

        async def work(transaction: Transaction) -> Body:
            nonlocal pause
            notices = transaction.notices
            now_ms = self._now_ms()
            await notices.confirm(hook.subscriber, [(one.notice.place, one.handle) for one in delivered])
            back = [self._given_back(one, now_ms) for one in rest]
            if failed:
                place, handle, _ = back[0]
                back[0] = (place, handle, now_ms + self._retry_ms(rest[0].deliveries))
                pause = await self._count_failure(transaction, hook.subscriber, now_ms, probing=probing)
            elif delivered:
                await notices.recovered(hook.subscriber, now_ms=now_ms, paused_after=PAUSED_AFTER)
            await notices.put_back(hook.subscriber, back)
            return Body(b"true")

        await self._ledger.transact(work)
        if pause:
            _log.warning("a hook is paused", hook=hook.id, app_key=hook.app_key, ms=pause)

    async def _count_failure(
        self, transaction: Transaction, subscriber: str, now_ms: int, *, probing: bool
    ) -> int:
        """Note that an address has failed, pause it if that was once too often, and return for how long."""
        failures = await transaction.notices.failed(subscriber, now_ms=now_ms, probe=probing)
        if failures < PAUSED_AFTER:
            return 0
        wait_s = pause_s(failures - PAUSED_AFTER + 1) * self._pace.probe_s
        wait_ms = _ms(min(wait_s, 300.0) + self._clock.jitter(self._pace.probe_s / 4))
        await transaction.notices.pause(subscriber, until_ms=now_ms + wait_ms)
        return wait_ms

    def _given_back(self, lease: Lease, now_ms: int) -> tuple[Place, str, int]:
        return lease.notice.place, lease.handle, now_ms

    def _retry_ms(self, deliveries: int) -> int:
        wait_s = pause_s(deliveries) * self._pace.retry_s
        return _ms(wait_s + self._clock.jitter(wait_s / 4))

    def _complain(self, hook: Hook, lease: Lease, why: str) -> None:
        _log.warning(
            "a hook was not told",
            hook=hook.id,
            app_key=hook.app_key,
            order=lease.notice.place.order_id,
            deliveries=lease.deliveries,
            error=why,
        )

    def _ended(self, sending: asyncio.Task[None]) -> None:
        del self._running[sending]
        self.wake.set()
        if not sending.cancelled() and sending.exception() is not None:
            # The leases run out, and the notices are sent again.
            _log.error("what a hook was told could not be settled", exc_info=sending.exception())

    async def _work(self) -> None:
        while True:
            self.wake.clear()
            begun = 0
            try:
                begun = await self.turn()
            except Fault as fault:
                _log.warning("hooks cannot be told", fault=type(fault).__name__)
            except Exception:  # noqa: BLE001 -- the next turn may go better
                _log.exception("hooks cannot be told")
            if not begun:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.poll_s + self._clock.jitter(self._pace.poll_s / 2)):
                        await self.wake.wait()

    def _now_ms(self) -> int:
        return self._clock.epoch_us() // 1000


def _ms(duration_s: float) -> int:
    return int(duration_s * 1000)
