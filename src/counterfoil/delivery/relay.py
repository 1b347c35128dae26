"""Hands committed events on to feeds and hooks (promise 9).

Every process runs a relay. A relay looks at rows of the outbox, thinks about what they mean for whom, and
then, in one transaction, takes them out and puts the notices in. Whoever takes a row out first has it; the
notices of others about it are thrown away. No place in a sequence is remembered, so a transaction that
commits late is found like any other, and a relay that dies in the middle has changed nothing.

Of an order only ever the first rows that are there are taken, so its notices come in the order of its events:
a version is visible to others only after all the versions before it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from msgspec import Struct

from counterfoil.delivery import matching, subscriptions
from counterfoil.delivery.expressions import Expressions
from counterfoil.delivery.handler import pause_s
from counterfoil.delivery.matching import Happened, Wanted
from counterfoil.delivery.subscriptions import Feed, Hook
from counterfoil.delivery.versions import Versions
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.notices import Notice, OutboxEntry
from counterfoil.ledger.ports import Reader, Transaction

Steps = Callable[[OutboxEntry], tuple[str, ...]]
"""Gives every status that an event led an order through."""

OrderName = Callable[[int], str]
"""Gives the name in the VTEX dialect of an order that no client of it has named, by its id."""

BATCH = 200
_CHANGED = "changed"

_log = structlog.get_logger()


class Plan(Struct):
    """What some rows of the outbox mean. ``held`` are orders of which something could not be understood."""

    rows: list[OutboxEntry]
    everybody: list[Feed | Hook]
    wanted: dict[tuple[int, int], list[Wanted]]
    held: dict[int, str]


class Relay:
    """Hands on what this process and others have committed."""

    def __init__(
        self,
        ledger: Ledger,
        versions: Versions,
        expressions: Expressions,
        *,
        name: OrderName,
        written: asyncio.Event,
        handed_on: Callable[[], None],
        steps: Steps = matching.steps_of,
        poll_s: float = 0.15,
    ) -> None:
        """Make a relay; `start` begins the work.

        Args:
            ledger: the books with the outbox.
            versions: gives documents of orders.
            expressions: evaluates the expressions of subscribers.
            name: what an order is called that nobody has named.
            written: set after commits of this process that wrote to the outbox.
            handed_on: called after notices were put in.
            steps: what an event led an order through.
            poll_s: how often to look for what other processes have left.
        """
        self._ledger = ledger
        self._clock = ledger.clock
        self._versions = versions
        self._expressions = expressions
        self._steps = steps
        self._name = name
        self._written = written
        self._handed_on = handed_on
        self._poll_s = poll_s
        self._after_order = 0
        self._held: dict[int, tuple[int, float]] = {}
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._loop = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop at once: what is not handed on by now is in the outbox."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        await self._expressions.close()

    async def turn(self) -> int:
        """Hand on some of what is in the outbox, and return how many rows were looked at."""
        async with self._ledger.reading() as reader:
            rows = await reader.notices.outbox(after_order=self._after_order, limit=BATCH)
            plan = await self._plan(reader, self._without_held(rows)) if rows else None
        if plan is not None and plan.rows:
            await self._hand_on(plan)
        self._go_on_behind(rows, plan)
        return len(rows)

    async def _plan(self, reader: Reader, rows: Sequence[OutboxEntry]) -> Plan:
        """Think about rows, which are in order. What is held back of an order holds back its later ones."""
        everybody = await subscriptions.everybody(reader)
        plan = Plan([], everybody, {}, {})
        by_order: defaultdict[int, list[OutboxEntry]] = defaultdict(list)
        for row in rows:
            by_order[row.order_id].append(row)
        if not everybody:
            plan.rows = list(rows)
            return plan
        names = await reader.notices.order_forms(list(by_order))
        changed = await reader.notices.changed_at(
            {order_id: its[0].seq - 1 for order_id, its in by_order.items()}
        )
        for order_id, its in by_order.items():
            name = names.get(order_id) or self._name(order_id)
            before = changed.get(order_id, its[0].at)
            try:
                for row in its:
                    happened = Happened(row, name, self._steps(row), before)
                    plan.wanted[row.order_id, row.seq] = await self._wanted(reader, happened, everybody)
                    plan.rows.append(row)
                    before = row.at
            except Fault:
                raise
            except Exception as error:  # noqa: BLE001 -- one order's trouble, and not that of the others
                plan.held[order_id] = f"{type(error).__name__}: {error}"
        return plan

    async def _wanted(
        self, reader: Reader, happened: Happened, everybody: Sequence[Feed | Hook]
    ) -> list[Wanted]:
        row = happened.row
        documents: dict[int, str] = {}

        async def document() -> str:
            if not documents:
                documents.update(await self._versions.documents(reader, row.order_id, [row.seq]))
            return documents[row.seq]

        now_ms = self._clock.epoch_us() // 1000
        return await matching.wanted(happened, everybody, document, self._expressions, now_ms)

    async def _hand_on(self, plan: Plan) -> None:
        put = 0

        async def work(transaction: Transaction) -> Body | str:
            nonlocal put
            if not subscriptions.same(await subscriptions.everybody(transaction), plan.everybody):
                return _CHANGED
            taken = await transaction.notices.take(plan.rows)
            wanted = [one for place in plan.wanted if place in taken for one in plan.wanted[place]]
            notices = await _not_fired(transaction, wanted)
            await transaction.notices.put(notices)
            put = len(notices)
            return Body(b"true")

        # If the machine stops, rows are back in the outbox and their notices gone, and all is told again.
        if await self._ledger.transact(work, lasting=False) != _CHANGED and put:
            self._handed_on()

    def _without_held(self, rows: Iterable[OutboxEntry]) -> list[OutboxEntry]:
        now_s = self._clock.monotonic_s()
        return [row for row in rows if self._held.get(row.order_id, (0, 0.0))[1] <= now_s]

    def _go_on_behind(self, rows: Sequence[OutboxEntry], plan: Plan | None) -> None:
        """Choose where the next turn begins, and put orders aside that could not be understood."""
        held = plan.held if plan is not None else {}
        for order_id, why in held.items():
            failures = self._held.get(order_id, (0, 0.0))[0] + 1
            self._held[order_id] = (failures, self._clock.monotonic_s() + pause_s(failures))
            _log.error("an order's events cannot be handed on yet", order=order_id, error=why)
        if plan is not None:
            for row in plan.rows:
                if row.order_id not in held:
                    self._held.pop(row.order_id, None)
        if len(rows) < BATCH:
            self._after_order = 0
        else:
            # The last order may have more rows, unless none of it can be handed on.
            last = rows[-1].order_id
            self._after_order = last if last in self._held else last - 1

    async def _work(self) -> None:
        while True:
            self._written.clear()
            found = 0
            try:
                found = await self.turn()
            except Fault as fault:
                _log.warning("the outbox cannot be handed on", fault=type(fault).__name__)
                await asyncio.sleep(self._poll_s)
            except Exception:  # noqa: BLE001 -- the next turn may go better
                _log.exception("the outbox cannot be handed on")
                await asyncio.sleep(self._poll_s)
            if found < BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s + self._clock.jitter(self._poll_s / 2)):
                        await self._written.wait()


async def _not_fired(transaction: Transaction, wanted: Sequence[Wanted]) -> list[Notice]:
    """Return the notices that are not the second about an order for whoever wants to be told once."""
    marks = {(one.mark, one.notice.place.order_id) for one in wanted if one.mark is not None}
    new = await transaction.notices.fire(sorted(marks)) if marks else set()
    notices: list[Notice] = []
    for one in wanted:
        if one.mark is None:
            notices.append(one.notice)
        elif (one.mark, one.notice.place.order_id) in new:
            new.discard((one.mark, one.notice.place.order_id))
            notices.append(one.notice)
    return notices
