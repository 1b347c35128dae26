"""Lists of orders: as published, with every filter, and in agreement with each order's own document."""

from typing import Any
from urllib.parse import parse_qsl, quote

import pytest

from counterfoil.domain.cancellation import RequestCancellation
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.money import SCALE
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.wanted import WantedLine
from counterfoil.ledger.envelope import Accepted
from tests.conformance.vtex.schemas import assert_valid
from tests.conformance.vtex.wire import DETAILED_ROW, PAGE, ROW, assert_ours
from tests.drafts import draft, row
from tests.storage import TESTER
from tests.unit.dialects.vtex.orders import ADDRESS, delivery, fulfillment, item, purchase

LIST = "/api/oms/pvt/orders"
SEARCH = "/api/orders/extendsearch/orders"
CENTS = SCALE // 100


async def listed(client, query=""):
    answer = await client.get(f"{LIST}?{query}")
    assert answer.status == 200, answer
    assert_valid(f"GET {LIST}", 200, answer.json)
    assert_ours(PAGE, {**answer.json, "list": []})
    for found in answer.json["list"]:
        assert_ours(ROW, found)
    return answer.json


async def searched(client, body=None):
    answer = await client.post(SEARCH, body)
    assert answer.status == 200, answer
    assert_valid(f"POST {SEARCH}", 200, answer.json)
    for found in answer.json["list"]:
        assert_ours(DETAILED_ROW, found)
    return answer.json


def names(found):
    return [entry["orderId"] for entry in found["list"]]


@pytest.fixture
async def shop_of_three(client, place):
    """One order from elsewhere, one of a marketplace, one of the shop's own."""
    await place(draft(row("RED", 2000)))
    body = fulfillment(
        item("4101", seller="acme"),
        marketingData={"utmSource": "news", "marketingTags": ["vtex-instore"]},
        callCenterOperatorData={"id": "1", "email": "ana@example.test", "userName": "Ana"},
        giftRegistryData={"giftRegistryId": "77", "giftRegistryType": "wedding"},
    )
    placed = await client.post("/api/fulfillment/pvt/orders?affiliateId=MKP&sc=2", body)
    marketplace = placed.json["orderId"]
    answer = await client.post(f"/api/fulfillment/pvt/orders/{marketplace}/fulfill", {})
    assert answer.status == 201, answer
    own = await client.ask("PUT", "/api/checkout/pub/orders", purchase(item("9", price=100)))
    assert own.status == 200, own
    return "v500001cntf-01", marketplace, "v500003cntf-01"


async def test_both_lists_are_as_published(client, shop_of_three):
    first, marketplace, own = shop_of_three
    found = await listed(client)
    assert names(found) == [own, marketplace, first]
    assert [entry["origin"] for entry in found["list"]] == ["Marketplace", "Fulfillment", "Marketplace"]
    assert found["paging"] == {"total": 3, "pages": 1, "currentPage": 1, "perPage": 15}
    assert all(entry["items"] is None for entry in found["list"])
    detailed = await searched(client)
    assert names(detailed) == names(found)
    assert detailed["stats"] == found["stats"]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("f_status=ready-for-handling", "am"),
        ("f_status=ready-for-handling,payment-pending", "amo"),
        ("f_status=payment-pending&f_status=invoiced", "o"),
        ("F_STATUS=Payment-Pending", "o"),
        ("f_status=nonsense", ""),
        ("f_sellerNames=acme", "m"),
        ("f_sellerNames=counterfoil", "ao"),
        ("f_sellerNames=1,acme", "amo"),
        ("f_salesChannel=2", "m"),
        ("salesChannelId=1", "ao"),
        ("f_affiliateId=MKP", "m"),
        ("f_paymentNames=Mastercard", "o"),
        ("f_paymentNames=mastercard", "o"),
        ("f_UtmSource=news", "m"),
        ("f_callCenterOperatorName=Ana", "m"),
        ("f_isInstore=true", "m"),
        ("f_isInstore=false", "ao"),
        ("f_hasInputInvoice=true", ""),
        ("f_hasInputInvoice=false", "amo"),
        ("f_hasOutputInvoice=True", ""),
        ("incompleteOrders=true", ""),
        ("incompleteOrders=False", "amo"),
        ("f_RnB=Free+Shipping", ""),
        ("searchField=sku_Ids&sku_Ids=4101", "m"),
        ("sku_Ids=4101,9", "mo"),
        ("listId=77", "m"),
        ("paymentId=" + f"{1:032X}", "a"),
        ("q=Nadia", "mo"),
        ("q=nadia%20ferro", "mo"),
        ("q=nadia%40example.test", "mo"),
        ("q=00000000191", "mo"),
        ("q=000.000.001-91", "mo"),
        ("q=v500001cntf-01", "a"),
        ("q=v500003cntf", "o"),
        ("q=500003", "o"),
        ("q=MKP-555", "m"),
        ("q=555", "m"),
        ("q=nad", ""),
        ("q=nadia&f_status=payment-pending", "o"),
        ("f_creationDate=creationDate:[2020-01-01T00:00:00.000Z TO 2099-01-01T00:00:00.000Z]", "amo"),
        ("f_creationDate=" + quote("creationDate:[2020-01-01T00:00:00.000Z TO 2020-02-01]"), ""),
        ("f_creationDate=[2020-01-01 TO *]", "amo"),
        ("f_creationDate=creationDate:[2020-01-01T00:00:00+00:00 TO 2099-01-01T00:00:00+00:00]", "amo"),
        ("f_creationDate=creationDate%3A%5B2020-01-01T00%3A00%3A00Z+TO+2099-01-01T00%3A00%3A00Z%5D", "amo"),
        ("f_authorizedDate=authorizedDate:[2020-01-01T00:00:00Z TO 2099-01-01T00:00:00Z]", "am"),
        ("f_invoicedDate=invoicedDate:[2020-01-01T00:00:00Z TO 2099-01-01T00:00:00Z]", ""),
        ("f_shippingEstimate=0.days", ""),
        ("f_shippingEstimate=-1.days", ""),
        ("f_shippingEstimate=7.days", "mo"),
        ("f_whatever=5&utm=1&_stats=1", "amo"),
        ("f_status=&q=&f_creationDate=&page=&orderBy=", "amo"),
        ("an=shop&accountName=shop", "amo"),
    ],
)
async def test_a_filter_finds_its_orders_in_both_lists(client, shop_of_three, query, expected):
    wanted = {name for letter, name in zip("amo", shop_of_three, strict=True) if letter in expected}
    found = await listed(client, query.replace(" ", "%20"))
    assert set(names(found)) == wanted
    assert found["paging"]["total"] == len(wanted)
    body: dict[str, Any] = {}
    for name, value in parse_qsl(query.replace("+00:00", "%2B00:00")):
        body[name] = f"{body[name]},{value}" if name in body else value
    assert set(names(await searched(client, body))) == wanted


@pytest.mark.parametrize(
    "sort, order",
    [
        ("creationDate,asc", "amo"),
        ("creationDate,desc", "oma"),
        ("creationDate", "oma"),
        ("orderId,asc", "mao"),
        ("orderid,DESC", "oam"),
        ("totalValue,asc", "oam"),
        ("totalValue,desc", "mao"),
        ("items,asc", "amo"),
        ("origin,asc", "mao"),
    ],
)
async def test_a_list_is_sorted(client, shop_of_three, sort, order):
    called = dict(zip("amo", shop_of_three, strict=True))
    assert names(await listed(client, f"orderBy={sort}")) == [called[letter] for letter in order]
    assert names(await searched(client, {"orderBy": sort})) == [called[letter] for letter in order]


async def test_pages_hold_what_was_asked_for(client, place):
    for _ in range(7):
        await place(draft(row("RED", 2000)))
    found = [
        await listed(client, f"page={page}&per_page=3&orderBy=creationDate,asc") for page in (1, 2, 3, 4)
    ]
    assert [len(one["list"]) for one in found] == [3, 3, 1, 0]
    assert sorted(name for one in found for name in names(one)) == [f"v50000{n}cntf-01" for n in range(1, 8)]
    assert found[1]["paging"] == {"total": 7, "pages": 3, "currentPage": 2, "perPage": 3}


@pytest.mark.parametrize(
    "query",
    [
        *(
            "page=0",
            "page=31",
            "page=x",
            "page=-1",
            "page=1.5",
            "per_page=0",
            "per_page=101",
            "per_page=many",
        ),
        *(
            "orderBy=color,asc",
            "orderBy=creationDate,up",
            "f_hasInputInvoice=maybe",
            "f_shippingEstimate=soon",
        ),
        *(
            "f_creationDate=yesterday",
            "f_creationDate=creationDate:[a TO b]",
            "f_invoicedDate=[2026-13-01 TO *]",
        ),
        "f_creationDate=creationDate:[2026-01-01T25:00:00Z TO *]",
        "f_creationDate=[2026-01-01 TO *]&f_creationDate=[2026-01-01 TO *]",
        "q=" + "%20".join("abcdefghijklmnopqrstuvwxyz"),
        "f_status=" + ",".join(map(str, range(200))),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_the_familys_form(client, query):
    answer = await client.get(f"{LIST}?{query.replace(' ', '%20')}")
    assert answer.status == 400, answer
    assert set(answer.json) == {"error"}
    assert answer.json["error"]["message"]
    answer = await client.post(f"{SEARCH}?{query.replace(' ', '%20')}", {})
    assert answer.status == 400, answer
    assert answer.json["status"] == 400


@pytest.mark.parametrize("body", [[], "text", {"f_status": {"a": 1}}, {"page": [31]}, {"q": [["a"]] * 200}])
async def test_a_body_that_is_no_search_is_refused(client, body):
    assert (await client.post(SEARCH, body)).status == 400


async def test_a_body_may_have_values_of_json(client, shop_of_three):
    body = {"page": 1, "per_page": 2, "f_isInstore": True, "f_status": ["ready-for-handling"], "q": None}
    found = await searched(client, body)
    assert names(found) == [shop_of_three[1]]
    assert found["paging"]["perPage"] == 2


async def test_who_may_not_see_orders_sees_no_list(client):
    assert (await client.get(LIST, key=None)).status == 401
    assert (await client.post(SEARCH, {}, key=None)).status == 401
    assert (await client.get(LIST, key="viewer")).status == 200
    assert (await client.post(SEARCH, {}, key="viewer")).status == 200


async def test_statistics_are_exact(client, place):
    prices = [100, 2_000, 99_999_999_999]
    for price in prices:
        await place(draft(row("RED", price), shipping=0))
    stats = (await listed(client, "_stats=1"))["stats"]["stats"]
    total = stats["totalValue"]
    assert (total["Count"], total["Sum"], total["Max"], total["Min"]) == (3, sum(prices), max(prices), 100)
    assert total["SumOfSquares"] == sum(price * price for price in prices)
    assert total["Mean"] == pytest.approx(sum(prices) / 3)
    assert total["Facets"]["origin"]["Marketplace"]["Count"] == 3
    assert total["Facets"]["origin"]["Fulfillment"]["Sum"] == 0
    assert total["Facets"]["currencyCode"]["USD"]["Max"] == max(prices)
    assert stats["totalItems"]["Sum"] == 3
    assert stats["totalItems"]["Mean"] == 1


async def test_row_and_document_agree_at_every_moment(client, ledger, ready):
    """The platform's list lags behind the order's status, and its total values are rounded."""
    name, entity_id = await ready(item("4101", price=5000, quantity=2))
    lines = (WantedLine(qty=SCALE, index=0),)
    steps = [
        None,
        StartHandling(),
        RegisterInvoice("N-1", 5000 * CENTS, lines, {}),
        RegisterInvoice("N-2", 5800 * CENTS, lines, {}),
        RegisterReturn("R-1", 5000 * CENTS, lines, {}),
    ]
    seen = []
    for step in steps:
        if step is not None:
            outcome = await ledger.execute(entity_id, step, actor=TESTER)
            assert isinstance(outcome, Accepted), outcome
        seen.append((await _agreed(client, name))["status"])
    assert seen == ["ready-for-handling", "handling", "handling", "invoiced", "invoiced"]
    [found] = (await searched(client, {"f_hasInputInvoice": True}))["list"]
    assert found["invoicesOutput"] == ["N-1", "N-2"]
    assert found["invoicesInput"] == ["R-1"]
    assert names(await listed(client, "f_invoicedDate=[2020-01-01 TO *]".replace(" ", "%20"))) == [name]
    assert names(await listed(client, "f_hasInputInvoice=true&f_hasOutputInvoice=true")) == [name]


async def test_row_and_document_agree_on_what_was_canceled(client, ledger, ready):
    name, entity_id = await ready(item("4101", price=5000, quantity=2))
    for status in ("cancellation-requested", "canceled"):
        assert isinstance(
            await ledger.execute(entity_id, RequestCancellation("wrong size", True), actor=TESTER), Accepted
        )
        assert (await _agreed(client, name))["status"] == status
    assert names(await listed(client, "f_status=canceled")) == [name]


async def _agreed(client, name):
    document = (await client.get(f"{LIST}/{name}")).json
    [short] = (await listed(client, f"q={name}&f_status={document['status']}"))["list"]
    [long] = (await searched(client, {"q": name, "f_status": document["status"]}))["list"]
    for found in (short, long):
        assert found["totalValue"] == document["value"]
        for key in ("orderId", "sequence", "status", "origin"):
            assert found[key] == document[key]
        assert found["totalItems"] == sum(entry["quantity"] for entry in document["items"])
    assert short["authorizedDate"] == document["authorizedDate"]
    assert short["creationDate"] == document["creationDate"]
    client_data = document["clientProfileData"]
    assert short["clientName"] == f"{client_data['firstName']} {client_data['lastName']}"
    return document


async def test_packages_that_arrived_are_told(client, ledger, ready):
    name, entity_id = await ready(item("4101", price=5000, quantity=2))
    await ledger.execute(entity_id, StartHandling(), actor=TESTER)
    for number, cents in (("N-1", 5000), ("N-2", 5800)):
        lines = (WantedLine(qty=SCALE, index=0),)
        await ledger.execute(entity_id, RegisterInvoice(number, cents * CENTS, lines, {}), actor=TESTER)
    told = []
    for number in ("", "N-1", "N-2"):
        if number:
            body = {"isDelivered": True, "deliveredDate": "2026-11-20 12:00", "events": []}
            answer = await client.ask("PUT", f"{LIST}/{name}/invoice/{number}/tracking", body)
            assert answer.status == 200, answer
        [found] = (await searched(client))["list"]
        told.append((found["isAnyDelivered"], found["isAllDelivered"]))
    assert told == [(False, False), (True, False), (True, True)]


async def test_the_last_estimate_is_the_orders(client, ready):
    body = {"logisticsInfo": [delivery(0, shippingEstimateDate="2030-01-02T10:00:00Z"), delivery(1)]}
    await ready(item(), item("9"), shippingData={"address": dict(ADDRESS), **body})
    [found] = (await listed(client))["list"]
    assert found["ShippingEstimatedDate"] == found["ShippingEstimatedDateMax"]
    assert found["ShippingEstimatedDateMax"].startswith("2030-01-02T10:00:00")
    assert found["ShippingEstimatedDateMin"] < found["ShippingEstimatedDateMax"]
