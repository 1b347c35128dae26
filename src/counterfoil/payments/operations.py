"""Carrying out the payment operations of orders, in recorded phases outside any lock.

*wanted*: under the order's lock, with a task. *sent*: written before anything leaves. Then the gateway is
called. Its answer is settled under the lock, together with the document. Without an answer the gateway
is asked, with growing pauses, until it knows. Ended at any point, the task goes on from the phase
that was recorded.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.gateway import OPEN, WANTED
from counterfoil.domain.payment import NoAnswer, SendPayment, SettlePayment, wish_of
from counterfoil.ledger.envelope import Actor, Refused
from counterfoil.ledger.faults import PaymentPending
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.settlements import LOOK_AGAIN_S, of_order
from counterfoil.ledger.tasks import Done, Outcome, Retry, Task
from counterfoil.payments.calling import answer_of, pause_s, resolve, send
from counterfoil.payments.port import Answer, Gateway, Request

_decode: Any = msgspec.json.Decoder(dict[str, int]).decode
_log = structlog.get_logger()


class GatewayMissing(Exception):
    """No payment gateway of this name is set up here."""


class Operations:
    """Moves the money of orders."""

    def __init__(self, ledger: Ledger, gateways: Mapping[str, Gateway], *, answer_within_s: float) -> None:
        """Make the operations over gateways by payment method; each call gets ``answer_within_s``."""
        self._ledger = ledger
        self._gateways = gateways
        self._within_s = answer_within_s

    async def run(self, task: Task) -> Outcome:
        """Carry out one operation, from whatever phase it is in. Faults get out: it is tried again."""
        body = _decode(task.body)
        order_id, seq = body["order_id"], body["seq"]
        async with self._ledger.reading() as reader:
            operation = await _find(reader.payments_of(order_id), seq)
            order = await reader.payment_of(order_id)
        if operation is None or operation.state not in OPEN or order is None:
            return Done()
        method, currency = order
        gateway = self._gateways.get(method)
        if gateway is None:
            raise GatewayMissing(method)
        actor = Actor(f"gateway:{method}", "payments")
        request = Request(operation.reference, operation.amount, currency, operation.parent_txn_id)
        if operation.state == WANTED:
            noted = await self._ledger.execute(order_id, SendPayment(seq), actor=actor)
            if isinstance(noted, Refused):
                return Retry(pause_s(task.attempts))  # somebody else has just sent it
            answer = await answer_of(
                send(gateway, operation.kind, request), operation.reference, within_s=self._within_s
            )
        else:
            answer = await resolve(gateway, operation.kind, request, within_s=self._within_s)
        await self._settle(operation, answer, actor)
        return Retry(pause_s(task.attempts)) if isinstance(answer, NoAnswer) else Done()

    async def heard(self, method: str, reference: str, answer: Answer) -> None:
        """Take an answer that came by itself. One that is known already changes nothing."""
        order_id, _, rest = reference.partition("-")
        seq = rest.partition("-")[0]
        if not (order_id.isdecimal() and seq.isdecimal()):
            return
        async with self._ledger.reading() as reader:
            operation = await _find(reader.payments_of(int(order_id)), int(seq))
        if operation is None or operation.reference != reference:
            _log.warning("an answer to nothing that was asked", reference=reference)
            return
        await self._settle(operation, answer, Actor(f"gateway:{method}", "payments"))

    async def outcome(self, order_id: int, seq: int) -> PaymentOperation:
        """Return the operation once it is known what became of it. Raises `PaymentPending` if not in time."""
        clock = self._ledger.clock
        until_s = clock.monotonic_s() + self._ledger.payment_wait_s
        while True:
            async with self._ledger.reading() as reader:
                operation = await _find(reader.payments_of(order_id), seq)
            if operation is None:
                raise PaymentPending
            if operation.state not in OPEN:
                return operation
            left_s = until_s - clock.monotonic_s()
            if left_s <= 0:
                raise PaymentPending
            await self._ledger.settlements.wait(of_order(order_id), upto_s=min(left_s, LOOK_AGAIN_S))

    async def _settle(self, operation: PaymentOperation, answer: Answer, actor: Actor) -> None:
        command = SettlePayment(operation.seq, wish_of(operation), answer)
        await self._ledger.execute(operation.order_id, command, actor=actor)


async def _find(found: Any, seq: int) -> PaymentOperation | None:
    return next((one for one in await found if one.seq == seq), None)
