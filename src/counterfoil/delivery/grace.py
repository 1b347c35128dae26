"""The timer that ends the time in which an order can be canceled freely."""

from typing import Any

import msgspec

from counterfoil.domain.handling import EndGracePeriod
from counterfoil.ledger.envelope import Actor
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.tasks import Done, Outcome, Task, effect_key

TIMER = Actor("timer", "grace-period")

_decode: Any = msgspec.json.decode


class GracePeriods:
    """Ends grace periods that are over."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def run(self, task: Task) -> Outcome:
        """Let the order go on. One that has gone on already, or was canceled, stays as it is."""
        order_id = _decode(task.body)["order_id"]
        await self._ledger.execute(order_id, EndGracePeriod(), actor=TIMER, key=effect_key(task))
        return Done()
