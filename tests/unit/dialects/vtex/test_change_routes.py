"""Changes of generation 2: asked for, settled, and what becomes of the order in between."""

import asyncio

import pytest

from counterfoil.delivery.changes import Changes
from counterfoil.delivery.settlement import AtOnce, Outside
from counterfoil.delivery.worker import Worker
from counterfoil.dialects.vtex import order_id
from counterfoil.domain.steps import CHANGE_TASK
from tests.conformance.vtex.schemas import assert_valid
from tests.drafts import draft, row
from tests.storage import TABLES, everything
from tests.unit.dialects.vtex.asgi import url

CREATE = "PATCH /api/order-system/orders/{id}/changes"
HISTORY = "GET /api/order-system/orders/{id}/changes"
DETAIL = "GET /api/order-system/orders/{id}/changes/{request}"
PREVIEW = "POST /api/order-system/orders/{id}/changes/preview"
SUMMARY = "GET /api/orders/pvt/document/{orderId}/change-summary"


def path(order, rest=""):
    return f"/api/order-system/orders/{order_id.derived(order.entity_id)}/changes{rest}"


def remove(sku="RED", qty=1, **more):
    return {"reason": "out of stock", "remove": {"items": [{"id": sku, "quantity": qty, **more}]}}


@pytest.fixture
async def handled(client, order):
    """Two units for 20.00 each, and shipping of 10.00, being handled."""
    assert (await client.post(url(order, "start-handling"))).status == 204
    return order


@pytest.fixture
def document(client):
    async def look(order):
        answer = await client.get(f"/api/oms/pvt/orders/{order_id.derived(order.entity_id)}")
        assert_valid("GET /api/oms/pvt/orders/{orderId}", 200, answer.json)
        return answer.json

    return look


@pytest.fixture
def settle(ledger):
    """Carry out what is due."""

    async def run(settlement=None):
        changes = Changes(ledger, settlement or AtOnce(), within_s=60)
        worker = Worker(ledger, {CHANGE_TASK: changes.handler()}, alone=True)
        while await worker.turn():
            await worker.idle()

    return run


@pytest.fixture
def wanted(client):
    """Ask for a Change and return its id."""

    async def run(order, body=None):
        answer = await client.ask("PATCH", path(order), body or remove())
        assert answer.status == 202, answer
        assert_valid(CREATE, 202, answer.json)
        return answer.json["requestId"]

    return run


@pytest.fixture
def detail(client):
    async def look(order, request_id):
        answer = await client.get(path(order, f"/{request_id}"))
        assert_valid(DETAIL, 200, answer.json)
        return answer.json

    return look


async def test_a_change_is_accepted_then_settled_and_then_done(handled, wanted, settle, detail, document):
    request_id = await wanted(handled)
    found = await detail(handled, request_id)
    assert (found["status"], found["inProgress"], found["finished"]) == ("preparing", True, False)
    assert (await document(handled))["value"] == 5000
    await settle()
    found = await detail(handled, request_id)
    assert (found["status"], found["inProgress"], found["finished"]) == ("done", False, True)
    assert found["totalChangeValue"] == -2000
    assert sum(total["value"] for total in found["totals"]) == -2000
    after = await document(handled)
    assert (after["value"], after["items"][0]["uniqueId"]) == (3000, found["remove"]["items"][0]["uniqueId"])


async def test_one_change_at_a_time(client, handled, wanted, settle):
    await wanted(handled)
    second = await client.ask("PATCH", path(handled), remove())
    assert (second.status, second.json["error"]["code"]) == (409, "SalesOrderSystem014")
    assert (second.json["error"]["message"], second.json["fields"]) == ("Change In Progress.", {})
    assert second.headers["retry-after"]
    await settle()
    await wanted(handled, {"reason": "late", "manualDiscountValue": 1})


async def test_a_change_that_takes_everything_is_refused_as_it_would_be_a_cancellation(client, handled):
    answer = await client.ask("PATCH", path(handled), remove(qty=2))
    assert (answer.status, answer.json["error"]["code"]) == (400, "CHK0034")


async def test_the_same_key_gets_the_same_change(client, handled):
    answers = [
        await client.ask("PATCH", path(handled), remove(), headers={"idempotency-key": "k"}) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json


async def test_an_invoice_that_depends_on_the_change_waits_and_is_then_decided(
    client, handled, wanted, settle
):
    await wanted(handled)
    whole = {"type": "Output", "issuanceDate": "2026-01-01", "invoiceNumber": "1", "invoiceValue": 5000}
    waiting = asyncio.create_task(client.post(url(handled, "invoice"), whole))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await settle()
    assert (await waiting).json["error"]["code"] == "CNTF003"


async def test_who_does_not_want_to_wait_is_told_at_once(client, handled, wanted):
    await wanted(handled)
    whole = {"type": "Output", "issuanceDate": "2026-01-01", "invoiceNumber": "1", "invoiceValue": 5000}
    answer = await client.post(url(handled, "invoice"), whole, headers={"prefer": "wait=0"})
    assert (answer.status, answer.json["error"]["code"]) == (409, "SalesOrderSystem014")
    assert answer.headers["retry-after"]
    # What is legal either way does not wait.
    part = {**whole, "invoiceValue": 1000}
    assert (await client.post(url(handled, "invoice"), part)).status == 200


async def test_replace_adds_what_comes_at_the_price_given_or_that_of_the_order(
    handled, wanted, settle, detail, document
):
    pair = {
        "from": {"items": [{"id": "RED", "quantity": 1}]},
        "to": {"items": [{"id": "BLUE", "quantity": 2, "price": 700}]},
    }
    request_id = await wanted(handled, {"reason": "wish", "replace": [pair]})
    await settle()
    assert (await detail(handled, request_id))["totalChangeValue"] == -2000 + 1400
    more = await wanted(handled, {"reason": "wish", "add": {"items": [{"id": "BLUE", "quantity": 1}]}})
    await settle()
    assert (await detail(handled, more))["totalChangeValue"] == 700
    after = await document(handled)
    assert [item["id"] for item in after["items"]] == ["RED", "BLUE", "BLUE"]
    assert after["value"] == 5000 - 2000 + 1400 + 700


async def test_manual_values_and_price_tags_move_the_value_in_cents(handled, wanted, settle, detail):
    tags = [
        {"name": "DISCOUNT@MANUALPRICE", "value": -30, "isPercentual": False},
        {"name": "TAX@MANUALPRICE", "value": 10, "isPercentual": True},
    ]
    line = {"id": "BLUE", "quantity": 1, "price": 500, "priceTags": tags, "manualDiscountValue": 1}
    body = {
        "reason": "wish",
        "add": {"items": [line]},
        "manualDiscountValue": 100,
        "manualIncrementValue": 25,
    }
    request_id = await wanted(handled, body)
    await settle()
    found = await detail(handled, request_id)
    assert found["totalChangeValue"] == 500 - 30 + 50 - 1 - 100 + 25
    by_id = {total["id"]: total["value"] for total in found["totals"]}
    assert (by_id["Items"], by_id["ManualValues"]) == (500, -56)


@pytest.mark.parametrize(
    "body, status, code",
    [
        (remove("NO"), 400, "SalesOrderSystem010"),
        (remove(qty=3), 400, "SalesOrderSystem011"),
        (remove(qty=0), 400, "CHK0023"),
        (remove(uniqueId="F" * 32), 400, "SalesOrderSystem010"),
        ({"reason": "x", "add": {"items": [{"id": "NO", "quantity": 1}]}}, 400, "CHK0022"),
        ({"reason": "x"}, 400, "CHK0124"),
        ({"reason": "x", "manualDiscountValue": -1}, 400, "CHK0098"),
        ({"reason": "x", "manualDiscountValue": 5000}, 400, "CHK0034"),
    ],
)
async def test_a_refusal_has_the_code_of_the_table(client, handled, document, body, status, code):
    answer = await client.ask("PATCH", path(handled), body)
    assert (answer.status, answer.json["error"]["code"]) == (status, code), answer
    assert (await document(handled))["value"] == 5000


async def test_lines_of_one_sku_and_other_prices_have_to_be_told_apart(client, place, wanted):
    order = await place(draft(row("S1", 1000), row("S1", 700)))
    answer = await client.ask("PATCH", path(order), remove("S1"))
    assert answer.json["error"]["code"] == "SalesOrderSystem026"
    found = (await client.get(f"/api/oms/pvt/orders/{order_id.derived(order.entity_id)}")).json
    await wanted(order, remove("S1", uniqueId=found["items"][1]["uniqueId"].lower()))


async def test_an_item_that_is_invoiced_does_not_go(client, handled):
    line = {"itemIndex": 0, "price": 2000, "quantity": 1}
    invoice = {
        "type": "Output",
        "issuedDate": "2026-01-01",
        "invoiceNumber": "1",
        "invoiceValue": 2000,
        "items": [line],
    }
    path_of_invoices = f"/api/orders/pvt/document/{order_id.derived(handled.entity_id)}/invoices"
    assert (await client.post(path_of_invoices, invoice)).status == 200
    answer = await client.ask("PATCH", path(handled), remove(qty=2))
    assert (answer.status, answer.json["error"]["code"]) == (400, "SalesOrderSystem046")


async def test_the_generations_are_not_mixed(client, handled, wanted, settle):
    first = {"requestId": "1", "reason": "x", "discountValue": 1, "incrementValue": 0}
    assert (await client.post(url(handled, "changes"), first)).status == 200
    answer = await client.ask("PATCH", path(handled), remove())
    assert (answer.status, answer.json["error"]["code"]) == (400, "SalesOrderSystem015")


async def test_a_preview_tells_what_would_be_and_writes_nothing(client, ledger, handled):
    before = await everything(ledger)
    answer = await client.post(path(handled, "/preview"), remove())
    assert answer.status == 200, answer
    assert_valid(PREVIEW, 200, answer.json)
    assert answer.json["totalChangeValue"] == -2000
    assert await everything(ledger) == before
    assert set(before) == set(TABLES)


async def test_the_history_lists_all_changes(client, handled, wanted, settle):
    ids = []
    for body in (remove(), {"reason": "x", "manualIncrementValue": 5}):
        ids.append(await wanted(handled, body))
        await settle()
    answer = await client.get(path(handled))
    assert_valid(HISTORY, 200, answer.json)
    assert {request["requestId"] for request in answer.json["requests"]} == set(ids)


async def test_a_change_is_canceled_by_the_user_and_then_its_end_is_known(
    client, handled, wanted, settle, detail
):
    request_id = await wanted(handled)
    assert (await client.post(path(handled, f"/{request_id}/cancel"), {})).status == 400
    for _ in range(2):
        assert (await client.post(path(handled, f"/{request_id}/cancel"), {"reason": "no"})).status == 200
    await settle()
    found = await detail(handled, request_id)
    assert (found["status"], found["inProgress"], found["finished"]) == ("canceled", False, False)
    assert found["cancellationData"]["requestedByUser"] is True
    assert found["cancellationData"]["reason"] == "no"
    retried = await client.post(path(handled, f"/{request_id}/retry"))
    assert (retried.status, retried.json["error"]["code"]) == (400, "SalesOrderSystem016")


async def test_a_change_that_is_done_is_not_canceled(client, handled, wanted, settle):
    request_id = await wanted(handled)
    await settle()
    answer = await client.post(path(handled, f"/{request_id}/cancel"), {"reason": "no"})
    assert (answer.status, answer.json["error"]["code"]) == (400, "CNTF009")


@pytest.mark.parametrize("prefix", ["/api/order-system/orders", "/pvt/orders"])
async def test_agreements_from_outside_settle_a_change(client, handled, wanted, settle, detail, prefix):
    request_id = await wanted(handled)
    await settle(Outside())
    assert (await detail(handled, request_id))["status"] == "waiting-acknowledgement"
    where = f"{prefix}/{order_id.derived(handled.entity_id)}/changes/{request_id}/send-agreement"
    for kind, status in (
        ("Acknowledgment", "waiting-confirmation"),
        ("Acknowledgment", "waiting-confirmation"),
        ("Confirmation", "done"),
        ("Confirmation", "done"),
        ("Acknowledgment", "done"),
    ):
        answer = await client.post(where, {"agreementType": kind})
        assert (answer.status, answer.json["status"]) == (200, status)
    wrong = await client.post(where, {"agreementType": "Maybe"})
    assert wrong.json["error"]["code"] == "SalesOrderSystem035"
    bodies: list[dict[str, object]] = [{"agreementType": None}, {"agreementType": []}, {"agreementType": 1}]
    for body in bodies:
        wrong = await client.post(where, body)
        assert wrong.status == 400
        assert "The AgreementType field is required." in str(wrong.json)


async def test_an_unknown_order_or_change_is_404(client, handled):
    for url_, code in (
        ("/api/order-system/orders/nothing/changes", "CHK0201"),
        (path(handled, "/nothing"), "CHK0289"),
    ):
        answer = await client.get(url_)
        assert (answer.status, answer.json["error"]["code"]) == (404, code)


async def test_settings_are_kept_as_a_whole(client):
    where = "/api/order-system/orders/changes/settings"
    first = (await client.get(where)).json
    assert first["rolloutConfiguration"]["usingDefaultBehavior"] is True
    wanted = {"paymentConfiguration": {"customPaymentSystemsAllowed": ["201"]}}
    answer = await client.ask("PUT", where, wanted)
    assert_valid("PUT /api/order-system/orders/changes/settings", 200, answer.json)
    assert answer.json["paymentConfiguration"] == wanted["paymentConfiguration"]
    assert answer.json["pipelineConfiguration"] == first["pipelineConfiguration"]
    assert (await client.get(where)).json == answer.json
    assert (await client.ask("PUT", where, {"pipelineConfiguration": 7})).status == 400


async def test_the_summary_adds_up_what_changes_have_done(client, handled, wanted, settle):
    await wanted(handled, {"reason": "x", "add": {"items": [{"id": "BLUE", "quantity": 1, "price": 50}]}})
    await settle()
    pair = {
        "from": {"items": [{"id": "RED", "quantity": 2}]},
        "to": {"items": [{"id": "RED", "quantity": 1}]},
    }
    await wanted(handled, {"reason": "x", "replace": [pair], "manualIncrementValue": 7})
    await settle()
    canceled = await wanted(handled, {"reason": "x", "manualDiscountValue": 9})
    await client.post(path(handled, f"/{canceled}/cancel"), {"reason": "no"})
    answer = await client.get(
        f"/api/orders/pvt/document/{order_id.derived(handled.entity_id)}/change-summary"
    )
    assert answer.status == 200, answer
    assert_valid(SUMMARY, 200, answer.json)
    found = answer.json
    assert [(item["id"], item["itemIndex"], item["quantity"]) for item in found["original"]] == [
        ("RED", 0, 2)
    ]
    assert [item["id"] for item in found["added"]] == ["BLUE"]
    assert [entry["replaceType"] for entry in found["replaced"]] == ["QuantityChange"]
    assert found["manualDiscountValueAggregated"] == 0
    assert found["manualIncrementValueAggregated"] == 7
    assert found["totalChangesValueAggregated"] == found["totalChangeValueAggregated"] == 50 - 2000 + 7
    assert sum(total["value"] for total in found["totals"]) == 50 - 2000 + 7
