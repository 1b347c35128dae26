"""An address for hooks in a process of its own: it notes when each notice came and answers 200.

``python -m counterfoil.lab.receiver`` prints its port, then answers each line on its standard input with one
line: ``count`` with how many notices came, ``take`` with all of them as JSON, which it then forgets.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_PING = b"hookConfig"
_TIMEOUT_S = 10.0


class Arrival(Struct, frozen=True):
    """A notice: when it came, in microseconds since 1970, and what of. Repeated it has the same id."""

    at_us: int
    event_id: str
    order_id: str
    happened: str

    @property
    def latency_s(self) -> float:
        """Seconds from the time that the journal has to the arrival."""
        # Python reads six digits of a second.
        happened = datetime.fromisoformat(f"{self.happened[:26]}+00:00")
        return self.at_us / 1e6 - happened.timestamp()


class _Body(Struct, rename="pascal"):
    order_id: str
    current_change: str


class _Connection(asyncio.Protocol):
    """Reads requests with a ``Content-Length`` and nothing else, which is what the service sends."""

    def __init__(self, arrivals: list[Arrival], clock: Clock) -> None:
        self._arrivals = arrivals
        self._clock = clock
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            length = int(_header(head, _LENGTH) or b"0")
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            if _PING not in body:
                told = msgspec.json.decode(body, type=_Body)
                event_id = _header(head, b"\r\nwebhook-id:").decode()
                self._arrivals.append(
                    Arrival(self._clock.epoch_us(), event_id, told.order_id, told.current_change)
                )
            assert self._transport is not None
            self._transport.write(_ANSWER)


def _header(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(name)
    return rest.partition(b"\r\n")[0].strip() if found else b""


class Receiver:
    """The other side of the pipe to a receiver. ``url`` is what a hook is configured with."""

    def __init__(self, process: "subprocess.Popen[str]", clock: Clock) -> None:
        self._process = process
        self._clock = clock
        self.url = f"http://127.0.0.1:{int(self._line())}/"

    def wait(self, count: int, *, within_s: float) -> bool:
        """Wait until that many notices came since the last `take`; tell whether they did in time."""
        deadline_s = self._clock.monotonic_s() + within_s
        while int(self._ask("count")) < count:
            if self._clock.monotonic_s() > deadline_s:
                return False
            Event().wait(0.002)
        return True

    def take(self) -> list[Arrival]:
        """Return what came since the last time."""
        return msgspec.json.decode(self._ask("take"), type=list[Arrival])

    def _ask(self, word: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise CannotMeasure("the receiver of hooks has ended")
        return line


@contextmanager
def receiving(clock: Clock) -> Iterator[Receiver]:
    """Run a receiver in a process of its own for the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "counterfoil.lab.receiver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Receiver(process, clock)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def serve(arrivals: list[Arrival], clock: Clock) -> None:
    """Take notices and print the port that they go to; never returns."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(arrivals, clock), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until standard input ends."""
    arrivals: list[Arrival] = []
    Thread(target=lambda: uvloop.run(serve(arrivals, Clock())), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == "take":
            taken = arrivals[:]
            del arrivals[: len(taken)]
            print(msgspec.json.encode(taken).decode(), flush=True)
        else:
            print(len(arrivals), flush=True)


if __name__ == "__main__":
    main()
