"""The batch: lock → load → decide → evolve → check → write → commit → answer.

One transaction decides all envelopes that arrived together, each on the order as the one before left
it. A refused envelope writes nothing and disturbs nobody. If the batch cannot be written, nothing of
it is committed and each envelope runs again alone, so one bad apple never fails its neighbours.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog

from counterfoil.clock import Clock, document_time
from counterfoil.domain import decider
from counterfoil.domain.decider import Event
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.stock import product_ids
from counterfoil.ledger.envelope import (
    Accepted,
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
from counterfoil.ledger.inspection import StoredKey
from counterfoil.ledger.ports import Engine, Loaded, Transaction
from counterfoil.ledger.staging import Staged

MAX_ATTEMPTS = 5
"""How often a transaction that lost to another one is begun again."""

MAX_STORES = 4
"""The most stores whose series are locked beforehand."""

PAUSE_S = 0.02
"""The longest random pause before the second attempt; it doubles with each further one."""

Settled = Callable[[int], None]
Committed = Callable[[Transaction], None]

Answer = Outcome | BaseException | None
"""What became of one envelope. None: another process holds the order, and nothing was done."""

_log = structlog.get_logger()

_decode_effect = msgspec.json.Decoder(Effect).decode


class Executor:
    """Runs batches on one engine."""

    def __init__(self, engine: Engine, clock: Clock, *, committed: Committed, settled: Settled) -> None:
        """Make an executor.

        ``committed`` is called after each commit, ``settled`` with the id of each order whose
        payment or Change was settled.
        """
        self._settled = settled
        self._engine = engine
        self._committed = committed
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
                staged = Staged(
                    command_id, at, self._clock, loaded.orders, loaded.stock, listened=loaded.listened
                )
                context = Context(document_time(at), numbers, command_id)
                answers = [_decide(envelope, loaded, staged, context) for envelope in batch]
                if not staged.writes.journal:
                    return answers
                await transaction.write(staged.finish(numbers))
                await transaction.write_stock(staged.moved_stock())
                saving = staged.writes.journal[0].order_id
                await transaction.commit()
                saved = True
                self._committed(transaction)
                for order_id in staged.settled():
                    self._settled(order_id)
        except Exception as error:
            if saved:
                # What went wrong went wrong after the commit; done again, it would be done twice.
                _log.exception("after a commit")
            elif saving is None or (isinstance(error, Fault) and error.definite):
                raise
            elif not await self._was_saved(saving, command_id):
                if isinstance(error, Fault):
                    raise Conflict from error
                raise  # the database refused what a bug wanted to write; trying again would hide it
        return answers

    async def _was_saved(self, order_id: int, command_id: str) -> bool:
        """Tell whether a commit that broke off took effect. Raises `Unknown` if that cannot be told."""
        try:
            return await self._engine.committed(order_id, command_id)
        except Exception as error:
            raise Unknown from error

    async def _load(self, transaction: Transaction, batch: Sequence[Envelope], *, wait: bool) -> Loaded:
        """Load what the batch needs. The stores seen last tell which series will most likely be wanted.

        Stock is locked before the series, as everybody does who locks both.
        """
        scopes = _scopes(batch)
        moves_stock = any(scope.stock for scope in scopes.values())
        stores = frozenset() if moves_stock else self._stores
        loaded = await transaction.load(
            scopes,
            [envelope.key for envelope in batch if envelope.key],
            series=sorted({name for store_id in stores for name in _series(batch, store_id)}),
            wait=wait,
        )
        if moves_stock:
            moved = {order_id for order_id in loaded.orders if scopes[order_id].stock}
            products = {product for order_id in moved for product in product_ids(loaded.orders[order_id])}
            products.update(*(scopes[order_id].product_ids for order_id in moved))
            loaded.stock = await transaction.lock_stock(sorted(products))
        found = {order.store_id for order in loaded.orders.values()}
        others = {name for store_id in found for name in _series(batch, store_id)} - loaded.series.keys()
        if others:
            loaded.series |= await transaction.lock_series(sorted(others))
            self._stores = frozenset(found) if len(found) <= MAX_STORES else frozenset()
        return loaded


def _decide(envelope: Envelope, loaded: Loaded, staged: Staged, context: Context) -> Answer:
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
        scopes[envelope.order_id] = scope if known is None else known | scope
    return scopes


def _series(batch: Sequence[Envelope], store_id: int) -> set[str]:
    """Return the series that the commands of the batch may take numbers from, in one store."""
    kinds = {decider.numbered_as(envelope.command): envelope.command for envelope in batch}
    return {name for command in kinds.values() for name in decider.series_of(store_id, command)}
