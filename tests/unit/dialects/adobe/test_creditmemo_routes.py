"""Giving money back and reading credit memos over the embedded database (contract adobe §6.2)."""

from decimal import Decimal

import pytest

from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.recorded import body

SIMPLE = (row("S1", 1000, 2), row("S2", 1550, 3))
NEVER_NEGATIVE = "Creditmemo Document Validation Error(s):\nThe credit memo's total must be positive."


@pytest.fixture
async def order(place, client):
    """An order over 91.50, of which everything is invoiced: 66.50 and 25.00 for shipping."""
    placed = await place(draft(*SIMPLE, shipping=2500))
    assert (await client.post(f"/rest/V1/order/{placed.entity_id}/invoice")).status == 200
    return placed


def one(item_id, qty=1, **arguments):
    asked = {"items": [{"order_item_id": item_id, "qty": qty}]}
    return {**asked, "arguments": arguments} if arguments else asked


def whole(order, *rows, **fields):
    items = [{"order_item_id": item_id, "qty": qty} for item_id, qty in rows]
    return {"order_id": order.entity_id, "items": items, **fields}


async def refund(client, order, sent=None):
    return await client.post(f"/rest/V1/order/{order.entity_id}/refund", sent)


async def memo(client, number=1):
    return (await client.get(f"/rest/V1/creditmemo/{number}")).json


async def test_a_refund_answers_the_id_of_its_credit_memo(client, order, ledger):
    answer = await refund(client, order, one(1, shipping_amount=0, adjustment_positive=1.5))
    assert (answer.status, answer.content) == (200, b'"1"')
    made = await memo(client)
    assert (made["grand_total"], made["subtotal"], made["adjustment"]) == (11.5, 10, 1.5)
    assert made["adjustment_positive"] == 1.5
    assert "adjustment_negative" not in made
    assert await findings(ledger) == []


async def test_the_keys_are_those_of_the_recordings(client, order):
    await refund(client, order, one(1, shipping_amount=0, adjustment_positive=1.5, adjustment_negative=0))
    made, recorded = await memo(client), body(395)
    assert list(made) == list(recorded)
    assert [list(item) for item in made["items"]] == [list(item) for item in recorded["items"]]


@pytest.mark.parametrize("content", [None, b"", b'""', b"5", b'{"items":null}', b'{"items":[]}', b"{}"])
async def test_no_items_means_everything_left(client, order, content):
    assert (await refund(client, order, content)).status == 200
    made = await memo(client)
    assert (made["grand_total"], made["shipping_amount"]) == (91.5, 25)
    assert (await client.get("/rest/V1/orders/1")).json["state"] == "closed"


@pytest.mark.parametrize(
    "sent, number",
    [
        (one(1, 9), 396),
        (one(999999), 397),
        (one(2, shipping_amount=9999), 398),
    ],
)
async def test_refusals_are_as_recorded_and_write_nothing(client, order, ledger, sent, number):
    before = await everything(ledger)
    answer = await refund(client, order, sent)
    assert (answer.status, answer.json) == (400, body(number))
    assert await everything(ledger) == before


async def test_an_unknown_order_and_an_unpaid_one_are_refused_as_recorded(client, place):
    assert (await client.post("/rest/V1/order/999999/refund", {})).json == body(399)
    unpaid = await place(draft(*SIMPLE))
    assert (await refund(client, unpaid)).json == body(392)


async def test_a_row_without_an_id_is_refused(client, order):
    answer = await refund(client, order, {"items": [{"qty": 1}]})
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": "order_item_id"})


@pytest.mark.parametrize("row", [{}, {"qty": None}])
async def test_a_row_without_a_quantity_gives_no_shipping_back(client, order, ledger, row):
    before = await everything(ledger)
    answer = await refund(client, order, {"items": [{"order_item_id": 1} | row]})
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": "qty"})
    assert await everything(ledger) == before


@pytest.mark.parametrize("qty", [-1, 0.5, 1.5, "-0.0001"])
async def test_a_quantity_that_cannot_be_given_back_gives_no_shipping_back(client, order, ledger, qty):
    before = await everything(ledger)
    answer = await refund(client, order, one(1, qty))
    message = 'We found an invalid quantity to refund item "%1".'
    assert (answer.status, answer.json) == (400, {"message": message, "parameters": ["S1"]})
    assert await everything(ledger) == before


@pytest.mark.parametrize("name", ["shipping_amount", "adjustment_positive", "adjustment_negative"])
async def test_amounts_below_zero_are_refused(client, order, name):
    answer = await refund(client, order, one(1, **{name: -0.01}))
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": name})


async def test_a_deduction_alone_is_no_credit_memo(client, order):
    sent = one(1, 0, shipping_amount=0, adjustment_negative=0.25)
    answer = await refund(client, order, sent)
    assert (answer.status, answer.json) == (400, {"message": NEVER_NEGATIVE})


async def test_adjustments_of_any_size_are_refused_even_if_they_cancel_each_other_out(client, order):
    sent = one(1, adjustment_positive=10**15, adjustment_negative=10**15)
    assert (await refund(client, order, sent)).status == 400


async def test_amounts_are_rounded_to_the_cent(client, order):
    await refund(client, order, one(1, shipping_amount=0.005, adjustment_negative="0.004"))
    made = await memo(client)
    assert (made["shipping_amount"], made["adjustment_negative"], made["grand_total"]) == (
        Decimal("0.01"),
        0,
        Decimal("10.01"),
    )


async def test_a_refund_under_one_key_is_made_once(client, order):
    headers = {"idempotency_key": "k"}
    path = f"/rest/V1/order/{order.entity_id}/refund"
    first = await client.post(path, one(1), **headers)
    second = await client.post(path, one(1), **headers)
    assert first.content == second.content == b'"1"'
    assert (await client.get("/rest/V1/creditmemos?searchCriteria")).json["total_count"] == 1


@pytest.mark.parametrize("online", [True, False])
async def test_a_method_that_moves_no_money_is_not_refunded_by_invoice(client, order, online):
    answer = await client.post("/rest/V1/invoice/1/refund", {"isOnline": online})
    assert (answer.status, answer.json) == (400, body(373))
    assert (await client.post("/rest/V1/invoice/7/refund", {"isOnline": online})).status == 404


async def test_a_credit_memo_is_never_canceled(client, order):
    answer = await client.ask("PUT", "/rest/V1/creditmemo/1", b"{}")
    assert (answer.status, answer.json) == (400, {"message": "You can not cancel Credit Memo"})


async def test_comments_are_stored_with_the_memo_and_afterwards(client, order):
    sent = {**one(1), "comment": {"comment": "sorry", "is_visible_on_front": 1}, "notify": True}
    await refund(client, order, {**sent, "appendComment": True})
    entity = {"comment": "seen", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1}
    answer = await client.post("/rest/V1/creditmemo/1/comments", {"entity": entity})
    assert (answer.status, answer.json) == (200, {**entity, "entity_id": 2})
    listed = (await client.get("/rest/V1/creditmemo/1/comments")).json
    assert [entry["comment"] for entry in listed["items"]] == ["sorry", "seen"]
    assert [entry["is_customer_notified"] for entry in (await memo(client))["comments"]] == [1, 0]


async def test_a_comment_for_another_or_no_credit_memo_is_refused(client, order):
    await refund(client, order, one(1))
    path = "/rest/V1/creditmemo/{}/comments"
    entity = {"comment": "seen", "parent_id": 2}
    assert (await client.post(path.format(1), {"entity": entity})).status == 400
    assert (await client.post(path.format(2), {"entity": entity})).status == 404
    assert (await client.post(path.format(1), {"entity": {"parent_id": 1}})).status == 400


@pytest.mark.parametrize("path, name", [("creditmemo/refund", "creditmemo"), ("creditmemo", "entity")])
async def test_a_whole_credit_memo_keeps_the_books_as_a_refund_does(client, order, ledger, path, name):
    sent = whole(order, (1, 1), (2, 2), shipping_amount=5, adjustment_negative=1, grand_total=45)
    answer = await client.post(f"/rest/V1/{path}", {name: sent, "offlineRequested": True})
    assert answer.status == 200
    assert answer.json == await memo(client)
    assert (answer.json["grand_total"], answer.json["shipping_amount"]) == (45, 5)
    after = (await client.get(f"/rest/V1/orders/{order.entity_id}")).json
    assert [item["qty_refunded"] for item in after["items"]] == [1, 2]
    assert after["total_refunded"] == 45
    assert await findings(ledger) == []


async def test_a_whole_credit_memo_gives_nothing_back_that_it_does_not_name(client, order):
    sent = whole(order, (1, 1), comments=[{"comment": "one", "is_customer_notified": 0}])
    made = (await client.post("/rest/V1/creditmemo/refund", {"creditmemo": sent})).json
    assert (made["grand_total"], made["shipping_amount"], len(made["items"])) == (10, 0, 1)
    assert [comment["comment"] for comment in made["comments"]] == ["one"]


@pytest.mark.parametrize(
    "fields",
    [
        {"grand_total": 50},
        {"base_grand_total": 50},
        {"items": None},
        {"entity_id": 1},
        {"order_id": None},
        {"invoice_id": 1},
        {"invoice_id": 1, "order_id": 7},
        {"comments": [{"comment": "a"}, {"comment": "b"}]},
        {"comments": [{"is_visible_on_front": 1}]},
    ],
)
async def test_a_whole_credit_memo_that_says_something_else_is_refused(client, order, ledger, fields):
    before = await everything(ledger)
    answer = await client.post("/rest/V1/creditmemo", {"entity": {**whole(order, (1, 1)), **fields}})
    assert answer.status == 400, answer
    assert await everything(ledger) == before
