"""Orders brought forward, and called off (contract vtex §3.2, §3.7, §3.8, §3.11, §6)."""

import pytest
from msgspec.structs import replace

from counterfoil.dialects.vtex import order_id
from counterfoil.domain.order import READY_FOR_HANDLING
from counterfoil.domain.transitions import (
    CANCELED,
    CANCELLATION_REQUESTED,
    HANDLING,
    PAYMENT_PENDING,
)
from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.vtex.asgi import twin, url

STARTS = [(url, "start-handling"), (twin, "actions/start-handling")]


@pytest.mark.parametrize("path, action", STARTS)
async def test_handling_starts_with_204_and_once(client, order, status, ledger, path, action):
    answer = await client.post(path(order, action))
    assert (answer.status, answer.content) == (204, b"")
    assert await status(order) == HANDLING
    before = await everything(ledger)
    again = await client.post(path(order, action))
    assert (again.status, again.json["error"]["code"]) == (409, "OMS003")
    assert again.json["error"]["message"] == (
        "Order status should be ready-for-handling to perform this action"
    )
    assert await everything(ledger) == before
    assert await findings(ledger) == []


async def test_a_repeat_under_the_same_key_gets_the_first_answer(client, order):
    for replayed in (None, "true"):
        answer = await client.post(url(order, "start-handling"), headers={"Idempotency-Key": "k"})
        assert (answer.status, answer.headers.get("idempotent-replayed")) == (204, replayed)
    other = await client.post(url(order, "cancel"), headers={"Idempotency-Key": "k"})
    assert other.status == 422


@pytest.mark.parametrize("action", ["start-handling", "cancel", "payments/1/payment-notification"])
async def test_an_order_that_is_not_there_is_404(client, action):
    answer = await client.post(f"/api/oms/pvt/orders/v999999cntf-01/{action}")
    assert (answer.status, answer.json["error"]["code"]) == (404, "OMS007")


async def test_a_payment_is_notified_once_and_a_repeat_is_no_error(client, place, status, ledger):
    order = await place(replace(draft(row("RED", 2000)), stage=PAYMENT_PENDING))
    assert (await client.post(url(order, "start-handling"))).status == 409
    answer = await client.post(url(order, "payments/ABC/payment-notification"))
    assert (answer.status, answer.content) == (200, b"")
    assert await status(order) == READY_FOR_HANDLING
    before = await everything(ledger)
    assert (await client.post(twin(order, "payment/ABC/notify-payment"))).status == 200
    assert await everything(ledger) == before


async def test_a_payment_of_a_canceled_order_is_refused(client, place):
    order = await place(replace(draft(row("RED", 2000)), stage=PAYMENT_PENDING))
    assert (await client.post(url(order, "cancel"))).status == 200
    assert (await client.post(url(order, "payments/ABC/payment-notification"))).status == 409


async def test_before_it_is_handled_an_order_is_canceled_at_once(client, place, status, ledger):
    order = await place(replace(draft(row("RED", 2000)), stage=PAYMENT_PENDING))
    answer = await client.post(url(order, "cancel"), {"reason": "sold out"})
    assert answer.status == 200
    assert answer.json["orderId"] == order_id.derived(order.entity_id)
    assert len(answer.json["receipt"]) == 32
    assert await status(order) == CANCELED
    assert await findings(ledger) == []


@pytest.mark.parametrize("path", [url, twin])
async def test_the_second_call_grants_what_the_first_has_asked(client, order, status, path, ledger):
    assert (await client.post(path(order, "cancel"))).status == 200
    assert await status(order) == CANCELLATION_REQUESTED
    assert (await client.post(path(order, "cancel"), {"config": {}, "requestedByUser": True})).status == 200
    assert await status(order) == CANCELED
    before = await everything(ledger)
    assert (await client.post(path(order, "cancel"))).status == 200
    assert await everything(ledger) == before


async def test_the_receipt_of_a_repeat_under_the_same_key_is_the_first_one(client, order, status):
    ask = {"headers": {"Idempotency-Key": "k"}}
    first = await client.post(url(order, "cancel"), **ask)
    second = await client.post(url(order, "cancel"), **ask)
    assert second.json == first.json
    assert await status(order) == CANCELLATION_REQUESTED


async def test_the_document_route_writes_its_date_with_a_z(client, order):
    assert (await client.post(url(order, "cancel"))).json["date"].endswith("+00:00")
    assert (await client.post(twin(order, "cancel"))).json["date"].endswith("Z")


async def test_a_request_is_denied_by_its_id(client, order, status, ledger):
    await client.post(url(order, "cancel"), {"reason": "x"})
    async with ledger.reading() as reader:
        request = (await reader.order(order.entity_id)).cancellation_requests[0]
    wrong = {"cancellationRequestId": "nonsense", "denyReason": "no"}
    assert (await client.post(twin(order, "deny-cancellation-request"), wrong)).status == 400
    right = {"cancellationRequestId": request.id, "denyReason": "it has left"}
    answer = await client.post(twin(order, "deny-cancellation-request"), right)
    assert (answer.status, answer.content) == (200, b"")
    assert await status(order) == READY_FOR_HANDLING
    again = await client.post(twin(order, "deny-cancellation-request"), right)
    assert (again.status, again.json["error"]["code"]) == (400, "CNTF006")


@pytest.mark.parametrize("missing", ["cancellationRequestId", "denyReason"])
async def test_a_denial_needs_id_and_reason(client, order, missing):
    sent = {"cancellationRequestId": "x", "denyReason": "no"}
    del sent[missing]
    answer = await client.post(twin(order, "deny-cancellation-request"), sent)
    assert answer.status == 400
    assert list(answer.json["errors"]) == [missing[:1].upper() + missing[1:]]


async def test_an_order_that_is_invoiced_in_part_is_not_canceled(client, order, ledger):
    await client.post(url(order, "start-handling"))
    part = {"type": "Output", "issuanceDate": "2024-01-01", "invoiceNumber": "1", "invoiceValue": 2000}
    assert (await client.post(url(order, "invoice"), part)).status == 200
    before = await everything(ledger)
    answer = await client.post(url(order, "cancel"))
    assert (answer.status, answer.json["error"]["code"]) == (400, "CHK0202")
    assert await everything(ledger) == before


@pytest.mark.parametrize("key", ["viewer", None])
@pytest.mark.parametrize("action", ["start-handling", "cancel", "invoice"])
async def test_who_may_not_changes_nothing(client, order, ledger, key, action):
    before = await everything(ledger)
    answer = await client.post(url(order, action), key=key)
    assert answer.status == (401 if key is None else 403)
    assert await everything(ledger) == before
