"""Many trials at a time over open connections: each is a coroutine, and asks exactly when it says."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from tests.wire import Answer

TOGETHER = 24
"""How many trials overlap."""
T = TypeVar("T")


class Timed(NamedTuple):
    """An answer, and when it was asked for and came, by the monotonic clock."""

    answer: Answer
    asked_s: float
    came_s: float


class Lines:
    """Connections to the processes of one shop. One is used for one request at a time, then again."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turn = 0
        self._free: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {
            port: [] for port in ports
        }

    async def ask(self, sent: bytes, *, at_s: float = 0, timeout_s: float = 40) -> Timed:
        """Send a request at the moment ``at_s`` (at once if that is over), to the processes in turn."""
        self._turn += 1
        port = self._ports[self._turn % len(self._ports)]
        free = self._free[port]
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(max(0, at_s - time.monotonic()))
        asked_s = time.monotonic()
        writer.write(sent)
        answer = await asyncio.wait_for(_receive(reader), timeout_s)
        came_s = time.monotonic()
        if answer.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            free.append((reader, writer))
        return Timed(answer, asked_s, came_s)

    async def together(self, requests: Sequence[bytes]) -> list[Answer]:
        """Send all at the same moment, each on a connection of its own."""
        at_s = time.monotonic() + 0.005
        return [
            timed.answer for timed in await asyncio.gather(*(self.ask(one, at_s=at_s) for one in requests))
        ]

    def close(self) -> None:
        for _, writer in (one for free in self._free.values() for one in free):
            writer.close()


async def _receive(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    status = int(head[0].split(" ", 2)[1])
    length = 0 if status == 204 else int(headers.get("content-length", 0))
    return Answer(status, headers, await reader.readexactly(length))


async def overlapping(
    count: int, trial: Callable[[int], Awaitable[T]], *, together: int = TOGETHER
) -> list[T]:
    """Run the trials 0, 1, … ``count`` − 1, so many at a time, and return what they return, in that order."""
    places = asyncio.Semaphore(together)

    async def one(number: int) -> T:
        async with places:
            return await trial(number)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(count)]
    return [task.result() for task in tasks]
