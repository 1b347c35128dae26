"""Who sees which orders through the shopper's routes."""

import pytest

from counterfoil.access.identity import Identity
from counterfoil.checkout.customer import CUSTOMERS, Customer
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.routes import ROUTES
from counterfoil.ledger.ledger import Body
from tests.unit.dialects.vtex.asgi import Client, FakeDoor
from tests.unit.dialects.vtex.orders import fulfillment

LIST = "/api/oms/user/orders"
MINE = "nadia@example.test"


@pytest.fixture
async def placed(client):
    assert (await client.post("/api/fulfillment/pvt/orders?affiliateId=MKP", fulfillment())).status == 200
    return f"{LIST}/MKP-555"


@pytest.fixture
def shopper(shop, ledger):
    """Sign a customer in, and return a client that shows the customer's token."""

    async def run(email):
        async def work(transaction):
            made = await CUSTOMERS.insert(
                transaction.records, Customer(email=email, firstname="N", lastname="F")
            )
            return Body(str(made.id).encode())

        customer_id = int((await ledger.transact(work)).body)

        class Door(FakeDoor):
            async def app_bearer(self, bearer_token):
                return Identity("customer", customer_id, email) if bearer_token == "c" else None

        shop.access.__class__ = Door
        client = Client(App(shop, ROUTES))
        cookie = {"VtexIdclientAutCookie": "c"}

        async def ask(url):
            return await client.get(url, key=None, headers=cookie)

        return ask

    return run


async def test_a_program_says_whose_orders_it_wants(client, placed):
    assert (await client.get(LIST)).status == 400
    assert (await client.get(f"{LIST}?clientEmail={MINE},b@c.d")).status == 400
    found = (await client.get(f"{LIST}?clientEmail={MINE}", key="viewer")).json
    assert [row["orderId"] for row in found["list"]] == ["MKP-555"]
    assert (await client.get(f"{placed}?clientEmail={MINE}", key="viewer")).json["orderId"] == "MKP-555"


async def test_an_order_of_somebody_else_is_not_found(client, placed):
    assert (await client.get(f"{LIST}?clientEmail=else@example.test")).json["list"] == []
    assert (await client.get(f"{placed}?clientEmail=else@example.test")).status == 404


async def test_nobody_sees_nothing(client, placed):
    assert (await client.get(f"{LIST}?clientEmail={MINE}", key=None)).status == 401
    assert (await client.get(f"{placed}?clientEmail={MINE}", key=None)).status == 401


async def test_a_customer_sees_own_orders_and_no_others(placed, shopper):
    ask = await shopper(MINE)
    assert [row["orderId"] for row in (await ask(LIST)).json["list"]] == ["MKP-555"]
    assert (await ask(placed)).json["orderId"] == "MKP-555"
    assert (await ask(f"{LIST}?clientEmail=else@example.test")).status == 403


async def test_another_customer_does_not_see_them(placed, shopper):
    ask = await shopper("else@example.test")
    assert (await ask(LIST)).json["list"] == []
    assert (await ask(placed)).status == 404
    assert (await ask("/api/oms/pvt/orders/MKP-555")).status == 403


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=31",
        "page=x",
        "per_page=0",
        "per_page=101",
        "status=handling",
        "text=shoes",
        "purchase_agent_id=1",
        "my_pending_approvals=true",
        "creation_date=2026",
        "creation_date=creationDate:[x%20TO%20y]",
    ],
)
async def test_what_a_list_cannot_do_is_said(client, query):
    assert (await client.get(f"{LIST}?clientEmail={MINE}&{query}")).status == 400
