"""Documents of orders in every state, against the published schemas and against our own description."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from counterfoil.delivery.versions import Versions
from counterfoil.dialects.vtex import order_data_document
from counterfoil.dialects.vtex.call import Settings
from counterfoil.dialects.vtex.whole import whole
from counterfoil.domain import decider
from counterfoil.domain.attachments import AddedLine
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.cancellation import DenyCancellation, RequestCancellation
from counterfoil.domain.change import ApplyChange, RequestChange
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.decider import Event
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.wanted import WantedLine
from counterfoil.ledger.envelope import Accepted
from tests.conformance.vtex import wire
from tests.conformance.vtex.schemas import assert_valid
from tests.conformance.vtex.wire import assert_ours
from tests.drafts import bundle, draft, row
from tests.storage import TESTER
from tests.unit.dialects.vtex.orders import ADDRESS, fulfillment, item, purchase

CLASSIC = "/api/oms/pvt/orders/{orderId}"
DOCUMENT = "/api/orders/pvt/document/{orderId}"
GROUP = "/api/oms/pvt/orders/order-group/{orderGroup}"
TRANSACTION = "/api/oms/pvt/orders/{orderId}/payment-transaction"
MESSAGES = "/api/oms/pvt/orders/{orderId}/conversation-message"
SHOPPER = "/api/oms/user/orders"
SHOPPERS = "/api/oms/user/orders/{orderId}"
CENTS = SCALE // 100


@pytest.fixture
def do(ledger):
    """Carry out commands on an order, one after the other."""

    async def run(entity_id, *commands):
        outcomes = []
        for command in commands:
            outcome = await ledger.execute(entity_id, command, actor=TESTER)
            assert isinstance(outcome, Accepted), outcome
            outcomes.append(outcome)
        return outcomes

    return run


@pytest.fixture
def check(client):
    """Look at an order in every way there is, and return both of its documents."""

    async def run(name):
        found = {}
        for route, kind in ((CLASSIC, wire.CLASSIC), (DOCUMENT, wire.DOCUMENT)):
            answer = await client.get(route.format(orderId=name))
            assert answer.status == 200, answer
            assert_valid(f"GET {route}", 200, answer.json)
            assert_ours(kind, answer.json)
            _adds_up(answer.json)
            found[route] = answer.json
        group = found[CLASSIC]["orderGroup"]
        for route, names in (
            (GROUP, {"orderGroup": group}),
            (TRANSACTION, {"orderId": name}),
            (MESSAGES, {"orderId": name}),
        ):
            answer = await client.get(route.format(**names))
            assert_valid(f"GET {route}", answer.status, answer.json)
        email = found[CLASSIC]["clientProfileData"]["email"]
        answer = await client.get(f"{SHOPPER}?clientEmail={email}")
        assert_valid(f"GET {SHOPPER}", answer.status, answer.json)
        answer = await client.get(f"{SHOPPERS.format(orderId=name)}?clientEmail={email}")
        assert answer.json == found[CLASSIC]
        assert_valid(f"GET {SHOPPERS}", answer.status, answer.json)
        return found[CLASSIC], found[DOCUMENT]

    return run


def _adds_up(document):
    assert sum(total["value"] for total in document["totals"]) == document["value"]
    prices = "priceDefinitions" if "priceDefinitions" in document["items"][0] else "priceDefinition"
    for entry in document["items"]:
        parts = entry[prices]["sellingPrices"]
        assert sum(part["value"] * part["quantity"] for part in parts) == entry[prices]["total"]
    goods, discounts = document["totals"][0]["value"], document["totals"][1]["value"]
    assert sum(entry[prices]["total"] for entry in document["items"]) == goods + discounts
    assert [info["itemIndex"] for info in document["shippingData"]["logisticsInfo"]] == list(
        range(len(document["items"]))
    )
    for package in document["packageAttachment"]["packages"]:
        assert all(line["itemIndex"] < len(document["items"]) for line in package["items"])


def registered(number, cents, *lines, **given):
    wanted = tuple(WantedLine(qty=qty * SCALE, index=index) for index, qty in lines)
    return RegisterInvoice(number, cents * CENTS, wanted, given)


FULL: dict[str, Any] = {
    "listPrice": 6000,
    "ean": "789",
    "refId": "R-1",
    "productId": "77",
    "sellerSku": "S-1",
    "unitMultiplier": 0.5,
    "measurementUnit": "kg",
    "imageUrl": "https://example.test/i.jpg",
    "detailUrl": "/p",
    "isGift": True,
    "commission": 10,
    "attachments": [{"name": "note", "content": {"to": "you"}}],
    "additionalInfo": {
        "brandName": "Acme",
        "categories": [{"id": 1, "name": "Home"}],
        "dimension": {"cubicweight": 0.5, "height": 10.0, "length": 10, "weight": 500, "width": 10},
    },
}
EVERYTHING: dict[str, Any] = {
    "marketingData": {"utmSource": "fb", "coupon": "TEN", "marketingTags": ["a"]},
    "customData": {"customApps": [{"id": "erp", "major": 1, "fields": {"a": "b"}}]},
    "openTextField": "ring twice",
    "clientPreferencesData": {"locale": "pt-BR", "optinNewsLetter": True},
    "invoiceData": {"address": ADDRESS, "userPaymentInfo": {"paymentMethods": ["Visa"]}},
    "callCenterOperatorData": {"id": "1", "email": "o@example.test", "userName": "o"},
    "giftRegistryData": {
        "giftRegistryId": "1",
        "giftRegistryType": "2",
        "giftRegistryTypeName": "list",
        "addressId": "3",
        "description": "d",
    },
}


async def test_an_order_of_which_everything_is_said(client, check):
    body = purchase(item(**FULL), item("4102", 3333, 1), **EVERYTHING)
    placed = (await client.ask("PUT", "/api/checkout/pub/orders", body)).json
    classic, document = await check(placed["orders"][0]["orderId"])
    assert classic["status"] == "payment-pending"
    assert classic["openTextField"] == {"value": "ring twice"}
    assert classic["marketingData"]["coupon"] == "TEN"
    assert classic["items"][0]["additionalInfo"]["brandName"] == "Acme"
    assert classic["shippingData"]["address"]["geoCoordinates"] == [Decimal("-46.65"), Decimal("-23.56")]
    assert classic["shippingData"]["address"]["complement"] == "ap 3"
    assert document["items"][0]["unitMultiplier"] == 0.5
    assert classic["paymentData"]["transactions"][0]["payments"][0]["paymentSystemName"] == "Mastercard"
    assert document["salesChannelData"]["id"] == classic["salesChannel"]


async def test_an_order_of_which_the_least_is_said(client, check):
    body = fulfillment()
    body["clientProfileData"] = {"email": "n@x.test", "firstName": "N", "lastName": "F"}
    body["shippingData"]["address"] = {"postalCode": "1"}
    await client.post("/api/fulfillment/pvt/orders?affiliateId=MKP", body)
    await check("MKP-555")


async def test_an_order_that_others_fulfil(client, check):
    body = purchase(item(seller="shoes"))
    placed = (await client.ask("PUT", "/api/checkout/pub/orders", body)).json
    classic, _ = await check(placed["orders"][0]["orderId"])
    assert classic["sellers"][0]["id"] == "shoes"


async def test_an_order_on_its_way(ready, do, check):
    name, entity_id = await ready(item(quantity=2), item("4102", 3333, 1))
    classic, _ = await check(name)
    assert (classic["status"], classic["allowCancellation"]) == ("ready-for-handling", True)
    await do(entity_id, StartHandling())
    _, document = await check(name)
    steps = [step["stepName"] for step in document["workflowData"]["instances"][0]["timeLine"]]
    assert steps[-4:] == ["window-to-cancel", "ready-for-handling", "start-handling", "handling"]
    await do(entity_id, registered("NF/1", 3333, (1, 1), courier="DHL", trackingNumber="T1"))
    classic, document = await check(name)
    assert (classic["status"], classic["allowCancellation"]) == ("handling", False)
    (package,) = classic["packageAttachment"]["packages"]
    assert (package["invoiceNumber"], package["invoiceValue"], package["courier"]) == ("NF/1", 3333, "DHL")
    assert [line["itemIndex"] for line in package["items"]] == [1]
    await do(entity_id, registered("NF 2", classic["value"] - 3333, (0, 2)))
    classic, document = await check(name)
    assert classic["status"] == "invoiced"
    assert classic["invoicedDate"] is not None
    instance = document["workflowData"]["instances"][0]
    assert instance["currentLogicalStep"] == "invoiced"
    assert [step["stepName"] for step in instance["timeLine"]][-2:] == ["invoice", "invoiced"]
    await do(entity_id, RegisterReturn("R-1", 3333 * CENTS, (WantedLine(qty=SCALE, index=1),)))
    classic, document = await check(name)
    back = classic["packageAttachment"]["packages"][-1]
    assert (back["type"], back["restitutions"]["Refund"]["value"]) == ("Input", 3333)
    assert document["packageAttachment"]["packages"][-1]["restitutions"]["refund"]["items"][0]["id"] == "4102"


async def test_a_package_tells_line_totals_where_it_is_told_them(ready, do, check):
    name, entity_id = await ready(item(price=5000, quantity=2))
    await do(entity_id, StartHandling(), registered("1", 10000, (0, 2)))
    classic, document = await check(name)
    assert classic["packageAttachment"]["packages"][0]["items"][0]["price"] == 5000
    assert document["packageAttachment"]["packages"][0]["items"][0]["price"] == 10000


async def test_an_order_that_somebody_wants_to_cancel(ready, do, check):
    name, entity_id = await ready()
    await do(entity_id, RequestCancellation("too late", requested_by_user=True))
    classic, _ = await check(name)
    (request,) = classic["cancellationRequests"]
    assert (classic["status"], request["reason"]) == ("cancellation-requested", "too late")
    assert classic["cancellationData"] is None
    await do(entity_id, DenyCancellation(request["id"], "packed"))
    classic, _ = await check(name)
    assert classic["status"] == "ready-for-handling"
    assert classic["cancellationRequests"][0]["deniedBySellerReason"] == "packed"
    await do(entity_id, RequestCancellation("really"), RequestCancellation("really"))
    classic, document = await check(name)
    assert classic["status"] == "canceled"
    assert classic["value"] == 10800
    assert classic["cancellationData"]["Reason"] == classic["cancelReason"] == "really"
    assert document["cancellationData"]["cancellationRequestId"] == classic["cancellationRequests"][-1]["id"]
    receipts = [entry["receiptType"] for entry in document["receiptData"]["receiptCollection"]]
    assert receipts == ["authorizePayment", "cancelPayment", "sellerCancellation", "marketPlaceCancellation"]


async def test_an_order_that_was_changed_at_once(ready, do, check):
    name, entity_id = await ready(item(quantity=2))
    change = RequestChange(
        "c-1", 1, "one broken", (WantedLine(qty=SCALE, index=0),), manual_discount=4500 * CENTS
    )
    await do(entity_id, StartHandling(), change)
    classic, _ = await check(name)
    (entry,) = classic["changesAttachment"]["changesData"]
    assert (entry["discountValue"], entry["incrementValue"]) == (4500, 0)
    assert [(row["id"], row["quantity"]) for row in entry["itemsRemoved"]] == [("4101", 1)]
    assert classic["value"] == 10800 - 4500
    assert classic["totals"][-1] == {"id": "Change", "name": "Total das mudanças", "value": -4500}


async def test_an_order_that_was_changed_and_settled(ready, do, check):
    name, entity_id = await ready(item(quantity=2), item("4102", 3333, 1))
    change = RequestChange("c-2", 2, "sold out", (WantedLine(qty=SCALE, index=1),))
    await do(entity_id, StartHandling(), change)
    classic, _ = await check(name)
    assert classic["changesAttachment"] is None
    before = classic["value"]
    await do(entity_id, ApplyChange("c-2"))
    classic, _ = await check(name)
    assert classic["changesAttachment"]["changesData"][0]["discountValue"] == before - classic["value"] > 0
    assert [entry["id"] for entry in classic["items"]] == ["4101", "4102"]


def _both_ways(generation):
    """Return a Change that takes one of two units and three of four others, 100 off, and adds a row."""
    removed = (WantedLine(qty=SCALE, index=0), WantedLine(qty=3 * SCALE, index=1))
    added = (AddedLine("4103", 3 * SCALE, 4000 * CENTS, "Third"),)
    return RequestChange("c-4", generation, "sold out", removed, added, manual_discount=100 * CENTS)


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_canceled_order_shows_what_it_was_at_its_end(ready, do, check, client, generation):
    tags = [{"name": "DISCOUNT@X", "value": -101}, {"name": "TAX@Y", "value": 31}]
    total = 10000 - 70 + 4 * 3333 + 1600
    name, entity_id = await ready(
        item(quantity=2, priceTags=tags), item("4102", 3333, 4), marketplacePaymentValue=total
    )
    settle = [ApplyChange("c-4")] if generation == 2 else []
    await do(entity_id, StartHandling(), _both_ways(generation), *settle)
    changed, _ = await check(name)
    assert changed["value"] != total
    await do(entity_id, RequestCancellation("too late"), RequestCancellation("too late"))
    classic, document = await check(name)
    assert classic["status"] == "canceled"
    for told in (classic, document):
        assert told["value"] == changed["value"]
        assert told["totals"] == changed["totals"]
        assert [row["quantity"] for row in told["items"]] == [row["quantity"] for row in changed["items"]]
    await _lists_agree(client, classic)


@pytest.mark.parametrize("generation", [1, 2])
async def test_lists_count_the_units_and_the_money_that_documents_show(ready, do, check, client, generation):
    name, entity_id = await ready(item(quantity=2), item("4102", 3333, 4), marketplacePaymentValue=24932)
    settle = [ApplyChange("c-4")] if generation == 2 else []
    await do(entity_id, StartHandling(), _both_ways(generation), *settle)
    classic, _ = await check(name)
    await _lists_agree(client, classic)


async def _lists_agree(client, order):
    units = sum(row["quantity"] for row in order["items"])
    found = await client.get(f"/api/oms/pvt/orders?q={order['orderId']}")
    (row,) = found.json["list"]
    assert (row["totalValue"], row["totalItems"]) == (order["value"], units)
    stats = found.json["stats"]["stats"]
    assert (stats["totalValue"]["Sum"], stats["totalItems"]["Sum"]) == (order["value"], units)
    found = await client.post("/api/orders/extendsearch/orders", {"q": order["orderId"]})
    (row,) = found.json["list"]
    assert (row["totalValue"], row["totalItems"]) == (order["value"], units)


async def test_rows_that_went_keep_their_place_and_rows_that_came_follow(ready, do, check):
    tags = [{"name": "DISCOUNT@X", "value": -100}, {"name": "TAX@Y", "value": 30}]
    total = 10000 - 70 + 3333 + 1600
    name, entity_id = await ready(
        item(quantity=2, priceTags=tags), item("4102", 3333, 1), marketplacePaymentValue=total
    )
    before, _ = await check(name)
    change = RequestChange(
        "c-3",
        2,
        "another colour",
        (WantedLine(qty=2 * SCALE, index=0),),
        (AddedLine("4103", 3 * SCALE, 4000 * CENTS, "Third"),),
    )
    await do(entity_id, StartHandling(), change, ApplyChange("c-3"))
    after, _ = await check(name)
    assert [(row["id"], row["quantity"]) for row in after["items"]] == [("4101", 0), ("4102", 1), ("4103", 3)]
    assert [row["uniqueId"] for row in after["items"]][:2] == [row["uniqueId"] for row in before["items"]]
    assert (after["items"][0]["priceTags"], after["items"][0]["priceDefinitions"]["total"]) == ([], 0)
    assert [row["id"] for row in after["changesAttachment"]["changesData"][0]["itemsAdded"]] == ["4103"]
    rest = after["value"]
    await do(entity_id, registered("N1", rest, (1, 1), (2, 3)))
    invoiced, _ = await check(name)
    assert invoiced["status"] == "invoiced"
    lines = invoiced["packageAttachment"]["packages"][0]["items"]
    assert [line["itemIndex"] for line in lines] == [1, 2]


async def test_orders_of_the_other_dialect(place, do, check):
    order = await place(
        draft(
            row("TEE", 4899, 3, tax_percent=83750, discount=333),
            row("SHIRT", 2500, 2, configurable=True),
            bundle("KIT", 2, (2, row("BOLT", 150, 4)), (1, row("NUT", 99, 2))),
            row("GIFT", 1000, virtual=True),
        )
    )
    name = f"v{500000 + order.entity_id}cntf-01"
    classic, _ = await check(name)
    assert [entry["id"] for entry in classic["items"]] == ["TEE", "SHIRT", "BOLT", "NUT", "GIFT"]
    assert classic["value"] == order.grand_total // 100
    assert classic["clientProfileData"]["email"] == "jdoe@example.com"
    assert classic["shippingData"]["address"]["country"] == "USA"
    assert [entry["price"] for entry in classic["shippingData"]["logisticsInfo"]] == [500, 0, 0, 0, 0]
    first = next(iter(order.items))
    await do(order.entity_id, IssueInvoice({first: SCALE}))
    classic, _ = await check(name)
    (package,) = classic["packageAttachment"]["packages"]
    assert (package["type"], package["invoiceNumber"]) == ("Output", "000000001")
    assert [(line["itemIndex"], line["quantity"]) for line in package["items"]] == [(0, 1)]
    await do(order.entity_id, CreditOrder({first: SCALE}))
    classic, _ = await check(name)
    assert [entry["type"] for entry in classic["packageAttachment"]["packages"]] == ["Output", "Input"]
    await do(order.entity_id, IssueInvoice())
    classic, _ = await check(name)
    assert classic["status"] == "invoiced"
    values = [e["invoiceValue"] for e in classic["packageAttachment"]["packages"] if e["type"] == "Output"]
    assert sum(values) == classic["value"]


async def test_what_was_canceled_beside_an_invoice_is_no_longer_among_the_items(place, do, check):
    order = await place(
        draft(
            row("TEE", 4899, 3, tax_percent=83750, discount=333),
            row("SHIRT", 2500, 2, configurable=True, tax_percent=70000),
            bundle("KIT", 2, (2, row("BOLT", 150, 4)), (1, row("NUT", 99, 2))),
        )
    )
    name = f"v{500000 + order.entity_id}cntf-01"
    before, _ = await check(name)
    await do(order.entity_id, IssueInvoice({min(order.items): SCALE}), CancelOrder())
    after, _ = await check(name)
    assert after["status"] == "invoiced"
    assert [entry["quantity"] for entry in before["items"]] == [3, 2, 4, 2]
    assert [entry["quantity"] for entry in after["items"]] == [1, 0, 0, 0]
    assert [total["id"] for total in after["totals"]] == ["Items", "Discounts", "Shipping", "Tax"]
    (package,) = after["packageAttachment"]["packages"]
    assert package["invoiceValue"] == after["value"]


async def test_names_of_rows_stay_the_same(place, do, check):
    order = await place(draft(row("A", 100, 2), row("A", 100, 2)))
    name = f"v{500000 + order.entity_id}cntf-01"
    before, _ = await check(name)
    ids = [entry["uniqueId"] for entry in before["items"]]
    assert len(set(ids)) == 2
    assert all(len(unique) == 32 for unique in ids)
    await do(order.entity_id, IssueInvoice({min(order.items): SCALE}))
    after, document = await check(name)
    assert [entry["uniqueId"] for entry in after["items"]] == ids
    assert [entry["uniqueId"] for entry in document["items"]] == ids


async def test_an_order_on_hold_still_has_a_document(place, do, check):
    order = await place(draft(row("A", 100)))
    await do(order.entity_id, HoldOrder())
    await check(f"v{500000 + order.entity_id}cntf-01")


async def test_what_the_routes_of_placing_answer(client):
    placed = await client.post("/api/fulfillment/pvt/orders?affiliateId=MKP", fulfillment())
    assert_valid("POST /api/fulfillment/pvt/orders", placed.status, placed.json)
    let_go = await client.post("/api/fulfillment/pvt/orders/MKP-555/fulfill", {})
    assert_valid("POST /api/fulfillment/pvt/orders/{orderId}/fulfill", let_go.status, let_go.json)


async def test_documents_are_the_same_after_a_replay(ready, do, ledger):
    _, entity_id = await ready(item(**FULL), **EVERYTHING)
    await do(entity_id, StartHandling(), registered("1", 3333, (0, 1)))
    async with ledger.reading() as reader:
        stored = await whole(reader, entity_id)
        journal = await reader.journal(entity_id)
    replayed = None
    for entry in journal:
        replayed = decider.evolve(replayed, msgspec.json.decode(entry.body, type=Event))
    assert stored is not None
    assert replayed is not None
    shown = [order_data_document.render(order, Settings()) for order in (stored, replayed)]
    assert json.dumps(shown[0], default=str) == json.dumps(shown[1], default=str)


async def test_filters_of_feeds_see_the_document_of_each_version(ready, do, check, ledger):
    def render(order):
        return order_data_document.render(order, Settings())

    name, entity_id = await ready(item(**FULL), **EVERYTHING)
    await do(entity_id, StartHandling(), registered("1", 3333, (0, 1)), registered("2", 7467, (0, 1)))
    async with ledger.reading() as reader:
        documents = await Versions(render).documents(reader, entity_id, [1, 3, 5])
    seen = {seq: json.loads(text, parse_float=Decimal) for seq, text in documents.items()}
    assert [seen[seq]["status"] for seq in (1, 3, 5)] == [
        "waiting-ffmt-authorization",
        "handling",
        "invoiced",
    ]
    assert [len(seen[seq]["packageAttachment"]["packages"]) for seq in (1, 3, 5)] == [0, 0, 2]
    for document in seen.values():
        assert_ours(wire.DOCUMENT, document)
    _, document = await check(name)
    assert seen[5] == document


async def test_an_order_is_called_by_its_name_when_it_is_found_by_its_number(ready, client):
    name, entity_id = await ready()
    url = f"/api/oms/pvt/orders/seq{500000 + entity_id}"
    assert (await client.get(url)).json["orderId"] == name
    cancelled = await client.post(f"{url}/cancel", {"reason": "r"})
    assert_valid("POST /api/oms/pvt/orders/{orderId}/cancel", cancelled.status, cancelled.json)
    assert cancelled.json["orderId"] == name
