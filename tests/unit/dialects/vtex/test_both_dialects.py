"""One book, two languages: orders of this dialect in the documents and verbs of the other."""

from decimal import Decimal

import pytest

from counterfoil.dialects.adobe.order_document import order_document
from counterfoil.dialects.vtex import order_id
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.ship import ShipOrder
from counterfoil.ledger.doctor_order import examine_order
from counterfoil.ledger.envelope import Accepted
from tests.storage import TESTER
from tests.unit.dialects.vtex.orders import fulfillment, item


@pytest.fixture
def placed(client, ledger):
    """Place an order of this dialect that can be handled, and return its id in the books."""

    async def run(*items):
        await client.post("/api/fulfillment/pvt/orders?affiliateId=MKP", fulfillment(*items))
        await client.post("/api/fulfillment/pvt/orders/MKP-555/fulfill", {})
        async with ledger.reading() as reader:
            return await order_id.find(reader, "MKP-555")

    return run


async def test_the_other_dialect_shows_the_order(placed, ledger):
    entity_id = await placed(item(price=4990, quantity=3), item("4102", 100, 1))
    async with ledger.reading() as reader:
        order = await reader.order(entity_id)
    document = order_document(order)
    assert document["grand_total"] == Decimal("166.7")
    assert [row["sku"] for row in document["items"]] == ["4101", "4102"]
    assert document["items"][0]["qty_ordered"] == 3
    assert document["billing_address"]["country_id"] == "BR"
    assert document["billing_address"]["street"] == ("Rua Exemplo 10", "ap 3", "Centro")
    assert (document["billing_address"]["firstname"], document["billing_address"]["lastname"]) == (
        "Nadia Maria",
        "Ferro",
    )
    assert document["payment"]["method"] == "vtex"
    assert document["ext_order_id"] == "MKP-555"


@pytest.mark.parametrize(
    "commands",
    [
        (IssueInvoice(), ShipOrder()),
        (CancelOrder(),),
        (ShipOrder(), IssueInvoice(), CreditOrder(return_to_stock=frozenset({1, 2}))),
    ],
)
async def test_the_verbs_of_the_other_dialect_work(placed, ledger, commands):
    entity_id = await placed(item(price=3333, quantity=3, priceTags=[]), item("4102", 1, 7))
    for command in commands:
        outcome = await ledger.execute(entity_id, command, actor=TESTER)
        assert isinstance(outcome, Accepted), outcome
    async with ledger.reading() as reader:
        examined = await examine_order(reader, entity_id)
    assert not examined.problems, examined


async def test_an_invoice_of_the_other_dialect_is_seen_in_this_one(placed, ledger, client):
    entity_id = await placed(item(quantity=2))
    await ledger.execute(entity_id, IssueInvoice(), actor=TESTER)
    document = (await client.get("/api/oms/pvt/orders/MKP-555")).json
    assert document["status"] == "invoiced"
    (package,) = document["packageAttachment"]["packages"]
    assert package["invoiceValue"] == document["value"]
