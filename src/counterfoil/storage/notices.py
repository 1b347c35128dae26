"""The outbox, and what feeds and hooks are to be told, on any engine.

Who wants notices of an order locks the first that there is of it for the subscriber. So there is no moment in
which somebody else could get a later one, and processes that hand out at the same time take different orders.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from counterfoil.ledger.notices import Health, Lease, Notice, OutboxEntry, Place, Waiting
from counterfoil.storage.rows import Row
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, Statement, marks

_OUTBOX = (
    "SELECT order_id, seq, kind, flow, before_status, after_status, at FROM outbox "
    "WHERE order_id > ? ORDER BY order_id, seq LIMIT ?"
)
_TAKE = "DELETE FROM outbox WHERE order_id = ? AND seq = ? RETURNING order_id, seq"
_CHANGED_AT = "SELECT order_id, at FROM journal WHERE order_id = ? AND seq = ?"
_ORDER_FORMS = (
    "SELECT entity_id, particulars -> 'order_form' ->> 'orderId' FROM orders WHERE entity_id IN ({})"
)
_PUT = (
    "INSERT INTO notice (subscriber, order_id, seq, step, body, created_ms, ready_ms, deliveries) "
    "VALUES {} ON CONFLICT DO NOTHING"
)
_PUT_VALUES = "(?, ?, ?, ?, ?, ?, ?, 0)"
_FIRE = (
    "INSERT INTO notice_fired (subscriber, order_id) VALUES (?, ?) "
    "ON CONFLICT DO NOTHING RETURNING subscriber, order_id"
)
_HEADS = """
    SELECT order_id, seq, step FROM notice n WHERE subscriber = ? AND ready_ms <= ? AND NOT EXISTS (
        SELECT 1 FROM notice e WHERE e.subscriber = n.subscriber AND e.order_id = n.order_id
        AND (e.seq, e.step) < (n.seq, n.step))
    ORDER BY ready_ms, order_id LIMIT ?{}"""
# From order to order along the key: among many notices of few orders, others would be looked at in vain.
_ORDERS = """
    WITH RECURSIVE walk (order_id, place) AS (
        SELECT MIN(order_id), 1 FROM notice WHERE subscriber = ?
        UNION ALL
        SELECT (SELECT MIN(n.order_id) FROM notice n WHERE n.subscriber = ? AND n.order_id > walk.order_id),
            walk.place + 1
        FROM walk WHERE walk.order_id IS NOT NULL AND walk.place < ?)
    SELECT order_id FROM walk WHERE order_id IS NOT NULL"""
_FIRST = (
    "SELECT ready_ms, order_id, seq, step FROM notice WHERE subscriber = ? AND order_id = ? "
    "ORDER BY seq, step LIMIT 1"
)
_FREE = (
    "SELECT order_id, seq, step FROM notice n WHERE subscriber = ? AND order_id = ? AND seq = ? AND step = ? "
    "AND ready_ms <= ?{}"
)
_BEHIND = (
    "SELECT order_id, seq, step, ready_ms FROM notice WHERE subscriber = ? AND order_id = ? "
    "AND (seq, step) > (?, ?) ORDER BY seq, step LIMIT ?"
)
_LEASE = (
    "UPDATE notice SET ready_ms = ?, handle = ?, deliveries = deliveries + 1 "
    "WHERE subscriber = ? AND order_id = ? AND seq = ? AND step = ? "
    "RETURNING body, created_ms, deliveries"
)
_THIS = "WHERE subscriber = ? AND order_id = ? AND seq = ? AND step = ? AND handle = ?"
_CONFIRM = f"DELETE FROM notice {_THIS} RETURNING 1"
_PUT_BACK = f"UPDATE notice SET ready_ms = ?, handle = NULL {_THIS} RETURNING 1"
_WAITING = "SELECT COUNT(*), MIN(created_ms) FROM notice WHERE subscriber = ?"
_READY = "SELECT subscriber FROM notice WHERE subscriber = ? AND ready_ms <= ? LIMIT 1"
_HEALTH = "SELECT subscriber, failures, paused_until_ms FROM hook_health WHERE subscriber = ?"
_FAILED = (
    "INSERT INTO hook_health (subscriber, failures, paused_until_ms) VALUES (?, 1, 0) "
    "ON CONFLICT (subscriber) DO UPDATE SET failures = hook_health.failures + 1 "
    "WHERE hook_health.paused_until_ms <= ? RETURNING failures"
)
_PROBE = (
    "UPDATE hook_health SET paused_until_ms = ? WHERE subscriber = ? AND paused_until_ms <= ? RETURNING 1"
)
_PAUSE = "UPDATE hook_health SET paused_until_ms = ? WHERE subscriber = ?"
_RECOVERED = "DELETE FROM hook_health WHERE subscriber = ? RETURNING failures"
_READY_NOW = "UPDATE notice SET ready_ms = ? WHERE subscriber = ? AND ready_ms > ? AND handle IS NULL"
_OLDER = (
    "DELETE FROM notice WHERE (subscriber, order_id, seq, step) IN "
    "(SELECT subscriber, order_id, seq, step FROM notice WHERE subscriber = ? AND created_ms < ? "
    "ORDER BY created_ms LIMIT ?{}) RETURNING 1"
)
# From subscriber to subscriber along the index, so that it costs the same however much they have.
_SUBSCRIBERS = """
    WITH RECURSIVE walk (subscriber) AS (
        SELECT MIN(subscriber) FROM {table}
        UNION ALL
        SELECT (SELECT MIN(n.subscriber) FROM {table} n WHERE n.subscriber > walk.subscriber)
        FROM walk WHERE walk.subscriber IS NOT NULL)
    SELECT subscriber FROM walk WHERE subscriber IS NOT NULL"""
_TABLES = ("notice", "notice_fired", "hook_health")
_ALL = (
    "DELETE FROM notice WHERE (subscriber, order_id, seq, step) IN "
    "(SELECT subscriber, order_id, seq, step FROM notice WHERE subscriber = ? LIMIT ?) RETURNING 1"
)
_ALL_FIRED = (
    "DELETE FROM notice_fired WHERE (subscriber, order_id) IN "
    "(SELECT subscriber, order_id FROM notice_fired WHERE subscriber = ? LIMIT ?) RETURNING 1"
)
_MOMENT = "SELECT pg_current_xact_id()::text"
_ENDED = "SELECT pg_snapshot_xmin(pg_current_snapshot()) > ?::text::xid8"
_MOST_AT_ONCE = 100
_FEW_ORDERS = 32
"""Of so many orders with notices or more, the first that are ready are looked for by time."""
_EVER = 2**62


class StoredNotices:
    """Reads, hands out and removes notices within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        skipping = "" if session.schema is SQLITE else " FOR UPDATE{} SKIP LOCKED"
        self._heads = _HEADS.format(skipping.format(" OF n"))
        self._free = _FREE.format(skipping.format(" OF n"))
        self._older = _OLDER.format(skipping.format(""))

    async def outbox(self, *, after_order: int = 0, limit: int = 200) -> list[OutboxEntry]:
        """Return rows of orders with an id above ``after_order``, by order and then by version."""
        return [OutboxEntry(*row) for row in await self._one(_OUTBOX, (after_order, limit))]

    async def changed_at(self, seqs: Mapping[int, int]) -> dict[int, str]:
        """Return when orders came to a version, by their ids."""
        return dict(await self._each([(_CHANGED_AT, place) for place in seqs.items()]))

    async def order_forms(self, order_ids: Sequence[int]) -> dict[int, str | None]:
        """Return the name that a client of the VTEX dialect gave each order."""
        found: dict[int, str | None] = {}
        for part in _parts(order_ids):
            found |= dict(await self._session.rows(_ORDER_FORMS.format(marks(len(part))), part))
        return found

    async def waiting(self, subscriber: str) -> Waiting:
        """Return what a subscriber has not confirmed."""
        count, oldest_ms = (await self._session.long_rows(_WAITING, (subscriber,)))[0]
        return Waiting(count, oldest_ms)

    async def ready(self, subscribers: Sequence[str], *, now_ms: int) -> set[str]:
        """Return those for which there may be something to hand out."""
        return {row[0] for row in await self._each([(_READY, (one, now_ms)) for one in subscribers])}

    async def health(self, subscribers: Sequence[str]) -> dict[str, Health]:
        """Return how the addresses of hooks are."""
        found = await self._each([(_HEALTH, (one,)) for one in subscribers])
        known = {row[0]: Health(row[1], row[2]) for row in found}
        return {one: known.get(one, Health()) for one in subscribers}

    async def take(self, rows: Sequence[OutboxEntry]) -> set[tuple[int, int]]:
        """Remove rows of the outbox, and return order and version of those that nobody else had."""
        # In one order everywhere, so that relays wait for each other and never in a circle.
        found = await self._each([(_TAKE, (row.order_id, row.seq)) for row in sorted(rows)])
        return {(row[0], row[1]) for row in found}

    async def put(self, notices: Sequence[Notice]) -> None:
        """Store notices. One that is there already stays as it is."""
        for part in _parts(sorted(notices, key=lambda notice: (notice.subscriber, notice.place))):
            values = [value for notice in part for value in _stored(notice)]
            await self._session.run(_PUT.format(", ".join([_PUT_VALUES] * len(part))), values)

    async def fire(self, marks: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Mark orders as told to subscribers, and return the marks that were not there before."""
        return {(row[0], row[1]) for row in await self._each([(_FIRE, mark) for mark in sorted(marks)])}

    async def lease(
        self, subscriber: str, *, handle: str, now_ms: int, until_ms: int, orders: int, limit: int, run: int
    ) -> list[Lease]:
        """Hand out notices of up to ``orders`` orders, ``run`` of each and ``limit`` in all at most."""
        heads = await self._ready_heads(subscriber, now_ms, min(orders, limit))
        places = await self._with_those_behind(subscriber, heads, now_ms, limit=limit, run=run)
        leased = await self._one_by_one(
            [
                (_LEASE, (until_ms, handle, subscriber, place.order_id, place.seq, place.step))
                for place in places
            ]
        )
        return [
            Lease(Notice(subscriber, place, row[0], row[1]), handle, row[2])
            for place, rows in zip(places, leased, strict=True)
            for row in rows
        ]

    async def confirm(self, subscriber: str, handles: Sequence[tuple[Place, str]]) -> int:
        """Remove notices that are out under these handles, and return how many were."""
        return len(
            await self._each([(_CONFIRM, _this(subscriber, place, handle)) for place, handle in handles])
        )

    async def put_back(self, subscriber: str, leases: Sequence[tuple[Place, str, int]]) -> None:
        """End leases without success."""
        await self._each(
            [
                (_PUT_BACK, (ready_ms, *_this(subscriber, place, handle)))
                for place, handle, ready_ms in sorted(leases)
            ]
        )

    async def probe(self, subscriber: str, *, now_ms: int, until_ms: int) -> bool:
        """Pause an address for others while it is tried; False if somebody else is at it."""
        return bool(await self._one(_PROBE, (until_ms, subscriber, now_ms)))

    async def failed(self, subscriber: str, *, now_ms: int, probe: bool = False) -> int:
        """Count a failure of an address and return how many there were in a row."""
        found = await self._one(_FAILED, (subscriber, _EVER if probe else now_ms))
        return found[0][0] if found else 0

    async def pause(self, subscriber: str, *, until_ms: int) -> None:
        """Send nothing to an address until then."""
        await self._session.run(_PAUSE, (until_ms, subscriber))

    async def recovered(self, subscriber: str, *, now_ms: int, paused_after: int) -> None:
        """Forget the failures of an address. If they had paused it, what waits there is ready now."""
        found = await self._one(_RECOVERED, (subscriber,))
        if found and found[0][0] >= paused_after:
            await self._session.run(_READY_NOW, (now_ms, subscriber, now_ms))

    async def remove_older(self, subscriber: str, before_ms: int, *, limit: int) -> int:
        """Remove notices that were made earlier, ``limit`` of them at most; return how many."""
        return len(await self._session.rows(self._older, (subscriber, before_ms, limit)))

    async def moment(self) -> str | None:
        """Return a name for now, to ask `ended` about; None where no other transaction can be under way."""
        if self._session.schema is SQLITE:
            return None
        moment: str = (await self._session.rows(_MOMENT))[0][0]
        return moment

    async def ended(self, moment: str) -> bool:
        """Tell whether all transactions that were under way at that moment have ended."""
        return bool((await self._session.rows(_ENDED, (moment,)))[0][0])

    async def subscribers(self) -> set[str]:
        """Return who has anything stored here."""
        return {
            row[0] for row in await self._each([(_SUBSCRIBERS.format(table=table), ()) for table in _TABLES])
        }

    async def remove_all(self, subscriber: str, *, limit: int) -> int:
        """Remove what a subscriber has, ``limit`` rows of a kind at most; return how many."""
        removed = await self._each([(_ALL, (subscriber, limit)), (_ALL_FIRED, (subscriber, limit))])
        await self._one(_RECOVERED, (subscriber,))
        return len(removed)

    async def _ready_heads(self, subscriber: str, now_ms: int, limit: int) -> list[Place]:
        """Lock and return the first notices of orders, where they are ready and nobody else is at them."""
        orders = await self._one(_ORDERS, (subscriber, subscriber, _FEW_ORDERS))
        if len(orders) >= _FEW_ORDERS:
            return [Place(*row) for row in await self._one(self._heads, (subscriber, now_ms, limit))]
        firsts = await self._each([(_FIRST, (subscriber, row[0])) for row in orders])
        ready = sorted(row for row in firsts if row[0] <= now_ms)
        heads: list[Place] = []
        while ready and len(heads) < limit:
            wanted, ready = ready[: limit - len(heads)], ready[limit - len(heads) :]
            found = await self._each([(self._free, (subscriber, *row[1:], now_ms)) for row in wanted])
            heads += [Place(*row) for row in found]
        return heads

    async def _with_those_behind(
        self, subscriber: str, heads: Sequence[Place], now_ms: int, *, limit: int, run: int
    ) -> list[Place]:
        """Return each head and those right behind it that are ready, too."""
        room = limit - len(heads)
        if room < 1 or run < 2 or not heads:
            return list(heads)
        queries: list[Statement] = [
            (_BEHIND, (subscriber, head.order_id, head.seq, head.step, min(run - 1, room))) for head in heads
        ]
        places: list[Place] = []
        for head, rows in zip(heads, await self._one_by_one(queries), strict=True):
            places.append(head)
            for order_id, seq, step, ready_ms in rows[:room]:
                if ready_ms > now_ms:
                    break
                places.append(Place(order_id, seq, step))
                room -= 1
        return places

    async def _one(self, statement: str, parameters: Sequence[Any]) -> list[Row]:
        return (await self._session.several([(statement, parameters)]))[0]

    async def _one_by_one(self, statements: Sequence[Statement]) -> list[list[Row]]:
        found: list[list[Row]] = []
        for part in _parts(statements):
            found += await self._session.several(part)
        return found

    async def _each(self, statements: Sequence[Statement]) -> list[Row]:
        return [row for rows in await self._one_by_one(statements) for row in rows]


def _stored(notice: Notice) -> tuple[Any, ...]:
    place = notice.place
    key = (notice.subscriber, place.order_id, place.seq, place.step)
    return (*key, notice.body, notice.created_ms, notice.created_ms)


def _this(subscriber: str, place: Place, handle: str) -> tuple[Any, ...]:
    return subscriber, place.order_id, place.seq, place.step, handle


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _MOST_AT_ONCE] for start in range(0, len(values), _MOST_AT_ONCE)]
