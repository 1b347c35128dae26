"""Carrying a Change from what is wanted to what is done, in recorded steps outside any lock.

*preparing*: with the order's other facts, under its lock. *waiting-acknowledgement*, then
*waiting-confirmation*: written before anybody is asked. When the answer is yes the Change is decided again
and applied under the lock; when it is no, or does not come in time, it is canceled. Ended at any point, the
task goes on from the step that was recorded, and every step has a key of its own, so it has one effect.
"""

from typing import Any, Final

import msgspec
import structlog

from counterfoil.delivery.handler import Handler, pause_s
from counterfoil.delivery.settlement import Asked, Confirmed, Declined, Settlement, SettlementFailed
from counterfoil.domain.attachments import (
    IN_FLIGHT,
    PREPARING,
    WAITING_ACKNOWLEDGEMENT,
    WAITING_CONFIRMATION,
    Change,
)
from counterfoil.domain.change import AbandonChange, AdvanceChange, ApplyChange, Command
from counterfoil.domain.payment import PaymentInProgress
from counterfoil.ledger.envelope import Actor, IdempotencyKey, KeyInFlight, Refused
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.tasks import Done, Outcome, Retry, Task

MOST_TRIES: Final = 5
"""How often a settlement that cannot be asked is tried (known issue 1155646)."""

NEVER_GIVEN_UP: Final = 1_000_000
"""A Change ends by being applied or canceled, not by its task being given up."""

LOOK_AGAIN_S: Final = 1.0
"""When a Change is tried again that only waits for money which is on its way."""

GAVE_UP = "Change process was automatically canceled after failed retries."
"""SalesOrderSystem017, word for word."""

TOO_LATE = "The change was not settled in time."

SETTLER = Actor("settlement", "changes")

_decode: Any = msgspec.json.decode
_log = structlog.get_logger()


class Changes:
    """Settles the Changes of orders."""

    def __init__(self, ledger: Ledger, settlement: Settlement, *, within_s: float) -> None:
        """Make it over what has to agree. A Change that is open after ``within_s`` is canceled."""
        self._ledger = ledger
        self._settlement = settlement
        self._within_s = within_s

    def handler(self) -> Handler:
        """Return how tasks of the kind `counterfoil.domain.steps.CHANGE_TASK` are carried out."""
        return Handler(self.run, limit=self._settlement.together, most_failures=NEVER_GIVEN_UP)

    async def close(self) -> None:
        """Release what the settlement holds."""
        await self._settlement.close()

    async def run(self, task: Task) -> Outcome:
        """Carry one Change on, from whatever step it is at. Faults get out: it is tried again."""
        body = _decode(task.body)
        order_id, request_id = body["order_id"], body["request_id"]
        if self._settlement.at_once:
            return await self._end(task, order_id, ApplyChange(request_id))
        async with self._ledger.reading() as reader:
            change = await reader.change(order_id, request_id)
        if change is None or change.status not in IN_FLIGHT:
            return Done()
        if change.status == PREPARING:
            await self._hand_over(task, order_id, request_id)
        asked = Asked(order_id, change, self._age_s(task))
        try:
            answer = await self._settlement.ask(asked)
        except SettlementFailed as failure:
            return await self._failed(task, order_id, change, str(failure))
        if isinstance(answer, Confirmed):
            return await self._end(task, order_id, ApplyChange(request_id))
        if isinstance(answer, Declined):
            return await self._end(task, order_id, AbandonChange(request_id, answer.reason))
        return await self._later(task, order_id, request_id, answer.after_s)

    async def _hand_over(self, task: Task, order_id: int, request_id: str) -> None:
        waiting = AdvanceChange(request_id, WAITING_ACKNOWLEDGEMENT, "The agreement was asked for.")
        await self._execute(task, order_id, waiting, "hand over")
        if self._settlement.hands_over:
            taken = AdvanceChange(request_id, WAITING_CONFIRMATION, "The settlement has begun.")
            await self._execute(task, order_id, taken, "taken")

    async def _failed(self, task: Task, order_id: int, change: Change, what: str) -> Outcome:
        """Note a try that went wrong; after the last one the Change is canceled by the system."""
        failures = change.failures + 1
        note = AdvanceChange(change.request_id, change.status, f"The settlement failed: {what}", failed=True)
        await self._execute(task, order_id, note, f"failure {failures}")
        _log.warning("a change cannot be settled", order=order_id, change=change.request_id, error=what)
        if failures >= MOST_TRIES:
            return await self._end(task, order_id, AbandonChange(change.request_id, GAVE_UP))
        return await self._later(task, order_id, change.request_id, pause_s(failures))

    async def _later(self, task: Task, order_id: int, request_id: str, after_s: float | None) -> Outcome:
        left_s = self._within_s - self._age_s(task)
        if left_s <= 0:
            return await self._end(task, order_id, AbandonChange(request_id, TOO_LATE))
        return Retry(left_s if after_s is None else min(after_s, left_s))

    async def _end(self, task: Task, order_id: int, command: ApplyChange | AbandonChange) -> Outcome:
        """Settle the Change. That it is settled already is as good."""
        outcome = await self._execute(task, order_id, command, type(command).__name__)
        waits = PaymentInProgress | KeyInFlight
        if isinstance(outcome, Refused) and isinstance(outcome.refusal, waits):
            return await self._later(task, order_id, command.request_id, LOOK_AGAIN_S)
        return Done()

    async def _execute(self, task: Task, order_id: int, command: Command, step: str) -> Any:
        key = IdempotencyKey("task", f"{task.id}/{step}", task.id)
        return await self._ledger.execute(order_id, command, actor=SETTLER, key=key)

    def _age_s(self, task: Task) -> float:
        return (self._ledger.clock.epoch_us() - task.ordinal) / 1_000_000
