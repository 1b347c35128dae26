"""Evaluating JSONata expressions of clients (contract vtex §3.13), so that none can hurt the service.

Expressions run in a process of their own (`expression_child`), one at a time, within a deadline. One that
takes too long costs that process, which is started anew, and is not begun again for a while.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from counterfoil.clock import Clock

MOST_CHARACTERS = 5_000
DEADLINE_S = 1.0
_GRACE_S = 0.5
_START_S = 10.0
_AVOIDED_S = 60.0
_MOST_AVOIDED = 1_000
_PROGRAM = Path(__file__).with_name("expression_child.py")

_log = structlog.get_logger()


class Said(Struct, frozen=True):
    """What an expression says of a document."""

    true: bool


class Wrong(Struct, frozen=True):
    """The expression cannot be applied to the document, or is none. ``why`` is for people."""

    why: str
    is_none: bool = False


class TooSlow(Struct, frozen=True):
    """The expression was stopped, so nobody knows what it says."""


Verdict = Said | Wrong | TooSlow


class Expressions:
    """Evaluates expressions, one after another, in one process that is started when it is needed."""

    def __init__(self, clock: Clock, *, deadline_s: float = DEADLINE_S) -> None:
        """Make an evaluator; an evaluation takes ``deadline_s`` seconds at most."""
        self._clock = clock
        self._deadline_s = deadline_s
        self._child: Process | None = None
        self._turn = asyncio.Lock()
        self._avoided: dict[str, float] = {}

    async def evaluate(self, expression: str, document: str) -> Verdict:
        """Return what ``expression`` says of ``document``, which is JSON text."""
        if len(expression) > MOST_CHARACTERS:
            return Wrong(f"The expression is longer than {MOST_CHARACTERS} characters.", is_none=True)
        async with self._turn:
            if self._avoided.get(expression, 0.0) > self._clock.monotonic_s():
                return TooSlow()
            verdict = await self._ask(expression, document)
        if isinstance(verdict, TooSlow):
            _log.warning("an expression takes too long", expression=expression[:200])
            if len(self._avoided) >= _MOST_AVOIDED:
                self._avoided.clear()
            self._avoided[expression] = self._clock.monotonic_s() + _AVOIDED_S
        return verdict

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, expression: str, document: str) -> Verdict:
        line = msgspec.json.encode([expression, document, self._deadline_s]) + b"\n"
        # The first evaluation waits for the process to start, which is nobody's fault.
        within_s = self._deadline_s + _GRACE_S + (_START_S if self._child is None else 0)
        try:
            child = await self._started()
            assert child.stdin is not None
            assert child.stdout is not None
            async with asyncio.timeout(within_s):
                child.stdin.write(line)
                await child.stdin.drain()
                said = await child.stdout.readline()
            if said.endswith(b"\n"):
                return _verdict(msgspec.json.decode(said))
        except (TimeoutError, OSError):
            pass
        except BaseException:
            await self._end()
            raise
        await self._end()
        return TooSlow()

    async def _started(self) -> Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(_PROGRAM)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={},
                cwd="/",
            )
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _verdict(said: Sequence[object]) -> Verdict:
    truth, *complaint = said
    if isinstance(truth, bool):
        return Said(truth)
    why, is_none = complaint
    return Wrong(str(why), is_none=bool(is_none))
