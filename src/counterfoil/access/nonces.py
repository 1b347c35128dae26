"""Nonces of signed requests: each is taken once, by all processes together and after restarts.

Every signed request costs a commit, so requests that arrive together share one, as commands in the
ledger's lane do. The same transaction sees whether the token is still there: a token that somebody has
revoked is refused at once, in every process.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from enum import Enum

import msgspec
from msgspec import Struct

from counterfoil.access import token
from counterfoil.ledger.envelope import Answered
from counterfoil.ledger.faults import Busy, Unavailable, Unknown
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

MAX_TOGETHER = 64
"""The most claims of one transaction."""

MAX_WAITING = 4096
WAIT_S = 10
"""How long a claim may wait before it is given up."""

FORGET_EVERY = 250
FORGET_AT_ONCE = 500
"""After so many new nonces up to so many expired ones are removed: twice what has come."""


class Claim(Struct, frozen=True):
    """A nonce to be taken, and the digest of the token that must still be good.

    ``nonce`` is the digest of consumer and nonce, ``expires_at`` the second since 1970 from which on the
    timestamp of the request is refused by itself.
    """

    nonce: str
    token: str
    expires_at: int


class Claimed(Enum):
    """What became of a claim."""

    FRESH = "fresh"
    REUSED = "reused"
    REVOKED = "revoked"


Waiting = tuple[Claim, "asyncio.Future[Claimed]"]


def digest(consumer_id: int, nonce: str) -> str:
    """Return the name under which a consumer's nonce is stored: nonces may hold any character."""
    return hashlib.sha256(f"{consumer_id}:{nonce}".encode("utf-8", "surrogatepass")).hexdigest()


class Nonces:
    """Takes the nonces of one process's requests, many in one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: deque[Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._since_forgetting = FORGET_EVERY

    async def claim(self, claim: Claim) -> Claimed:
        """Take a nonce. Raises a `Fault`; the request is then refused and nothing was done."""
        if len(self._waiting) >= MAX_WAITING:
            raise Busy("Too many signed requests at once. Nothing was done. Please try again.")
        future: asyncio.Future[Claimed] = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        try:
            async with asyncio.timeout(WAIT_S):
                return await future
        except TimeoutError:
            raise Busy("Too many signed requests at once. Nothing was done. Please try again.") from None

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                if batch:
                    await self._serve(batch)
        finally:
            self._worker = None

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._waiting and len(batch) < MAX_TOGETHER:
            claim, future = self._waiting.popleft()
            if not future.done():
                batch.append((claim, future))
        return batch

    async def _serve(self, batch: Sequence[Waiting]) -> None:
        try:
            answers = await self._write([claim for claim, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    async def _write(self, claims: Sequence[Claim]) -> list[Claimed]:
        forgets = self._since_forgetting >= FORGET_EVERY

        async def work(transaction: Transaction) -> Body:
            answers = await _take(transaction, claims)
            if forgets:
                await transaction.forget_nonces(self._ledger.clock.epoch_s(), limit=FORGET_AT_ONCE)
            return Body(msgspec.json.encode(answers))

        try:
            answer = await self._ledger.transact(work)
        except Unknown as unknown:
            # Perhaps the nonces are taken, but of the requests nothing has been done.
            raise Unavailable from unknown
        assert isinstance(answer, Answered)
        self._since_forgetting = len(claims) + (0 if forgets else self._since_forgetting)
        return msgspec.json.decode(answer.body, type=list[Claimed])


async def _take(transaction: Transaction, claims: Sequence[Claim]) -> list[Claimed]:
    """Take the nonces of those whose token is still there. Of two that are the same, the first gets it."""
    good = {
        hashed
        for hashed in {claim.token for claim in claims}
        if await transaction.records.named(token.KIND, hashed) is not None
    }
    wanted = {claim.nonce: claim.expires_at for claim in claims if claim.token in good}
    free = await transaction.claim_nonces(wanted)
    answers: list[Claimed] = []
    for claim in claims:
        if claim.token not in good:
            answers.append(Claimed.REVOKED)
        elif claim.nonce in free:
            free.discard(claim.nonce)
            answers.append(Claimed.FRESH)
        else:
            answers.append(Claimed.REUSED)
    return answers
