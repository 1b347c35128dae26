"""The receiver of hooks: it answers in a process of its own and knows when what came."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from counterfoil.clock import Clock
from counterfoil.lab.receiver import Arrival, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Clock()) as one:
        yield one


def send(receiver: Receiver, *bodies: object) -> list[int]:
    connection = HTTPConnection(urlsplit(receiver.url).netloc, timeout=10)
    statuses = []
    for number, body in enumerate(bodies):
        connection.request("POST", "/", json.dumps(body), {"Webhook-Id": f"e{number}"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def told(order_id: str) -> dict[str, str]:
    return {"OrderId": order_id, "State": "invoice", "CurrentChange": "2026-11-20T14:00:00.1234560Z"}


def test_what_came_is_counted_and_taken_once(receiver: Receiver) -> None:
    before_us = time.time_ns() // 1000

    assert send(receiver, told("a"), told("b")) == [200, 200]

    assert receiver.wait(2, within_s=5)
    first, second = receiver.take()
    assert (first.event_id, first.order_id, second.event_id) == ("e0", "a", "e1")
    assert before_us <= first.at_us <= second.at_us
    assert receiver.take() == []


def test_a_ping_is_answered_and_not_counted(receiver: Receiver) -> None:
    assert send(receiver, {"hookConfig": "ping"}) == [200]

    assert not receiver.wait(1, within_s=0.05)


def test_the_latency_is_counted_from_the_time_of_the_event() -> None:
    arrival = Arrival(1_795_183_200_373_456, "e", "o", "2026-11-20T14:00:00.1234560Z")

    assert arrival.latency_s == pytest.approx(0.25)
