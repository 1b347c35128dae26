"""The ledger as its callers see it: commands for orders, units of work for everything else, reads."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.clock import Clock, document_time
from counterfoil.domain import decider, place
from counterfoil.domain.change import ChangeInProgress
from counterfoil.domain.decider import Command
from counterfoil.domain.decision import Context
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.payment import PaymentInProgress
from counterfoil.domain.place import PlaceOrder
from counterfoil.ledger.envelope import (
    Actor,
    Answered,
    Envelope,
    IdempotencyKey,
    KeyInFlight,
    KeyReused,
    Outcome,
    Refused,
)
from counterfoil.ledger.execute import MAX_ATTEMPTS, PAUSE_S, Executor
from counterfoil.ledger.faults import Conflict, Fault, Unknown
from counterfoil.ledger.inspection import StoredKey
from counterfoil.ledger.lane import HeldOrders, Lane, Overflow, Run
from counterfoil.ledger.ports import Engine, Reader, Transaction, Writes
from counterfoil.ledger.settlements import LOOK_AGAIN_S, Lookout, Settlements, of_change, of_order
from counterfoil.ledger.staging import journal_entry, outbox_entry, stage_event
from counterfoil.ledger.tasks import Task, tasks_of

R = TypeVar("R")

MAX_HELD_RUNNING = 4
"""How many orders that other processes hold are waited for in the database at a time."""


MAX_WAITING_FOR_MONEY = 512
"""The most commands that wait for payments at a time; one more is told at once that money is on its way.
Each of them is decided again a few times a second, which the lane of all orders has to bear."""

MAX_WAITING_FOR_CHANGES = 4096
"""The most commands that wait for Changes at a time; one more is told at once that one is in progress."""


class Body(Struct, frozen=True):
    """What a unit of work answers when it took effect: the JSON that the client gets."""

    json: bytes


class Ledger:
    """The only writer and the only reader of the books."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        wait_s: float = 10.0,
        payment_wait_s: float = 10.0,
        change_wait_s: float = 10.0,
        max_batch: int = 32,
        max_waiting: int = 4096,
    ) -> None:
        """Make a ledger over an opened engine.

        Args:
            engine: where the books are kept.
            clock: time and randomness.
            wait_s: how long a command may wait before it is begun; then it is refused as `Busy`.
            payment_wait_s: how long a command may wait for money that is on its way; then it is refused.
            change_wait_s: how long a command may wait for a Change that is being settled; then it is refused.
            max_batch: the most commands of one transaction.
            max_waiting: the most commands that may wait.
        """
        self.engine = engine
        self.clock = clock
        self._wait_s = wait_s
        self.payment_wait_s = payment_wait_s
        self.change_wait_s = change_wait_s
        self.tasks_written = asyncio.Event()
        """Set after each commit of this process that wrote tasks."""
        self.outbox_written = asyncio.Event()
        """Set after each commit of this process that feeds and hooks have to be told of."""
        self.settlements = Settlements()
        """Who in this process waits for payments and Changes that are on their way."""
        self._lookout = Lookout(self.settlements, self._in_flight_of)
        executor = Executor(
            engine,
            clock,
            committed=self._committed,
            settled=self._settled_order,
        )

        def lane(run: Run, overflow: Overflow | None = None) -> Lane:
            return Lane(
                run,
                monotonic_s=clock.monotonic_s,
                max_batch=max_batch,
                max_waiting=max_waiting,
                overflow=overflow,
            )

        self._held = HeldOrders(
            lambda batch: executor.run(batch, wait=True), lane, max_running=MAX_HELD_RUNNING
        )
        self._lane = lane(lambda batch: executor.run(batch, wait=False), self._held)
        self._in_flight: set[tuple[str, str]] = set()
        self._waiting_for_money = 0
        self._waiting_for_changes = 0

    async def execute(
        self,
        order_id: int,
        command: Command,
        *,
        actor: Actor,
        key: IdempotencyKey | None = None,
        expected_version: int | None = None,
        change_wait_s: float | None = None,
    ) -> Outcome:
        """Carry out ``command`` on an order and return what became of it, durably.

        A command that depends on money which is on its way, or on a Change in flight, waits until that has
        settled, and is decided then. ``change_wait_s`` lowers how long it may wait for a Change.
        Raises a `Fault` if the machine could not; `Fault.definite` tells whether nothing happened.
        """
        deadline_s = self.clock.monotonic_s() + self._wait_s
        envelope = Envelope(order_id, command, actor, deadline_s, key, expected_version)
        if change_wait_s is None or change_wait_s > self.change_wait_s:
            change_wait_s = self.change_wait_s
        return await self._once(key, lambda: self._decided(envelope, change_wait_s))

    def _committed(self, transaction: Transaction) -> None:
        if transaction.wrote_tasks:
            self.tasks_written.set()
        if transaction.wrote_outbox:
            self.outbox_written.set()

    def _settled_order(self, order_id: int) -> None:
        self.settlements.settled(of_order(order_id))
        self.settlements.settled(of_change(order_id))

    async def _in_flight_of(self, order_ids: list[int]) -> set[int]:
        async with self.reading() as reader:
            return await reader.in_flight(order_ids)

    async def _decided(self, envelope: Envelope, change_wait_s: float) -> Outcome:
        """Decide a command, and again each time a Change that it depends on has settled."""
        outcome = await self._settled(envelope)
        if not _is_about_change(outcome) or self._waiting_for_changes >= MAX_WAITING_FOR_CHANGES:
            return outcome
        self._waiting_for_changes += 1
        try:
            until_s = self.clock.monotonic_s() + change_wait_s
            while _is_about_change(outcome) and (left_s := self._left_s(until_s)) > 0:
                self._lookout.watch()
                await self.settlements.wait(of_change(envelope.order_id), upto_s=left_s)
                deadline_s = self.clock.monotonic_s() + self._wait_s
                outcome = await self._settled(replace(envelope, deadline=deadline_s))
            return outcome
        finally:
            self._waiting_for_changes -= 1

    def _left_s(self, until_s: float) -> float:
        return 0 if self.settlements.closed else until_s - self.clock.monotonic_s()

    async def _settled(self, envelope: Envelope) -> Outcome:
        outcome = await self._lane.submit(envelope)
        if not _waits(outcome) or self._waiting_for_money >= MAX_WAITING_FOR_MONEY:
            return outcome
        self._waiting_for_money += 1
        try:
            return await self._when_settled(envelope, outcome)
        finally:
            self._waiting_for_money -= 1

    async def _when_settled(self, envelope: Envelope, outcome: Outcome) -> Outcome:
        until_s = self.clock.monotonic_s() + self.payment_wait_s
        while _waits(outcome) and (left_s := self._left_s(until_s)) > 0:
            await self.settlements.wait(of_order(envelope.order_id), upto_s=min(left_s, LOOK_AGAIN_S))
            deadline_s = self.clock.monotonic_s() + self._wait_s
            outcome = await self._lane.submit(replace(envelope, deadline=deadline_s))
        return outcome

    async def transact(
        self,
        work: Callable[[Transaction], Awaitable[Body | R]],
        *,
        key: IdempotencyKey | None = None,
        lasting: bool = True,
    ) -> Answered | Refused | R:
        """Run ``work`` in a transaction of its own.

        If it returns a `Body`, everything it wrote is committed and the body is the answer, stored under
        ``key``. If it returns anything else (a refusal of its own), nothing is written. It may be run
        several times when other transactions get in between, so it must have no effect besides its writes.
        What is not ``lasting`` may be undone when the machine stops (`Engine.transaction`).
        """
        return await self._once(key, lambda: self._transact(work, key, lasting=lasting))

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """Begin a consistent read that waits for no writer."""
        return self.engine.reading()

    async def place(
        self,
        transaction: Transaction,
        draft: Order,
        *,
        actor: Actor,
        key: IdempotencyKey | None = None,
        notify: bool = False,
        grace_s: int = 0,
    ) -> Order:
        """Place ``draft`` within a unit of work and return the order. Call it last: it locks the series.

        With ``notify`` the customer gets a confirmation. ``grace_s`` is how long the order can be canceled
        freely, if that is the draft's stage.
        """
        listened = await transaction.listened()
        numbers = Numbers(await transaction.lock_series(sorted(place.series(draft))))
        at = self.clock.now_precise()
        event = place.decide(PlaceOrder(draft, notify, grace_s), Context(document_time(at), numbers))
        order = decider.evolve(None, event)
        writes = Writes()
        stage_event(writes, order, event)
        writes.journal.append(
            journal_entry(
                order,
                event,
                at,
                actor=actor,
                key=key,
                command_id=self.clock.unique_id(),
            )
        )
        if listened:
            writes.outbox.append(outbox_entry("", order, event, at))
        writes.series = numbers.advanced()
        writes.tasks = tasks_of(decider.follow_ups(order, event), self.clock)
        await transaction.write(writes)
        return order

    async def want(self, transaction: Transaction, follow_ups: Sequence[FollowUp]) -> list[Task]:
        """Write tasks within a unit of work and return them. They are begun after its commit."""
        tasks = tasks_of(follow_ups, self.clock)
        await transaction.write(Writes(tasks=tasks))
        return tasks

    def wait_no_longer(self) -> None:
        """Decide at once what waits for payments and Changes, and what comes: the process is about to end."""
        self.settlements.close()

    async def drain(self) -> None:
        """Return when every accepted command has been answered."""
        await self._lane.drain()
        await self._held.drain()
        await self._lookout.stop()

    async def _once(self, key: IdempotencyKey | None, run: Callable[[], Awaitable[R]]) -> R | Refused:
        """Run what was asked under ``key``, unless this process is at it already."""
        if key is None:
            return await run()
        name = (key.scope, key.key)
        if name in self._in_flight:
            return Refused(KeyInFlight(key.key))
        self._in_flight.add(name)
        try:
            return await run()
        finally:
            self._in_flight.discard(name)

    async def _transact(
        self,
        work: Callable[[Transaction], Awaitable[Body | R]],
        key: IdempotencyKey | None,
        *,
        lasting: bool,
    ) -> Answered | Refused | R:
        pause_s = PAUSE_S
        uncertain: Unknown | None = None
        for _ in range(MAX_ATTEMPTS):
            try:
                result = await self._transact_once(work, key, lasting=lasting)
            except Conflict:
                pass
            except Unknown as unknown:
                if key is None:
                    raise
                # The key cannot be stored twice: the next attempt finds it, or does the work.
                uncertain = unknown
            except Fault as fault:
                raise uncertain or fault from fault
            except Exception:
                repeated = await self._answered(key)
                if repeated is None:
                    raise
                return repeated
            else:
                if isinstance(result, Answered | Refused):
                    return result
                return await self._answered(key) or result
            await asyncio.sleep(self.clock.jitter(pause_s))
            pause_s *= 2
        raise uncertain or Conflict

    async def _answered(self, key: IdempotencyKey | None) -> Answered | Refused | None:
        """Return what another process has answered to ``key`` while this one was refusing it."""
        if key is None:
            return None
        async with self.engine.transaction() as transaction:
            return await _stored_answer(transaction, key)

    async def _transact_once(
        self,
        work: Callable[[Transaction], Awaitable[Body | R]],
        key: IdempotencyKey | None,
        *,
        lasting: bool,
    ) -> Answered | Refused | R:
        async with self.engine.transaction(lasting=lasting) as transaction:
            repeated = await _stored_answer(transaction, key)
            if repeated is not None:
                return repeated
            result = await work(transaction)
            if not isinstance(result, Body):
                return result
            if key is not None:
                stored = StoredKey(key.scope, key.key, key.fingerprint, result.json.decode())
                await transaction.write(Writes(keys=[stored]))
            await transaction.commit()
            self._committed(transaction)
            return Answered(result.json)


def _waits(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and isinstance(outcome.refusal, PaymentInProgress)


def _is_about_change(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and isinstance(outcome.refusal, ChangeInProgress)


async def _stored_answer(transaction: Transaction, key: IdempotencyKey | None) -> Answered | Refused | None:
    """Return what was answered under ``key``; None if nothing was."""
    if key is None:
        return None
    loaded = await transaction.load({}, [key], wait=True)
    stored = loaded.keys.get((key.scope, key.key))
    if stored is None:
        return None
    if stored.fingerprint != key.fingerprint:
        return Refused(KeyReused(key.key))
    return Answered(stored.answer.encode(), replayed=True)
