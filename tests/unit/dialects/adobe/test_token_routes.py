"""Tokens for passwords, against the recorded answers of Magento 2.4.7."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from argon2 import PasswordHasher

from counterfoil.access import user
from counterfoil.access.access import Access
from counterfoil.access.password import Passwords
from counterfoil.access.role import Grant
from counterfoil.checkout.customer import CUSTOMERS, Customer
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Call, Reply, Shop
from counterfoil.dialects.adobe.route import SELF, Route
from counterfoil.dialects.adobe.token_routes import NOT_SIGNED_IN, ROUTES
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine

RECORDINGS = Path(__file__).parents[3] / "conformance" / "adobe" / "recordings"
ADMIN, CUSTOMER = "/rest/V1/integration/admin/token", "/rest/V1/integration/customer/token"
REVOKE = "/rest/V1/integration/customer/revoke-customer-token"
PASSWORD = "correct horse 1"


class Answer(NamedTuple):
    status: int
    body: Any


class Client:
    """Sends requests straight into the application."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def post(self, path: str, content: Any = None, **headers: str) -> Answer:
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        body = b"" if content is None else sent
        lines = {"accept": "application/json", "content-type": "application/json", **headers}
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "client": ("127.0.0.1", 1),
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {**lines, "content-length": str(len(body))}.items()
            ],
        }
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        return Answer(messages[0]["status"], json.loads(messages[1]["body"]))


async def whoami(call: Call) -> Reply:
    return Reply(f"{call.identity.kind} {call.identity.id} {call.identity.name}")


@pytest.fixture
async def ledger() -> AsyncIterator[Ledger]:
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    yield Ledger(engine, Clock())
    await engine.close()


@pytest.fixture
async def client(ledger: Ledger) -> Client:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    access = Access(ledger, passwords=Passwords(hasher=hasher))
    hashed = await access.hash_password(PASSWORD)
    await user.create(ledger, name="admin", password_hash=hashed, grant=Grant("administrator"))

    async def work(transaction: Transaction) -> Body:
        customer = Customer(email="Cust@example.com", firstname="Cus", lastname="Tomer", password_hash=hashed)
        await CUSTOMERS.insert(transaction.records, customer)
        return Body(b"null")

    await ledger.transact(work)
    mine = Route("POST", "/V1/customers/me/name", whoami, SELF)
    anyone = Route("POST", "/V1/anyone", whoami, ("anonymous",))
    return Client(App(Shop(ledger, ledger.clock, access), (*ROUTES, mine, anyone)))


def recorded(name: str) -> tuple[Any, dict[str, str], Answer]:
    [path] = RECORDINGS.glob(f"*-{name}.json")
    exchange = json.loads(path.read_text(encoding="utf-8"))
    request, response = exchange["request"], exchange["response"]
    content = request["raw_body"].encode() if "raw_body" in request else request["body"]
    headers = {"content_type": request["headers"].get("Content-Type", "")}
    return content, headers, Answer(response["status"], response["body"])


@pytest.mark.parametrize(
    "name",
    [
        "auth-admin-token-wrong-password",
        "auth-admin-token-missing-field",
        "auth-admin-token-empty",
        "auth-admin-token-no-body",
        "auth-admin-token-malformed-json",
        "auth-admin-token-form-encoded",
        "auth-admin-token-text-plain",
        "customer-token-wrong",
    ],
)
async def test_what_was_refused_there_is_refused_here_in_the_same_words(client, name):
    content, headers, expected = recorded(name)
    path = CUSTOMER if name.startswith("customer") else ADMIN

    assert await client.post(path, content, **headers) == expected


async def test_an_admin_token_is_a_json_string_that_opens_the_door(client):
    answer = await client.post(ADMIN, {"username": "admin", "password": PASSWORD})

    assert answer.status == 200
    assert isinstance(answer.body, str)
    assert len(answer.body) == 32
    me = await client.post("/rest/V1/anyone", authorization=f"bEaReR {answer.body}")
    assert me == Answer(200, "admin 1 admin")


@pytest.mark.parametrize("scope", ["default", "all"])
async def test_every_store_gives_the_same_tokens(client, scope):
    path = ADMIN.replace("/rest/", f"/rest/{scope}/")

    assert (await client.post(path, {"username": "admin", "password": PASSWORD})).status == 200


async def test_a_customer_token_is_a_customers_whatever_the_case_of_the_address(client):
    token = (await client.post(CUSTOMER, {"username": "cUST@example.com", "password": PASSWORD})).body

    me = await client.post("/rest/V1/customers/me/name", authorization=f"Bearer {token}")
    assert me == Answer(200, "customer 1 Cust@example.com")


@pytest.mark.parametrize("username", ["nobody", "admin ", "ADMIN", "a" * 10_000, "x'; --", "админ"])
async def test_names_that_do_not_exist_are_a_wrong_sign_in(client, username):
    for path in (ADMIN, CUSTOMER):
        answer = await client.post(path, {"username": username, "password": PASSWORD})
        assert answer == Answer(401, {"message": NOT_SIGNED_IN})


async def test_an_admin_is_no_customer_and_the_other_way_round(client):
    for path, name in ((CUSTOMER, "admin"), (ADMIN, "Cust@example.com")):
        answer = await client.post(path, {"username": name, "password": PASSWORD})
        assert answer == Answer(401, {"message": NOT_SIGNED_IN})


async def test_the_seventh_guess_is_refused_even_if_it_is_right(client):
    for _ in range(6):
        await client.post(ADMIN, {"username": "admin", "password": "wrong"})

    answer = await client.post(ADMIN, {"username": "admin", "password": PASSWORD})
    assert answer == Answer(401, {"message": NOT_SIGNED_IN})


@pytest.mark.parametrize("password", [["x"], {"a": 1}])
async def test_a_password_that_is_no_text_is_a_type_error(client, password):
    answer = await client.post(ADMIN, {"username": "admin", "password": password})

    assert answer.status == 400
    assert 'The "array" value\'s type is invalid.' in answer.body["message"]


async def test_a_customer_takes_back_all_tokens(client):
    login = {"username": "cust@example.com", "password": PASSWORD}
    tokens = [(await client.post(CUSTOMER, login)).body for _ in range(2)]

    assert await client.post(REVOKE, authorization=f"Bearer {tokens[0]}") == Answer(200, True)

    refused = Answer(
        401,
        {
            "message": "The consumer isn't authorized to access %resources.",
            "parameters": {"resources": "self"},
        },
    )
    for token in tokens:
        assert await client.post(REVOKE, authorization=f"Bearer {token}") == refused


async def test_an_admin_has_no_customer_tokens_to_take_back(client):
    token = (await client.post(ADMIN, {"username": "admin", "password": PASSWORD})).body

    assert (await client.post(REVOKE, authorization=f"Bearer {token}")).status == 401


async def test_a_token_is_never_stored_with_an_idempotency_key(client):
    login = {"username": "admin", "password": PASSWORD}
    first = await client.post(ADMIN, login, idempotency_key="one")
    second = await client.post(ADMIN, login, idempotency_key="one")

    assert first.status == second.status == 200
    assert first.body != second.body
