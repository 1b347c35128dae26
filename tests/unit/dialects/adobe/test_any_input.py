"""Promise 11: bad input of any kind gets a clear error in the dialect's own form, never a 500."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from counterfoil.access.access import Access
from counterfoil.access.identity import GUEST, Identity
from counterfoil.checkout import fresh
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.operation import KIND, bulk_path
from counterfoil.dialects.adobe.operation_runner import Operations
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, STRING, DataObject, ListOf
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.tasks import Done
from tests.drafts import draft, row
from tests.unit.dialects.adobe.asgi import TOKENS, Client

TRIES = 12
JUNK: list[Any] = [
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, -(2**70), 10**30, 1.5, -0.00001, 1e300),
    *("", " ", "0", "1", "-1", "1.5", "abc", "1e5", "1e400", "é😀", "a" * 300, "x" * 70_000, "\u2028"),
    *("'; DROP TABLE orders; --", "%1", "{}", "S1", "USD", "2026-02-30", "admin", "mine", "\x7f"),
    *([], {}, [[]], [1, "a"], {"a": 1}, [{}], {"0": {}}, [None]),
]
PATHS = [
    *("0", "1", "7", "-1", "abc", "1.5", "99999999999999999999", "1e9", "mine", "S1", "x" * 300),
    *("%F0%9F%98%80", "%FF", "a%2Fb", "%20", "%27"),
]


def value(kind: Any, choice: random.Random, depth: int = 0) -> Any:
    """Return something that may or may not be of that kind."""
    if choice.random() < 0.15 or depth > 5:
        return choice.choice(JUNK)
    if isinstance(kind, ListOf):
        return [value(kind.item, choice, depth + 1) for _ in range(choice.randint(0, 2))]
    if isinstance(kind, DataObject):
        names = [name for name in kind.fields if choice.random() < 0.7]
        return {name: value(kind.fields[name], choice, depth + 1) for name in names}
    if kind is INT:
        return choice.choice([0, 1, 2, 43, -1, "1", 10**9, 2**62])
    if kind is FLOAT:
        return choice.choice([0, 1, 2.5, -1, "1.25", 10**15, 0.00001])
    if kind is STRING:
        return choice.choice(
            ["S1", "US", "NY", "a@b.c", "checkmo", "flatrate", "simple", "10577", "", "x" * 300]
        )
    if kind is BOOL:
        return choice.choice([True, False, "yes", 0])
    return choice.choice(JUNK)


def request(route: Route, choice: random.Random) -> tuple[str, bytes | None]:
    parts = [choice.choice(PATHS) if part.startswith(":") else part for part in route.path.split("/")]
    url = "/rest" + "/".join(parts)
    if route.method in {"POST", "PUT"}:
        sent = {param.name: value(param.type, choice) for param in route.params if choice.random() < 0.9}
        return url, json.dumps(sent if choice.random() < 0.95 else choice.choice(JUNK)).encode()
    names = [
        "searchCriteria",
        "fields",
        "a[b]",
        "searchCriteria[pageSize]",
        "searchCriteria[sortOrders][0][field]",
    ]
    names += [
        f"searchCriteria[filter_groups][0][filters][0][{key}]" for key in ("field", "value", "condition_type")
    ]
    values = [
        "",
        "1",
        "-1",
        "abc",
        "id",
        "entity_id",
        "sku",
        "like",
        "in",
        "regexp",
        "items[",
        "[",
        "(",
        "%25",
        "2026",
    ]
    query = "&".join(f"{name}={choice.choice(values)}" for name in names if choice.random() < 0.6)
    return f"{url}?{query}", None


class Door(Access):
    """The real door, with a few tokens known by heart."""

    async def identify(self, bearer_token: str | None) -> Identity:
        return TOKENS.get(bearer_token or "", GUEST)


@pytest.fixture
async def client(place, ledger):
    """A client of all routes of a new shop with an order in it."""

    async def fill(transaction):
        await fresh.prepare(transaction)
        return Body(b"null")

    await ledger.transact(fill)
    await place(draft(row("S1", 1000)))
    door = Door(ledger)
    yield Client(App(Shop(ledger, Clock(), door), ROUTES))
    door.close()


@pytest.mark.parametrize("token", ["admin", "customer", None])
async def test_no_input_makes_a_500(client, token):
    choice = random.Random(f"input of {token}")
    for route in ROUTES:
        for _ in range(TRIES):
            url, content = request(route, choice)
            answer = await client.ask(route.method, url, content, token=token)
            told = f"{route.method} {url}\n{(content or b'')[:3000]!r}\n{answer}"
            assert answer.status in {200, 400, 401, 404}, told
            read = json.loads(answer.content, parse_float=Decimal)
            if answer.status != 200:
                assert read["message"], told
                assert read.keys() <= {"message", "parameters", "errors"}, told


def later(route: Route, url: str, content: bytes | None) -> list[tuple[str, bytes | None]]:
    """Return the same request as an asynchronous one, and as a bulk of two."""
    below, _, query = url.removeprefix("/rest").partition("?")
    bulk = f"/rest/async/bulk/{bulk_path(route.path)}"
    if route.method == "DELETE":
        values = [
            part
            for part, name in zip(below.split("/"), route.path.split("/"), strict=True)
            if name[:1] == ":"
        ]
        return [
            (f"/rest/async{below}?{query}", None),
            (bulk, json.dumps([dict(zip(route.variables, values, strict=True))] * 2).encode()),
        ]
    entry = json.loads(content or b"null")
    named = {**entry, **dict.fromkeys(route.variables, 1)} if isinstance(entry, dict) else entry
    return [(f"/rest/async{below}", content), (bulk, json.dumps([named, entry]).encode())]


@pytest.mark.parametrize("token", ["admin", "customer"])
async def test_no_input_makes_a_500_later(client, ledger, token):
    choice = random.Random(f"later input of {token}")
    shop = client.app._shop
    operations = Operations(shop, ROUTES)
    accepted = 0
    for route in ROUTES:
        if route.method == "GET":
            continue
        for _ in range(TRIES // 3):
            for url, content in later(route, *request(route, choice)):
                answer = await client.ask(route.method, url, content, token=token)
                told = f"{route.method} {url}\n{(content or b'')[:3000]!r}\n{answer}"
                assert answer.status in {202, 400, 401, 404}, told
                assert answer.status == 202 or answer.json["message"], told
                accepted += answer.status == 202
    assert accepted > 20
    async with ledger.reading() as reader:
        tasks = [task for task in await reader.tasks.listed("open", limit=10_000) if task.kind == KIND]
    for task in tasks:
        outcome = await operations.run(task)
        assert isinstance(outcome, Done)
        assert "Report ID" not in (outcome.result or ""), (task.body[:3000], outcome)
