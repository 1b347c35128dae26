"""A load client so cheap that it measures the service and not itself.

It runs as a process of its own (``python -m counterfoil.lab.load``), reads a `Plan` as JSON from its
standard input and writes a `Report` as JSON to its standard output. Each connection is a closed loop:
one request is under way, the next goes out when its answer is in. Requests are bytes before the clock
starts; of an answer only the status line and the length are looked at.
"""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Iterator
from itertools import count, cycle, islice
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure
from counterfoil.lab.figures import Rate, rate_of

MAX_REQUESTS = 5_000_000
"""The most requests of one run, whatever its time allows."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""An answer longer than this ends its connection with an error."""

KEPT_ERRORS = 5

SERIAL = "#########"
"""Stands in a body for nine digits that no other request of the run has: they count up as requests go out."""


class Request(Struct, frozen=True):
    """One request; ``kind`` names the line of the report that its answer is counted in."""

    method: str
    path: str
    body: str = ""
    kind: str = ""


class Group(Struct, frozen=True):
    """Connections that take turns at the same requests, over and over until ``limit`` are sent."""

    connections: int
    requests: list[Request]
    limit: int = MAX_REQUESTS


class Plan(Struct, frozen=True):
    """A run: whom to ask, what, and for how long.

    ``seconds`` bounds the sending; answers under way are then waited for ``answer_timeout_s`` more.
    ``first_serial`` is what the first `SERIAL` becomes.
    """

    host: str
    port: int
    headers: dict[str, str]
    groups: list[Group]
    seconds: float
    answer_timeout_s: float = 30.0
    first_serial: int = 1


class Answers(Struct):
    """What became of the requests of one kind. ``rate`` is None if none was answered."""

    statuses: dict[int, int]
    rate: Rate | None


class Report(Struct):
    """The outcome of a run. ``unanswered`` requests may or may not have had an effect.

    ``begun_us`` is when the first requests were sent and ``last_answer_us`` when the last answer came, in
    microseconds since 1970.
    """

    kinds: dict[str, Answers]
    errors: list[str]
    unanswered: int = 0
    begun_us: int = 0
    last_answer_us: int = 0

    def accepted(self, kind: str = "") -> int:
        """Return how many requests of ``kind`` were answered with success."""
        statuses = self.kinds[kind].statuses if kind in self.kinds else {}
        return sum(count for status, count in statuses.items() if _is_success(status))

    def faults(self) -> list[str]:
        """Return, in words, everything but answers of success; nothing when all went well."""
        found = [
            f"{count} answers with status {status}"
            for answers in self.kinds.values()
            for status, count in answers.statuses.items()
            if not _is_success(status)
        ]
        if self.unanswered:
            found.append(f"{self.unanswered} requests without an answer")
        return found + self.errors


def _is_success(status: int) -> bool:
    return 200 <= status < 300


class MalformedAnswer(Exception):
    """What came back is not an HTTP/1.1 answer with a Content-Length."""


def answer_end(received: bytes | bytearray) -> tuple[int, int] | None:
    """Return the status and the total length of the answer at the start of ``received``.

    None while its head is not complete. Raises `MalformedAnswer`.
    """
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        if len(received) > 65_536:
            raise MalformedAnswer("the head of an answer does not end")
        return None
    if not received.startswith(b"HTTP/1.1 ") or not received[9:12].isdigit():
        raise MalformedAnswer(f"not an answer: {bytes(received[:40])!r}")
    head = received[:head_end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise MalformedAnswer("an answer without Content-Length")
    line_end = head.find(b"\r\n", at + 2)
    length = head[at + 17 : line_end if line_end >= 0 else head_end].strip()
    if not length.isdigit() or int(length) > MAX_ANSWER_BYTES:
        raise MalformedAnswer(f"Content-Length: {bytes(length)!r}")
    return int(received[9:12]), head_end + 4 + int(length)


def request_bytes(request: Request, plan: Plan) -> bytes:
    """Return the request as it goes over the wire."""
    body = request.body.encode()
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {plan.host}:{plan.port}"]
    lines += [f"{name}: {value}" for name, value in plan.headers.items()]
    if body:
        lines += ["Content-Type: application/json"]
    if body or request.method != "GET":
        lines += [f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


Prepared = tuple[str, bytes, int]
"""A request's kind, its bytes, and where in them its serial number goes (-1: it has none)."""


class _Tally:
    """Counts and times of all connections of a run."""

    def __init__(self, groups: list[Group]) -> None:
        self.latencies: dict[str, list[float]] = {}
        self.statuses: dict[str, dict[int, int]] = {}
        self.clients: dict[str, int] = {}
        for group in groups:
            for kind in dict.fromkeys(request.kind for request in group.requests):
                self.latencies[kind] = []
                self.statuses[kind] = {}
                self.clients[kind] = self.clients.get(kind, 0) + group.connections
        self.errors: list[str] = []
        self.last_answer_s: dict[str, float] = {}

    def note(self, kind: str, status: int, sent_s: float, now_s: float) -> None:
        self.latencies[kind].append(now_s - sent_s)
        statuses = self.statuses[kind]
        statuses[status] = statuses.get(status, 0) + 1
        self.last_answer_s[kind] = now_s

    def report(self, started_s: float, unanswered: int, clock: Clock) -> Report:
        kinds = {
            kind: Answers(
                statuses=self.statuses[kind],
                rate=rate_of(
                    self.clients[kind], latencies, len(latencies) / (self.last_answer_s[kind] - started_s)
                )
                if latencies
                else None,
            )
            for kind, latencies in self.latencies.items()
        }
        now_s, now_us = clock.monotonic_s(), clock.epoch_us()
        begun_us, last_us = (
            now_us - round((now_s - then_s) * 1e6)
            for then_s in (started_s, max(self.last_answer_s.values(), default=started_s))
        )
        return Report(kinds, self.errors[:KEPT_ERRORS], unanswered, begun_us, last_us)


class _Connection(asyncio.Protocol):
    """One client: sends a request, waits for the whole answer, sends the next."""

    def __init__(
        self, requests: Iterator[Prepared], serials: Iterator[int], tally: _Tally, clock: Clock
    ) -> None:
        self._requests = requests
        self._serials = serials
        self._tally = tally
        self._now_s = clock.monotonic_s
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._deadline_s = 0.0
        self._sent_s = 0.0
        self._kind = ""
        self.waiting = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are not registered as such

    def begin(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._send(self._now_s())

    def data_received(self, data: bytes) -> None:
        received: bytes | bytearray = data
        if self._received:
            self._received += data
            received = self._received
        try:
            end = answer_end(received)
        except MalformedAnswer as fault:
            self._finish(str(fault))
            return
        if end is None or len(received) < end[1]:
            if received is data:
                self._received += data
            return
        now_s = self._now_s()
        if len(received) > end[1]:
            self._finish("more bytes than one answer")
            return
        self.waiting = False
        self._tally.note(self._kind, end[0], self._sent_s, now_s)
        if received is not data:
            self._received = bytearray()
        self._send(now_s)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._finish(f"connection lost: {exc or 'closed by the service'}")

    def _send(self, now_s: float) -> None:
        request = next(self._requests, None) if now_s < self._deadline_s else None
        if request is None:
            self._finish(None)
            return
        self._kind, wire, at = request
        if at >= 0:
            wire = b"%s%09d%s" % (wire[:at], next(self._serials), wire[at + len(SERIAL) :])
        self.waiting = True
        self._sent_s = now_s
        assert self._transport is not None
        self._transport.write(wire)

    def _finish(self, error: str | None) -> None:
        if error is not None:
            self._tally.errors.append(error)
        if not self.done.done():
            self.done.set_result(None)
        if self._transport is not None:
            self._transport.close()


def _prepared(request: Request, plan: Plan) -> Prepared:
    wire = request_bytes(request, plan)
    return request.kind, wire, wire.find(SERIAL.encode())


async def drive(plan: Plan, clock: Clock) -> Report:
    """Carry out ``plan`` in this process and return what came of it.

    Raises OSError if a connection cannot be opened.
    """
    loop = asyncio.get_running_loop()
    tally = _Tally(plan.groups)
    serials = count(plan.first_serial)
    connections: list[_Connection] = []
    for group in plan.groups:
        prepared = [_prepared(request, plan) for request in group.requests]
        requests = islice(cycle(prepared), group.limit)
        for _ in range(group.connections):
            _, connection = await loop.create_connection(
                lambda requests=requests: _Connection(requests, serials, tally, clock),  # type: ignore[misc]
                plan.host,
                plan.port,
            )
            connections.append(connection)
    gc.disable()  # a pause of ours would look like one of theirs
    started_s = clock.monotonic_s()
    for connection in connections:
        connection.begin(started_s + plan.seconds)
    await asyncio.wait(
        [connection.done for connection in connections], timeout=plan.seconds + plan.answer_timeout_s
    )
    unanswered = sum(connection.waiting for connection in connections)
    return tally.report(started_s, unanswered, clock)


def run(plan: Plan) -> Report:
    """Carry out ``plan`` in a process of its own. Raises CannotMeasure if that process fails."""
    done = subprocess.run(
        [sys.executable, "-m", "counterfoil.lab.load"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        check=False,
        timeout=plan.seconds + plan.answer_timeout_s + 60,
    )
    if done.returncode != 0:
        raise CannotMeasure(f"the load client failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Report)


def main() -> None:
    """Read a plan, carry it out, write the report."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    report = uvloop.run(drive(plan, Clock()))
    sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
