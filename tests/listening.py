"""Who listens to running services: a reader of a feed, an address of a hook, and what they must hear."""

import asyncio
import json
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec

from counterfoil.clock import Clock
from counterfoil.delivery.told import event_id
from counterfoil.domain import decider, transitions
from counterfoil.domain.decider import Event
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.notices import Place
from counterfoil.main import engine_for
from tests.servers import Server, command
from tests.wire import Answer, Connection

FEED = "/api/orders/feed"
FEED_CONFIG = "/api/orders/feed/config"
HOOK_CONFIG = "/api/orders/hook/config"
QUEUE = {"visibilityTimeoutInSeconds": 20, "messageRetentionPeriodInSeconds": 345600}
LISTENING = {"COUNTERFOIL_HOOK_HTTP": "yes", "COUNTERFOIL_HOOK_PRIVATE": "yes"}
"""The environment of services whose hooks are on this machine."""

_decode = msgspec.json.Decoder(Event).decode


class Heard(NamedTuple):
    """One event as it came, and when."""

    event_id: str
    order_id: str
    state: str
    at_s: float


def app_key(server: Server, name: str = "listener") -> dict[str, str]:
    """Make an app key, and return the headers of its requests."""
    done = command(server.database_url, "keys", "create", name, "--dialect", "vtex", "--json")
    assert done.returncode == 0, done.stderr
    created = json.loads(done.stdout)
    return {"X-VTEX-API-AppKey": created["appKey"], "X-VTEX-API-AppToken": created["appToken"]}


class Caller:
    """Asks one service or the other in VTEX's language, and again when it was killed meanwhile."""

    def __init__(self, servers: Sequence[Server], headers: dict[str, str]) -> None:
        self._servers = servers
        self._headers = headers
        self._turn = 0

    def ask(self, method: str, path: str, body: Any = None, *, within_s: float = 30) -> Answer:
        deadline_s = time.monotonic() + within_s
        while True:
            self._turn += 1
            try:
                with Connection(self._servers[self._turn % len(self._servers)].port) as connection:
                    answer = connection.ask(method, path, body, headers=self._headers)
                if answer.status != 503:
                    return answer
            except OSError:
                pass
            assert time.monotonic() < deadline_s, f"nobody answers {method} {path}"
            time.sleep(0.02)


class Reader:
    """Reads a feed with several threads and confirms all that it gets, until it is told to stop."""

    def __init__(self, servers: Sequence[Server], headers: dict[str, str], *, threads: int = 2) -> None:
        self._caller = [Caller(servers, headers) for _ in range(threads)]
        self.heard: list[Heard] = []
        self.broken: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(one,), daemon=True) for one in self._caller
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        assert not self.broken, self.broken

    def _read(self, caller: Caller) -> None:
        try:
            while not self._stop.is_set():
                answer = caller.ask("GET", FEED)
                assert answer.status == 200, answer
                at_s = time.monotonic()
                items = answer.json
                self.heard += [Heard(one["eventId"], one["orderId"], one["state"], at_s) for one in items]
                if not items:
                    time.sleep(0.01)
                    continue
                done = caller.ask("POST", FEED, {"handles": [one["handle"] for one in items]})
                assert done.status == 200, done
        except AssertionError as error:
            self.broken.append(str(error))


class Address:
    """An address for a hook, in threads of its own. It answers ``status`` after ``delay_s`` seconds."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status = 200
        self.delay_s = 0.0
        address = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = address.status if "hookConfig" not in body else 200
                if "hookConfig" not in body:
                    time.sleep(address.delay_s)
                    if status == 200:
                        one = Heard(
                            self.headers["webhook-id"], body["OrderId"], body["State"], time.monotonic()
                        )
                        address.heard.append(one)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """A service that is killed hangs up in the middle."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/orders"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def expected(database_url: str, after: dict[int, int] | None = None) -> dict[str, list[tuple[str, str]]]:
    """Return by order what must have been heard: (event id, status) of each step, as the journal has it.

    ``after`` has the versions of orders up to which nobody listened.
    """
    return asyncio.run(_expected(database_url, after or {}))


async def _expected(database_url: str, after: dict[int, int]) -> dict[str, list[tuple[str, str]]]:
    engine = engine_for(database_url)
    await engine.open()
    found: dict[str, list[tuple[str, str]]] = {}
    async with Ledger(engine, Clock()).reading() as reader:
        for order_id in await reader.order_ids(limit=10_000):
            order = None
            steps: list[tuple[str, str]] = []
            for entry in await reader.journal(order_id, limit=100_000):
                event = _decode(entry.body)
                before = order.workflow_status if order is not None else ""
                order = decider.evolve(order, event)
                if entry.seq > after.get(order_id, 0):
                    path = transitions.path(order.flow, before, type(event).__name__, order.workflow_status)
                    steps += [
                        (event_id(Place(order_id, entry.seq, step)), state) for step, state in enumerate(path)
                    ]
            found[f"v{500_000 + order_id}cntf-01"] = steps
    await engine.close()
    return found


def versions(database_url: str) -> dict[int, int]:
    """Return the versions that orders have now."""

    async def look() -> dict[int, int]:
        engine = engine_for(database_url)
        await engine.open()
        async with Ledger(engine, Clock()).reading() as reader:
            orders = await reader.orders(await reader.order_ids(limit=10_000))
        await engine.close()
        return {order.entity_id: order.version for order in orders}

    return asyncio.run(look())


def assert_heard(heard: Sequence[Heard], must: dict[str, list[tuple[str, str]]]) -> None:
    """See that every step was heard, none that was not, and those of each order in their order."""
    first: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in heard:
        first[one.order_id].setdefault(one.event_id, one.state)
    for order_id, steps in must.items():
        assert list(first[order_id].items()) == steps, order_id


def wait_for(heard: list[Heard], count: int, *, within_s: float = 60) -> None:
    """Return when so many different events have been heard."""
    deadline_s = time.monotonic() + within_s
    while len({one.event_id for one in heard[:]}) < count:
        assert time.monotonic() < deadline_s, f"{len({one.event_id for one in heard})} of {count} events"
        time.sleep(0.02)
