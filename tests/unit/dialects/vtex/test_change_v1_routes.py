"""Changes of generation 1: applied before they are answered, once per requestId."""

import pytest

from tests.unit.dialects.vtex.asgi import url


@pytest.fixture
async def handled(client, order):
    """Two units for 20.00 each, and shipping of 10.00, being handled."""
    assert (await client.post(url(order, "start-handling"))).status == 204
    return order


@pytest.fixture
def document(client):
    async def look(order):
        return (await client.get(f"/api/oms/pvt/orders/v{500_000 + order.entity_id}cntf-01")).json

    return look


def wish(request_id="a", discount=500, increment=0, **more):
    found = {"reason": "late", "discountValue": discount, "incrementValue": increment, **more}
    return found if request_id is None else {"requestId": request_id, **found}


async def test_only_the_told_values_move_the_value(client, handled, document):
    answer = await client.post(url(handled, "changes"), wish(increment=200))
    assert answer.status == 200, answer
    assert set(answer.json) == {"date", "orderId", "receipt"}
    found = await document(handled)
    assert found["value"] == 5000 - 500 + 200
    assert {"id": "Change", "name": "Total das mudanças", "value": -300} in found["totals"]
    (entry,) = found["changesAttachment"]["changesData"]
    assert (entry["discountValue"], entry["incrementValue"]) == (500, 200)
    assert entry["receipt"]["receipt"] == answer.json["receipt"]


async def test_the_same_request_again_gets_the_first_receipt_and_changes_nothing(client, handled, document):
    first = await client.post(url(handled, "changes"), wish())
    again = await client.post(url(handled, "changes"), wish())
    assert (again.status, again.json) == (200, first.json)
    assert (await document(handled))["value"] == 4500


async def test_another_change_under_the_same_request_id_is_refused(client, handled, document):
    await client.post(url(handled, "changes"), wish())
    other = await client.post(url(handled, "changes"), wish(discount=600))
    assert (other.status, other.json["error"]["code"]) == (422, "CNTF008")
    assert (await document(handled))["value"] == 4500


async def test_clients_without_request_ids_repeat_safely_under_a_key(client, handled, document):
    sent = {"headers": {"idempotency-key": "k1"}}
    first = await client.post(url(handled, "changes"), wish(None), **sent)
    again = await client.post(url(handled, "changes"), wish(None), **sent)
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    await client.post(url(handled, "changes"), wish(None))
    assert (await document(handled))["value"] == 5000 - 2 * 500


async def test_units_that_go_cannot_be_invoiced_but_keep_their_place(client, handled, document):
    removed = [{"id": "RED", "price": 2000, "quantity": 1}]
    answer = await client.post(url(handled, "changes"), wish(discount=2000, itemsRemoved=removed))
    assert answer.status == 200, answer
    again = await client.post(url(handled, "changes"), wish("b", discount=1, itemsRemoved=removed * 2))
    assert (again.status, again.json["error"]["message"]) == (400, "Invalid quantity to remove from item RED")


@pytest.mark.parametrize(
    "body, status, message",
    [
        (wish(discount=-1), 400, "The modification value needs to be greater or equal than zero"),
        (wish(discount=0), 400, "Invalid modification for order"),
        ({**wish(), "reason": None}, 400, "Field reason not set"),
        (wish(discount=5000), 400, "The value of the modification exceeds the order's price"),
        (wish(itemsRemoved=[{"id": "NO", "price": 1, "quantity": 1}]), 404, "Invalid id for item"),
        (wish(itemsAdded=[{"id": "NO", "price": 1, "quantity": 1}]), 404, "Invalid id for item"),
        (wish(itemsAdded=[{"id": "RED", "price": 1, "quantity": 0}]), 400, "Invalid quantity for item."),
    ],
)
async def test_a_refusal_has_the_words_of_the_guide(client, handled, document, body, status, message):
    answer = await client.post(url(handled, "changes"), body)
    assert (answer.status, answer.json["error"]["message"]) == (status, message)
    assert (await document(handled))["value"] == 5000


async def test_an_order_that_is_not_handled_is_not_changed(client, order):
    answer = await client.post(url(order, "changes"), wish())
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith("It is only allowed to register an order modification")


async def test_the_fifty_first_change_is_refused(client, handled):
    for number in range(50):
        answer = await client.post(url(handled, "changes"), wish(str(number), discount=1))
        assert answer.status == 200, answer
    answer = await client.post(url(handled, "changes"), wish("51", discount=1))
    assert answer.json["error"]["message"] == "Max allowed modifications for order exceeded: 50"


async def test_a_change_that_leaves_what_is_invoiced_makes_the_order_invoiced(client, handled, document):
    part = {"type": "Output", "issuanceDate": "2026-01-01", "invoiceNumber": "1", "invoiceValue": 3000}
    assert (await client.post(url(handled, "invoice"), part)).status == 200
    assert (await client.post(url(handled, "changes"), wish(discount=2001))).status == 400
    assert (await client.post(url(handled, "changes"), wish("b", discount=2000))).status == 200
    assert (await document(handled))["status"] == "invoiced"
