"""Saving an invoice issues it (contract adobe §3.1, §12.14; recordings 368, 369, 741, 742)."""

import pytest

from counterfoil.access.identity import Identity
from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.asgi import TOKENS
from tests.unit.dialects.adobe.recorded import body

INVOICES = "/rest/V1/invoices"


@pytest.fixture
async def order(place):
    return await place(draft(row("A", 2000, qty=2), row("B", 1000, qty=1), shipping=1000))


async def test_a_saved_invoice_is_issued(client, order, ledger):
    first = next(iter(order.items))
    sent = {
        "order_id": order.entity_id,
        "state": 1,
        "grand_total": 30,
        "items": [{"order_item_id": first, "qty": 1}],
        "comments": [{"comment": "by hand", "is_visible_on_front": 1}],
    }
    answer = await client.post(INVOICES, {"entity": sent})
    assert answer.status == 200, answer
    assert (answer.json["state"], answer.json["grand_total"], answer.json["total_qty"]) == (2, 30, 1)
    assert [remark["comment"] for remark in answer.json["comments"]] == ["by hand"]
    assert (await client.get(f"{INVOICES}/{answer.json['entity_id']}")).json == answer.json
    after = (await client.get(f"/rest/V1/orders/{order.entity_id}")).json
    assert (after["total_invoiced"], [item["qty_invoiced"] for item in after["items"]]) == (30, [1, 0])
    assert await findings(ledger) == []


@pytest.mark.parametrize("name", ["grand_total", "base_grand_total"])
async def test_an_invoice_that_would_come_to_another_total_is_refused(client, order, ledger, name):
    before = await everything(ledger)
    row = {"order_item_id": next(iter(order.items)), "qty": 1}
    sent = {"order_id": order.entity_id, "items": [row], name: 20}
    answer = await client.post(INVOICES, {"entity": sent})
    assert (answer.status, answer.json["parameters"]) == (400, ["$30.00"])
    assert await everything(ledger) == before


@pytest.mark.parametrize(
    "path, wrapper",
    [(INVOICES, "entity"), ("/rest/V1/creditmemo", "entity"), ("/rest/V1/creditmemo/refund", "creditmemo")],
)
async def test_a_number_cannot_be_chosen(client, order, ledger, path, wrapper):
    before = await everything(ledger)
    row = {"order_item_id": next(iter(order.items)), "qty": 1}
    sent = {"order_id": order.entity_id, "items": [row], "increment_id": "R-1"}
    answer = await client.post(path, {wrapper: sent})
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": "increment_id"})
    assert await everything(ledger) == before


@pytest.mark.parametrize("items", [None, []])
async def test_an_invoice_without_rows_is_refused(client, order, ledger, items):
    before = await everything(ledger)
    entity = {"order_id": order.entity_id} | ({} if items is None else {"items": items})
    answer = await client.post(INVOICES, {"entity": entity})
    assert (answer.status, "without products" in answer.json["message"]) == (400, True)
    assert await everything(ledger) == before


async def test_an_issued_invoice_is_not_saved_again(client, order, ledger):
    await client.post(f"/rest/V1/order/{order.entity_id}/invoice")
    read, before = (await client.get(f"{INVOICES}/1")).json, await everything(ledger)
    assert (await client.post(INVOICES, {"entity": read})).status == 400
    assert await everything(ledger) == before


async def test_who_may_not_issue_invoices_may_not_save_them(client, order):
    TOKENS["clerk"] = Identity("admin", 9, "clerk", frozenset({"Magento_Sales::sales_invoice"}))
    try:
        entity = {
            "order_id": order.entity_id,
            "items": [{"order_item_id": next(iter(order.items)), "qty": 1}],
        }
        assert (await client.post(INVOICES, {"entity": entity}, token="clerk")).status == 401
        assert (await client.get(f"{INVOICES}?searchCriteria", token="clerk")).json["total_count"] == 0
    finally:
        del TOKENS["clerk"]


async def test_an_offline_invoice_is_neither_voided_nor_captured(client, order):
    await client.post(f"/rest/V1/order/{order.entity_id}/invoice")
    for action, number in (("void", 368), ("capture", 369)):
        answer = await client.post(f"{INVOICES}/1/{action}")
        assert (answer.status, answer.json) == (400, body(number))
        assert (await client.post(f"{INVOICES}/999/{action}")).status == 404
