"""Setting money aside before an order is placed, and giving it up again if no order comes of it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from counterfoil.checkout.authorization import (
    AUTHORIZATIONS,
    OPEN,
    RELEASE_DECLINED,
    RELEASE_SENT,
    RELEASED,
    RELEASING,
    Authorization,
    AuthorizationNeeded,
    answered,
    cart_name,
    fits,
)
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.gateway import AUTHORIZATION, CONFIRMED, SENT, UNKNOWN, VOID, WANTED
from counterfoil.ledger.faults import Conflict, PaymentPending
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Transaction
from counterfoil.ledger.settlements import LOOK_AGAIN_S
from counterfoil.ledger.tasks import Done, Outcome, Retry, Task
from counterfoil.payments.calling import answer_of, pause_s, resolve, send
from counterfoil.payments.port import Answer, Gateway, No, NoAnswer, Request, Yes

TASK = "authorization"
RELEASE_TASK = "authorization_release"
KEPT_S = 900
"""So long an authorisation waits for its order. A client that comes back earlier uses it."""

_decode: Any = msgspec.json.Decoder(dict[str, int]).decode
_PREFIX = "cart-"
_log = structlog.get_logger()


class Authorizations:
    """Sets money aside for carts."""

    def __init__(self, ledger: Ledger, gateways: Mapping[str, Gateway], *, answer_within_s: float) -> None:
        """Make them over gateways by payment method; each call gets ``answer_within_s``."""
        self._ledger = ledger
        self._gateways = gateways
        self._within_s = answer_within_s

    async def authorise(self, needed: AuthorizationNeeded) -> Yes | No:
        """Have what is needed set aside, or find that it is. Raises `PaymentPending` if not in time.

        Every request for a cart waits for the same authorisation, so there is never a second one besides.
        """
        record_id = await self._begin(needed)
        clock = self._ledger.clock
        until_s = clock.monotonic_s() + self._ledger.payment_wait_s
        while True:
            async with self._ledger.reading() as reader:
                held = await AUTHORIZATIONS.get(reader.records, record_id)
            if held is None or held.state not in OPEN:
                break
            left_s = until_s - clock.monotonic_s()
            if left_s <= 0:
                raise PaymentPending
            await self._ledger.settlements.wait(_name(record_id), upto_s=min(left_s, LOOK_AGAIN_S))
        if held is None or held.txn_id is None:
            return No(held.reason or "" if held else "")
        return Yes(held.txn_id)

    async def release(self, cart_id: int) -> None:
        """Give up what is set aside for a cart of which no order has come."""

        async def work(transaction: Transaction) -> Body | None:
            held = await AUTHORIZATIONS.named(transaction.records, cart_name(cart_id), lock=True)
            if held is None or held.state != CONFIRMED:
                return None
            await self._let_go(transaction, held)
            return Body(b"true")

        await self._ledger.transact(work)

    async def run(self, task: Task) -> Outcome:
        """Carry out one authorisation, from whatever phase it is in."""
        held = await self._read(task)
        if held is None or held.state not in OPEN:
            return Done()
        gateway = self._gateway(held)
        request = Request(held.reference, held.amount, held.currency, token=held.token)
        if held.state == WANTED:
            if not await self._move(held, SENT):
                return Retry(pause_s(task.attempts))
            answer = await answer_of(
                send(gateway, AUTHORIZATION, request), held.reference, within_s=self._within_s
            )
        else:
            answer = await resolve(gateway, AUTHORIZATION, request, within_s=self._within_s)
        await self._settle(held.id, answer)
        return Retry(pause_s(task.attempts)) if isinstance(answer, NoAnswer) else Done()

    async def run_release(self, task: Task) -> Outcome:
        """Give an authorisation up that no order has used."""
        held = await self._read(task)
        if held is None:
            return Done()
        if held.state in OPEN:
            return Retry(pause_s(20))
        if held.state == CONFIRMED:
            return Retry(0.0) if await self._move(held, RELEASING) else Retry(pause_s(task.attempts))
        if held.state not in {RELEASING, RELEASE_SENT}:
            return Done()
        gateway = self._gateway(held)
        request = Request(f"{held.reference}-void", held.amount, held.currency, held.txn_id)
        if held.state == RELEASING:
            if not await self._move(held, RELEASE_SENT):
                return Retry(pause_s(task.attempts))
            answer = await answer_of(send(gateway, VOID, request), held.reference, within_s=self._within_s)
        else:
            answer = await resolve(gateway, VOID, request, within_s=self._within_s)
        if isinstance(answer, NoAnswer):
            return Retry(pause_s(task.attempts))
        if isinstance(answer, No):
            _log.error("an authorisation could not be given up", reference=held.reference, why=answer.reason)
        state = RELEASED if isinstance(answer, Yes) else RELEASE_DECLINED
        await self._move(replace(held, state=RELEASE_SENT), state)
        return Done()

    async def heard(self, reference: str, answer: Answer) -> None:
        """Take an answer that came by itself. One that is known already changes nothing."""
        number = reference.removeprefix(_PREFIX).partition("-")[0]
        if not (reference.startswith(_PREFIX) and number.isdecimal()):
            return
        async with self._ledger.reading() as reader:
            held = await AUTHORIZATIONS.named(reader.records, cart_name(int(number)))
        if held is not None and held.reference == reference:
            await self._settle(held.id, answer)

    async def _begin(self, needed: AuthorizationNeeded) -> int:
        """Return the id of the cart's authorisation, a new one if there is none that fits."""
        clock = self._ledger.clock
        found = 0

        async def work(transaction: Transaction) -> Body | None:
            nonlocal found
            held = await AUTHORIZATIONS.named(transaction.records, cart_name(needed.cart_id), lock=True)
            if held is not None and fits(held, needed):
                found = held.id
                return None
            if held is not None and held.state in OPEN:
                raise PaymentPending  # for another amount; what becomes of that has to be known first
            if held is not None:
                await self._let_go(transaction, held)
            fresh = Authorization(
                reference=f"{_PREFIX}{needed.cart_id}-{clock.unique_id()}",
                cart_id=needed.cart_id,
                method=needed.method,
                amount=needed.amount,
                currency=needed.currency,
                token=needed.token,
                created_at=clock.now(),
                updated_at=clock.now(),
            )
            try:
                stored = await AUTHORIZATIONS.insert(transaction.records, fresh)
            except NameTaken:
                raise Conflict from None
            found = stored.id
            body = {"id": stored.id}
            wishes = [FollowUp(TASK, body), FollowUp(RELEASE_TASK, body, delay_s=KEPT_S)]
            await self._ledger.want(transaction, wishes)
            return Body(b"true")

        await self._ledger.transact(work)
        return found

    async def _let_go(self, transaction: Transaction, held: Authorization) -> None:
        changed = replace(held, state=RELEASING, updated_at=self._ledger.clock.now())
        await AUTHORIZATIONS.update(transaction.records, changed)
        await self._ledger.want(transaction, [FollowUp(RELEASE_TASK, {"id": held.id})])

    async def _move(self, held: Authorization, state: str) -> bool:
        """Write the next state if it is still in the one before; tell whether it was."""

        async def work(transaction: Transaction) -> Body | None:
            current = await AUTHORIZATIONS.get(transaction.records, held.id, lock=True)
            if current is None or current.state != held.state:
                return None
            changed = replace(current, state=state, updated_at=self._ledger.clock.now())
            await AUTHORIZATIONS.update(transaction.records, changed)
            return Body(b"true")

        return await self._ledger.transact(work) is not None

    async def _settle(self, record_id: int, answer: Answer) -> None:
        async def work(transaction: Transaction) -> Body | None:
            held = await AUTHORIZATIONS.get(transaction.records, record_id, lock=True)
            if held is None or held.state not in OPEN:
                return None
            now = self._ledger.clock.now()
            match answer:
                case Yes(txn_id=txn_id):
                    held = answered(held, txn_id=txn_id, reason=None, now=now)
                case No(reason=reason):
                    held = answered(held, txn_id=None, reason=reason, now=now)
                case NoAnswer():
                    held = replace(held, state=UNKNOWN, updated_at=now)
            await AUTHORIZATIONS.update(transaction.records, held)
            return Body(b"true")

        await self._ledger.transact(work)
        if not isinstance(answer, NoAnswer):
            self._ledger.settlements.settled(_name(record_id))

    async def _read(self, task: Task) -> Authorization | None:
        async with self._ledger.reading() as reader:
            return await AUTHORIZATIONS.get(reader.records, _decode(task.body)["id"])

    def _gateway(self, held: Authorization) -> Gateway:
        return self._gateways[held.method]


def _name(record_id: int) -> str:
    return f"authorization/{record_id}"
