"""The batch: lock → load → decide → evolve → check → write → commit → answer.

One transaction decides all envelopes that arrived together, each on the order as the one before left
it. A refused envelope writes nothing and disturbs nobody. If the batch cannot be written, nothing of
it is committed and each envelope runs again alone, so one bad apple never fails its neighbours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from counterfoil.clock import Clock, document_time
from counterfoil.domain import decider, invariants
from counterfoil.domain.comment_invoice import InvoiceCommented
from counterfoil.domain.decider import Event
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.invoice import InvoiceIssued
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.place import OrderPlaced
from counterfoil.ledger.envelope import (
    Accepted,
    Actor,
    Effect,
    Envelope,
    IdempotencyKey,
    KeyReused,
    OrderUnknown,
    Outcome,
    Refused,
    VersionStale,
)
from counterfoil.ledger.faults import Busy, Conflict, Fault, Unknown
from counterfoil.ledger.ports import Engine, JournalEntry, Loaded, StoredKey, Transaction, Writes
from counterfoil.ledger.tasks import Wake, tasks_of

MAX_ATTEMPTS = 5
"""How often a transaction that lost to another one is begun again."""

MAX_STORES = 4
"""The most stores whose series are locked beforehand."""

PAUSE_S = 0.02
"""The longest random pause before the second attempt; it doubles with each further one."""

Answer = Outcome | BaseException | None
"""What became of one envelope. None: another process holds the order, and nothing was done."""

_log = structlog.get_logger()

_encoder = msgspec.json.Encoder()
_decode_effect = msgspec.json.Decoder(Effect).decode


class BrokenPromise(AssertionError):
    """A decision would have broken a promise of the books. This is a bug; nothing was written."""


@dataclass(slots=True)
class _Staged:
    """What a batch is going to write, and the orders as they will be."""

    command_id: str
    at: str
    clock: Clock
    orders: dict[int, Order]
    loaded: dict[int, Order]
    writes: Writes = field(default_factory=Writes)

    def apply(self, order: Order, event: Event, actor: Actor, key: IdempotencyKey | None) -> Accepted:
        evolved = decider.evolve(order, event)
        self.orders[order.entity_id] = evolved
        document_id = stage_event(self.writes, evolved, event)
        self.writes.journal.append(
            journal_entry(evolved, event, self.at, actor=actor, key=key, command_id=self.command_id)
        )
        follow_ups = decider.follow_ups(evolved, event)
        if follow_ups:
            self.writes.tasks += tasks_of(follow_ups, self.clock, place=len(self.writes.tasks))
        effect = Effect(order.entity_id, evolved.version, document_id)
        if key is not None:
            answer = _encoder.encode(effect).decode()
            self.writes.keys.append(StoredKey(key.scope, key.key, key.fingerprint, answer))
        return Accepted(effect, evolved)

    def finish(self, numbers: Numbers) -> Writes:
        for order_id, evolved in self.orders.items():
            before = self.loaded[order_id]
            if evolved is before:
                continue
            changed = [item for item_id, item in evolved.items.items() if item is not before.items[item_id]]
            broken = [*invariants.broken_rows(changed), *invariants.broken_totals(evolved)]
            if broken:
                raise BrokenPromise(f"order {order_id}: " + "; ".join(broken))
            self.writes.changed.append((before.version, evolved))
            self.writes.items.extend((order_id, item) for item in changed)
        self.writes.series = numbers.advanced()
        return self.writes


def stage_event(writes: Writes, order: Order, event: Event) -> int | None:
    """Add the documents that ``event`` brings to ``writes`` and return the id of the one it made."""
    match event:
        case InvoiceIssued(invoice=invoice):
            writes.invoices.append(invoice)
            return invoice.entity_id
        case InvoiceCommented(invoice_id=invoice_id, comment=comment):
            writes.invoice_comments.append((order.entity_id, invoice_id, comment))
            return comment.entity_id
        case OrderPlaced():
            writes.placed.append(order)
            return order.entity_id


def journal_entry(
    order: Order, event: Event, at: str, *, actor: Actor, key: IdempotencyKey | None, command_id: str
) -> JournalEntry:
    """Return the journal's line for ``event``, which led to ``order``."""
    return JournalEntry(
        order_id=order.entity_id,
        seq=order.version,
        kind=type(event).__name__,
        at=at,
        actor=actor.name,
        channel=actor.channel,
        idempotency_key=key.key if key else None,
        command_id=command_id,
        body=_encoder.encode(event).decode(),
    )


class Executor:
    """Runs batches on one engine."""

    def __init__(self, engine: Engine, clock: Clock, *, wake: Wake) -> None:
        """Make an executor; ``wake`` is called after a commit that wrote tasks."""
        self._engine = engine
        self._wake = wake
        self._clock = clock
        self._stores: frozenset[int] = frozenset()

    async def run(self, batch: Sequence[Envelope], *, wait: bool) -> list[Answer]:
        """Decide and commit ``batch`` and return one answer per envelope, in the same order.

        With ``wait`` false, envelopes whose order another process holds are answered None.
        """
        try:
            return await self._attempt(batch, wait=wait)
        except Conflict:
            pass
        except Fault as fault:
            # What is not definite may be on disk and must not be begun again; what is, hits everybody.
            return [fault] * len(batch)
        except Exception as bug:  # noqa: BLE001 -- one envelope's answer, not its neighbours'
            if len(batch) == 1:
                return [bug]
            _log.exception("a batch failed; each command runs alone")
        return [await self._alone(envelope, wait=wait) for envelope in batch]

    async def _alone(self, envelope: Envelope, *, wait: bool) -> Answer:
        pause_s = PAUSE_S
        for _ in range(MAX_ATTEMPTS):
            if self._clock.monotonic_s() > envelope.deadline:
                break
            try:
                return (await self._attempt([envelope], wait=wait))[0]
            except Conflict:
                await asyncio.sleep(self._clock.jitter(pause_s))
                pause_s *= 2
            except Exception as fault_or_bug:  # noqa: BLE001 -- handed to whoever asked
                return fault_or_bug
        return Busy()

    async def _attempt(self, batch: Sequence[Envelope], *, wait: bool) -> list[Answer]:
        command_id = self._clock.unique_id()
        answers: list[Answer] = []
        saving: int | None = None
        saved = False
        try:
            async with self._engine.transaction() as transaction:
                loaded = await self._load(transaction, batch, wait=wait)
                numbers = Numbers(loaded.series)
                at = self._clock.now_precise()
                staged = _Staged(command_id, at, self._clock, dict(loaded.orders), dict(loaded.orders))
                context = Context(document_time(at), numbers)
                answers = [_decide(envelope, loaded, staged, context) for envelope in batch]
                if not staged.writes.journal:
                    return answers
                await transaction.write(staged.finish(numbers))
                saving = staged.writes.journal[0].order_id
                await transaction.commit()
                saved = True
                if transaction.wrote_tasks:
                    self._wake()
        except Exception as error:
            if saved:
                # What went wrong went wrong after the commit; done again, it would be done twice.
                _log.exception("after a commit")
            elif saving is None or (isinstance(error, Fault) and error.definite):
                raise
            elif not await self._was_saved(saving, command_id):
                raise Conflict from error
        return answers

    async def _was_saved(self, order_id: int, command_id: str) -> bool:
        """Tell whether a commit that broke off took effect. Raises `Unknown` if that cannot be told."""
        try:
            return await self._engine.committed(order_id, command_id)
        except Exception as error:
            raise Unknown from error

    async def _load(self, transaction: Transaction, batch: Sequence[Envelope], *, wait: bool) -> Loaded:
        """Load what the batch needs. The stores seen last tell which series will most likely be wanted."""
        loaded = await transaction.load(
            _scopes(batch),
            [envelope.key for envelope in batch if envelope.key],
            series=sorted({name for store_id in self._stores for name in _series(batch, store_id)}),
            wait=wait,
        )
        stores = {order.store_id for order in loaded.orders.values()}
        others = {name for store_id in stores for name in _series(batch, store_id)} - loaded.series.keys()
        if others:
            loaded.series |= await transaction.lock_series(sorted(others))
            self._stores = frozenset(stores) if len(stores) <= MAX_STORES else frozenset()
        return loaded


def _decide(envelope: Envelope, loaded: Loaded, staged: _Staged, context: Context) -> Answer:
    key = envelope.key
    if key is not None:
        stored = loaded.keys.get((key.scope, key.key))
        if stored is not None:
            return _repeat(key, stored)
    order = staged.orders.get(envelope.order_id)
    if order is None:
        if envelope.order_id in loaded.held_by_others:
            return None
        return Refused(OrderUnknown(envelope.order_id))
    if envelope.expected_version is not None and envelope.expected_version != order.version:
        return Refused(VersionStale(envelope.expected_version, order.version))
    decided = decider.decide(order, envelope.command, context)
    if isinstance(decided, Event):
        return staged.apply(order, decided, envelope.actor, key)
    return Refused(decided)


def _repeat(key: IdempotencyKey, stored: StoredKey) -> Outcome:
    if stored.fingerprint != key.fingerprint:
        return Refused(KeyReused(key.key))
    return Accepted(_decode_effect(stored.answer), replayed=True)


def _scopes(batch: Sequence[Envelope]) -> dict[int, Scope]:
    scopes: dict[int, Scope] = {}
    for envelope in batch:
        scope = decider.scope_of(envelope.command)
        known = scopes.get(envelope.order_id)
        scopes[envelope.order_id] = (
            scope
            if known is None
            else Scope(known.item_ids | scope.item_ids, known.open_to_invoice or scope.open_to_invoice)
        )
    return scopes


def _series(batch: Sequence[Envelope], store_id: int) -> set[str]:
    """Return the series that the commands of the batch may take numbers from, in one store."""
    kinds = {type(envelope.command): envelope.command for envelope in batch}
    return {name for command in kinds.values() for name in decider.series_of(store_id, command)}
