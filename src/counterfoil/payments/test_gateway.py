"""The bundled gateway for tests: it moves no real money, and goes wrong on demand.

Its own ledger of money is a file of JSON lines, which is locked and synced for each movement, so that it
can be compared with the books after any crash, and shared by the processes of one service.

The token of an authorisation tells how it behaves: ``capture=decline refund=timeout``, with the kinds
``authorization``, ``capture``, ``refund`` and ``void``, and for each some of these, joined with ``+``:

* ``decline``: says no.
* ``delay:2``: takes 2 seconds before the money moves; ``slow:2``: after it has moved.
* ``timeout``: moves the money, and never answers. ``lose``: moves it, and the connection breaks.
* ``miss``: the connection breaks before anything has arrived, once for each operation.
* ``late:2``: moves the money, the connection breaks, and the answer comes 2 seconds later by itself.
* ``twice``: answers, and answers again.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from counterfoil.payments.port import Answer, Heard, No, Request, Yes

CODE = "testgateway"
TITLE = "Test Gateway"

AUTHORIZATION, CAPTURE, REFUND, VOID = "authorization", "capture", "refund", "void"
_FOR_EVER_S = 86_400


class Movement(Struct, frozen=True, omit_defaults=True):
    """One line of the file: what was asked, and what became of it. ``txn_id`` is None if nothing moved."""

    reference: str
    kind: str
    amount: int
    currency: str
    parent_txn_id: str | None = None
    token: str | None = None
    txn_id: str | None = None
    reason: str | None = None

    def answer(self) -> Answer:
        """Return what the gateway says of it."""
        return No(self.reason or "") if self.txn_id is None else Yes(self.txn_id)


_decode = msgspec.json.Decoder(Movement).decode


class TestGateway:
    """A gateway over one file of movements."""

    __test__ = False  # not a test, whatever pytest makes of the name

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._missed: set[str] = set()
        self._heard: Heard | None = None
        self._background: set[asyncio.Task[Any]] = set()

    async def authorise(self, request: Request) -> Answer:
        """Set money aside."""
        return await self._carry_out(AUTHORIZATION, request)

    async def capture(self, request: Request) -> Answer:
        """Take money of an authorisation; no more than is left of it."""
        return await self._carry_out(CAPTURE, request)

    async def refund(self, request: Request) -> Answer:
        """Give money of a capture back; no more than was taken."""
        return await self._carry_out(REFUND, request)

    async def void(self, request: Request) -> Answer:
        """Give up what is left of an authorisation."""
        return await self._carry_out(VOID, request)

    async def ask(self, reference: str) -> Answer | None:
        """Tell what became of an operation; None if it was never seen."""
        movements = await asyncio.to_thread(self.movements)
        return next((one.answer() for one in movements if one.reference == reference), None)

    def listen(self, heard: Heard) -> None:
        """Have answers that come late or twice told to ``heard``."""
        self._heard = heard

    def movements(self) -> list[Movement]:
        """Return everything that was ever asked of it, in its order."""
        with self._locked() as file:
            return _read(file)

    async def _carry_out(self, kind: str, request: Request) -> Answer:
        """Carry on with what has arrived, also when whoever sent it waits no longer."""
        work = asyncio.create_task(self._work_on(kind, request))
        self._background.add(work)
        work.add_done_callback(self._ended)
        return await asyncio.shield(work)

    async def _work_on(self, kind: str, request: Request) -> Answer:
        behaviour = await asyncio.to_thread(self._behaviour, kind, request)
        if "miss" in behaviour and request.reference not in self._missed:
            self._missed.add(request.reference)
            raise ConnectionError("the test gateway was not reached")
        await asyncio.sleep(behaviour.get("delay", 0))
        declines = "decline" in behaviour
        movement = await asyncio.to_thread(self._move, kind, request, declines=declines)
        if "twice" in behaviour:
            self._tell_later(movement, 0)
        if "late" in behaviour:
            self._tell_later(movement, behaviour["late"])
            raise ConnectionError("the test gateway has lost the connection")
        if "lose" in behaviour:
            raise ConnectionError("the test gateway has lost the connection")
        await asyncio.sleep(_FOR_EVER_S if "timeout" in behaviour else behaviour.get("slow", 0))
        return movement.answer()

    def _behaviour(self, kind: str, request: Request) -> dict[str, int]:
        token = request.token
        if token is None:
            token = _root_token(self.movements(), request.parent_txn_id)
        return behaviours(token).get(kind, {})

    def _move(self, kind: str, request: Request, *, declines: bool) -> Movement:
        with self._locked() as file:
            movements = _read(file)
            known = next((one for one in movements if one.reference == request.reference), None)
            if known is not None:
                return known
            reason = "declined as told" if declines else _refusal(movements, kind, request)
            movement = Movement(
                request.reference,
                kind,
                request.amount,
                request.currency,
                request.parent_txn_id,
                request.token,
                None if reason else f"{kind}-{len(movements) + 1}",
                reason,
            )
            file.seek(0, os.SEEK_END)
            file.write(msgspec.json.encode(movement) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            return movement

    def _tell_later(self, movement: Movement, after_s: int) -> None:
        async def tell() -> None:
            await asyncio.sleep(after_s)
            if self._heard is not None:
                await self._heard(movement.reference, movement.answer())

        task = asyncio.create_task(tell())
        self._background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled():
            task.exception()  # told to whoever still waits

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def behaviours(token: str | None) -> dict[str, dict[str, int]]:
    """Return how a token wants each kind of operation to go: ``capture=delay:2+twice`` and the like."""
    found: dict[str, dict[str, int]] = {}
    for word in (token or "").split():
        kind, _, wishes = word.partition("=")
        for wish in wishes.split("+"):
            name, _, seconds = wish.partition(":")
            found.setdefault(kind, {})[name] = int(seconds) if seconds.isdecimal() else 0
    return found


def _read(file: IO[bytes]) -> list[Movement]:
    """Return the whole lines; a line that a crash has cut off never counted, and is cut away."""
    file.seek(0)
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        file.truncate(len(whole))
    return [_decode(line) for line in whole.splitlines()]


def _root_token(movements: list[Movement], txn_id: str | None) -> str | None:
    """Return the token of the authorisation that a transaction goes back to."""
    by_id = {one.txn_id: one for one in movements if one.txn_id is not None}
    while txn_id is not None and txn_id in by_id:
        found = by_id[txn_id]
        if found.parent_txn_id is None:
            return found.token
        txn_id = found.parent_txn_id
    return None


def _refusal(movements: list[Movement], kind: str, request: Request) -> str | None:
    """Return why the money cannot be moved."""
    if kind == AUTHORIZATION:
        return None
    done = [one for one in movements if one.txn_id is not None]
    base = next((one for one in done if one.txn_id == request.parent_txn_id), None)
    if base is None or base.kind != (CAPTURE if kind == REFUND else AUTHORIZATION):
        return "there is no such transaction"
    gone = sum(one.amount for one in done if one.parent_txn_id == base.txn_id)
    return "more than is left" if gone + request.amount > base.amount else None
