"""The load client: what it sends, how it reads answers, and what it counts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure
from counterfoil.lab.load import (
    SERIAL,
    Group,
    MalformedAnswer,
    Plan,
    Report,
    Request,
    answer_end,
    drive,
    request_bytes,
    run,
)

OK = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 4\r\n\r\n"12"'
NO = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"

Answer = Callable[[int, bytes], bytes]


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[int]:
    """A service that answers the n-th request over all connections with ``answer(n, request)``."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = (
                    int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    if b"ength" in head
                    else 0
                )
                body = await reader.readexactly(length)
                count += 1
                sent = answer(count, head + body)
                if not sent:
                    break
                for start in range(0, len(sent), 30):
                    writer.write(sent[start : start + 30])
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def plan(port: int, *groups: Group, seconds: float = 5.0, answer_timeout_s: float = 5.0) -> Plan:
    headers = {"Authorization": "Bearer abc"}
    return Plan("127.0.0.1", port, headers, list(groups), seconds, answer_timeout_s=answer_timeout_s)


async def outcome(
    answer: Answer, *groups: Group, seconds: float = 5.0, answer_timeout_s: float = 5.0
) -> Report:
    async with service(answer) as port:
        return await drive(plan(port, *groups, seconds=seconds, answer_timeout_s=answer_timeout_s), Clock())


# ---------------------------------------------------------------- bytes


def test_a_request_is_complete_on_the_wire() -> None:
    request = Request("POST", "/rest/V1/order/7/invoice", '{"items":[]}')

    assert request_bytes(request, plan(8080)) == (
        b"POST /rest/V1/order/7/invoice HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer abc\r\n"
        b'Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{"items":[]}'
    )


def test_a_get_has_no_body_and_no_length() -> None:
    assert b"Content" not in request_bytes(Request("GET", "/rest/V1/orders/7"), plan(8080))


def test_an_answer_ends_where_its_length_says() -> None:
    assert answer_end(OK) == (200, len(OK))
    assert answer_end(OK + b"more") == (200, len(OK))
    assert answer_end(OK[:-2]) == (200, len(OK))


@pytest.mark.parametrize("received", [b"", b"HTTP/1.1 200 OK", OK[: OK.index(b"\r\n\r\n")]])
def test_an_unfinished_head_is_waited_for(received: bytes) -> None:
    assert answer_end(received) is None


@pytest.mark.parametrize(
    "received",
    [
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 abc\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_not_an_answer_is_refused(received: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        answer_end(received)


# ---------------------------------------------------------------- runs


async def test_every_connection_takes_its_turn_at_the_requests_until_the_limit() -> None:
    seen: list[bytes] = []

    def answer(_: int, request: bytes) -> bytes:
        seen.append(request.split(b" ")[1])
        return OK

    requests = [Request("POST", f"/{n}", "{}") for n in range(3)]
    report = await outcome(answer, Group(4, requests, limit=10))

    assert sorted(seen) == sorted([b"/0", b"/1", b"/2"] * 3 + [b"/0"])
    assert report.accepted() == 10
    assert report.faults() == []
    rate = report.kinds[""].rate
    assert rate is not None
    assert rate.clients == 4
    assert rate.p50_s is not None
    assert rate.max_s is not None
    assert 0 < rate.p50_s <= rate.max_s


async def test_requests_that_are_the_same_get_serial_numbers_of_their_own() -> None:
    seen: list[bytes] = []

    def answer(_: int, request: bytes) -> bytes:
        seen.append(request.split(b"\r\n\r\n")[1])
        return OK

    request = Request("POST", "/", f'{{"invoiceNumber":"{SERIAL}","invoiceValue":1}}')
    async with service(answer) as port:
        wanted = Plan("127.0.0.1", port, {}, [Group(2, [request], limit=3)], 5.0, first_serial=41)
        report = await drive(wanted, Clock())

    assert sorted(seen) == [b'{"invoiceNumber":"0000000%d","invoiceValue":1}' % n for n in (41, 42, 43)]
    assert report.faults() == []


async def test_the_time_of_the_last_answer_is_told() -> None:
    clock = Clock()
    before_us = clock.epoch_us()

    report = await outcome(lambda *_: OK, Group(1, [Request("GET", "/")], limit=3))

    assert before_us <= report.last_answer_us <= clock.epoch_us()


async def test_an_answer_of_accepted_is_success() -> None:
    accepted = OK.replace(b"200 OK", b"202 Accepted")

    report = await outcome(lambda *_: accepted, Group(1, [Request("PATCH", "/")], limit=2))

    assert report.accepted() == 2
    assert report.faults() == []


async def test_time_bounds_the_sending() -> None:
    clock = Clock()
    begun_s = clock.monotonic_s()

    report = await outcome(lambda *_: OK, Group(2, [Request("GET", "/")]), seconds=0.2)

    assert clock.monotonic_s() - begun_s < 2
    assert report.accepted() > 0
    assert report.faults() == []


async def test_kinds_are_counted_apart() -> None:
    report = await outcome(
        lambda _, request: NO if request.startswith(b"GET") else OK,
        Group(1, [Request("POST", "/", "{}", "write")], limit=3),
        Group(2, [Request("GET", "/", kind="read")], limit=5),
    )

    assert report.accepted("write") == 3
    assert report.kinds["read"].statuses == {400: 5}
    assert report.accepted("read") == 0
    assert report.accepted("unheard of") == 0


async def test_answers_that_are_not_success_are_faults() -> None:
    report = await outcome(lambda n, _: NO if n == 2 else OK, Group(1, [Request("GET", "/")], limit=3))

    assert report.accepted() == 2
    assert report.faults() == ["1 answers with status 400"]


async def test_a_connection_that_the_service_closes_leaves_its_request_unanswered() -> None:
    report = await outcome(lambda n, _: b"" if n == 2 else OK, Group(1, [Request("GET", "/")], limit=3))

    assert report.accepted() == 1
    assert report.unanswered == 1
    assert report.faults() == ["1 requests without an answer", "connection lost: closed by the service"]


async def test_an_answer_that_never_ends_is_not_waited_for_for_ever() -> None:
    report = await outcome(
        lambda *_: OK[:-1], Group(1, [Request("GET", "/")]), seconds=0.1, answer_timeout_s=0.2
    )

    assert report.unanswered == 1
    assert report.kinds[""].rate is None


async def test_more_than_one_answer_to_a_request_is_a_fault() -> None:
    report = await outcome(lambda *_: OK + b"H", Group(1, [Request("GET", "/")], limit=2), seconds=0.5)

    assert report.errors


async def test_the_client_runs_in_a_process_of_its_own() -> None:
    async with service(lambda *_: OK) as port:
        report = await asyncio.to_thread(run, plan(port, Group(3, [Request("GET", "/")], limit=9)))

    assert report.accepted() == 9


def test_a_service_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(CannotMeasure, match="the load client failed"):
        run(plan(1, Group(1, [Request("GET", "/")])))
