"""Requests that are accepted now and carried out later (contract adobe §7; recordings 744 to 747)."""

import json

import pytest

from counterfoil.delivery.handler import Handler
from counterfoil.delivery.worker import Worker
from counterfoil.dialects.adobe import accept, operation
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Reply
from counterfoil.dialects.adobe.operation_runner import Operations
from counterfoil.dialects.adobe.route import ANONYMOUS, Route
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.faults import Busy
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.tasks import Done, Retry
from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.asgi import TOKENS, Client

INVOICE = "/rest/async/bulk/V1/order/byOrderId/invoice"
FREE = Param("number", INT, required=False, default=0)
CHANGING = [route for route in ROUTES if route.method != "GET"]


class Moody:
    """A handler that does what it was told to."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.mood: list[Exception] = []

    async def __call__(self, call) -> Reply:
        self.seen.append(call.args["number"])
        if self.mood:
            raise self.mood.pop()
        return Reply({"number": call.args["number"]})


@pytest.fixture
def moody():
    return Moody()


@pytest.fixture
def routes(moody):
    return (*ROUTES, Route("POST", "/V1/moody", moody, ANONYMOUS, (FREE,)))


@pytest.fixture
def client(shop, routes):
    return Client(App(shop, routes))


@pytest.fixture
def carry_out(shop, routes):
    """Carry out whatever is due."""
    operations = Operations(shop, routes)
    handlers = {operation.KIND: Handler(operations.run, limit=8)}

    async def run():
        worker = Worker(shop.ledger, handlers, alone=True)
        while await worker.turn():
            await worker.idle()

    return run


@pytest.fixture
async def order(place):
    return await place(draft(row("S1", 1000, qty=5)))


def one(order, qty=1):
    (item_id,) = order.items
    return {"items": [{"order_item_id": item_id, "qty": qty}]}


async def accepted(client, path, sent, method="POST", **options):
    answer = await client.ask(method, path, sent, **options)
    assert answer.status == 202, answer
    return answer.json


async def status(client, uuid, form="status"):
    answer = await client.get(f"/rest/V1/bulk/{uuid}/{form}")
    assert answer.status == 200, answer
    return answer.json


def codes(shown):
    return [entry["status"] for entry in shown["operations_list"]]


async def test_a_client_that_wants_all_or_nothing_gets_that_later_too(client, order, carry_out, ledger):
    path = f"/rest/async/V1/order/{order.entity_id}/ship"
    answer = await accepted(client, path, one(order, 6), prefer="handling=strict")
    await carry_out()
    assert codes(await status(client, answer["bulk_uuid"])) == [3]
    assert await findings(ledger) == []


async def test_taking_a_parcel_off_can_be_carried_out_twice(client, order, shop, routes):
    track = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}
    await client.post(f"/rest/V1/order/{order.entity_id}/ship", {"tracks": [track]})
    answer = await accepted(client, "/rest/async/V1/shipment/track/1", None, "DELETE")
    operations = Operations(shop, routes)
    async with shop.ledger.reading() as reader:
        (task,) = await reader.tasks.group(answer["bulk_uuid"])
    # As after a crash between the effect and the end of the lease.
    first, second = await operations.run(task), await operations.run(task)
    assert first == second
    assert isinstance(first, Done)
    assert '"status":1' in (first.result or "")
    other = await accepted(client, "/rest/async/V1/shipment/track/1", None, "DELETE")
    async with shop.ledger.reading() as reader:
        (task,) = await reader.tasks.group(other["bulk_uuid"])
    late = await operations.run(task)
    assert isinstance(late, Done)
    assert '"status":3' in (late.result or "")


async def test_a_request_is_accepted_now_and_carried_out_later(client, order, carry_out, ledger):
    answer = await accepted(client, f"/rest/async/V1/order/{order.entity_id}/invoice", one(order))
    (item,) = answer["request_items"]
    assert (item["id"], item["status"], len(item["data_hash"]), answer["errors"]) == (
        0,
        "accepted",
        64,
        False,
    )
    before = await status(client, answer["bulk_uuid"])
    assert before["operations_list"] == [{"id": 0, "status": 4, "result_message": "", "error_code": None}]

    await carry_out()

    after = await status(client, answer["bulk_uuid"], "detailed-status")
    assert list(after) == [
        *("operations_list", "user_type", "bulk_id", "description"),
        *("start_time", "user_id", "operation_count"),
    ]
    topic = "async.magento.sales.api.invoiceorderinterface.execute.post"
    assert (after["user_type"], after["user_id"], after["operation_count"]) == (2, 1, 1)
    assert after["description"] == f"Topic {topic}"
    (done,) = after["operations_list"]
    assert (done["id"], done["status"], done["error_code"]) == (0, 1, None)
    assert (
        done["result_message"]
        == "Service execution success Magento\\Sales\\Api\\InvoiceOrderInterface::execute"
    )
    assert (done["topic_name"], done["bulk_uuid"]) == (topic, answer["bulk_uuid"])
    assert done["result_serialized_data"] == '"1"'
    told = json.loads(json.loads(done["serialized_data"])["meta_information"])
    assert told == {"orderId": str(order.entity_id), **one(order)}
    async with ledger.reading() as reader:
        entry = (await reader.journal(order.entity_id))[-1]
    assert (entry.kind, entry.actor, entry.channel) == ("InvoiceIssued", "admin:admin", "adobe")
    assert await findings(ledger) == []


async def test_operations_on_one_order_run_in_the_order_of_the_bulk(client, order, carry_out):
    wishes = [{"orderId": order.entity_id, **one(order, qty)} for qty in (3, 4, 2)]
    uuid = (await accepted(client, INVOICE, wishes))["bulk_uuid"]

    await carry_out()

    shown = await status(client, uuid)
    assert codes(shown) == [1, 3, 1], "three of five, four of two, two of two"
    assert (
        shown["operations_list"][1]["result_message"] == 'We found an invalid quantity to invoice item "S1".'
    )
    assert shown["operations_list"][1]["error_code"] == 0
    counted = [await status(client, uuid, f"operation-status/{code}") for code in (1, 2, 3, 4, 5)]
    assert counted == [2, 0, 1, 0, 0]


async def test_an_empty_bulk_is_accepted(client):
    answer = await accepted(client, INVOICE, [])
    assert (answer["request_items"], answer["errors"]) == ([], False)
    shown = await status(client, answer["bulk_uuid"])
    assert (shown["operations_list"], shown["operation_count"]) == ([], 0)


@pytest.mark.parametrize(
    "path, sent, like",
    [
        ("/rest/async/V1/invoices/comments", {}, "/rest/V1/invoices/comments"),
        ("/rest/async/V1/order/abc/invoice", {}, "/rest/V1/order/abc/invoice"),
        ("/rest/async/V1/order/1/invoice", {"items": [{"no": 1}]}, "/rest/V1/order/1/invoice"),
    ],
)
async def test_wrong_arguments_are_refused_at_once_as_they_always_are(client, ledger, path, sent, like):
    before = await everything(ledger)
    answer = await client.post(path, sent)
    at_once = await client.post(like, sent)
    assert (answer.status, answer.content) == (400, at_once.content)
    assert await everything(ledger) == before


@pytest.mark.parametrize(
    "sent, says",
    [
        ([{"orderId": 1}, {}], '"%fieldName" is required. Enter and try again.'),
        ([{"orderId": 1}, {"orderId": [1]}], 'The "array" value\'s type is invalid.'),
        ([{"orderId": 1}, {"orderId": 1, "items": [{"no": 1}]}], '"%fieldName" is not supported.'),
        ({"orderId": 1}, "must be a list of objects"),
        ([1, 2], "must be a list of objects"),
    ],
)
async def test_one_wrong_entry_refuses_the_whole_bulk(client, ledger, sent, says):
    before = await everything(ledger)
    answer = await client.post(INVOICE, sent)
    assert answer.status == 400
    assert says in answer.message
    assert await everything(ledger) == before


async def test_reading_is_not_asynchronous(client):
    for path in ("async/V1/orders/1", "async/bulk/V1/orders/byId", "all/async/V1/orders/1"):
        answer = await client.get(f"/rest/{path}")
        assert (answer.status, answer.message) == (400, "Specified request cannot be processed.")


@pytest.mark.parametrize("path", ["async/V1/nosuch", "async/bulk/V1/order/1/invoice", "async/bulk/V1/nosuch"])
async def test_what_is_no_route_is_none_later(client, path):
    assert (await client.post(f"/rest/{path}", [])).status == 404


async def test_rights_are_looked_at_when_it_is_accepted(client, order, carry_out):
    path = f"/rest/async/V1/order/{order.entity_id}/invoice"
    assert (await client.post(path, one(order), token="viewer")).status == 401
    assert (await client.post(path, one(order), token="reader")).status == 401
    assert (await client.post(INVOICE, [], token=None)).status == 401
    uuid = (await accepted(client, path, one(order)))["bulk_uuid"]
    admin = TOKENS.pop("admin")
    try:
        await carry_out()
    finally:
        TOKENS["admin"] = admin
    assert codes(await status(client, uuid)) == [1]


async def test_an_unknown_bulk_is_not_found(client):
    for form in ("status", "detailed-status", "operation-status/1"):
        answer = await client.get(f"/rest/V1/bulk/nosuch/{form}")
        assert (answer.status, answer.message) == (404, "Bulk uuid %bulkUuid not exist")
        assert answer.json["parameters"] == {"bulkUuid": "nosuch"}
    assert (await client.get("/rest/V1/bulk/nosuch/status", token="viewer")).status == 401


async def test_the_same_key_is_one_bulk(client, order, carry_out, ledger):
    path = f"/rest/async/V1/order/{order.entity_id}/invoice"
    first = await client.post(path, one(order), idempotency_key="a")
    again = await client.post(path, one(order), idempotency_key="a")
    assert (first.status, again.status) == (202, 202)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (await client.post(path, one(order, 2), idempotency_key="a")).status == 422
    await carry_out()
    async with ledger.reading() as reader:
        assert len(await reader.invoices_of(order.entity_id)) == 1


async def test_an_operation_that_is_carried_out_twice_takes_effect_once(client, order, shop, routes, ledger):
    """A kill between effect and settling: the next worker carries it out again."""
    await accepted(client, f"/rest/async/V1/order/{order.entity_id}/invoice", one(order))
    async with ledger.reading() as reader:
        (task,) = [task for task in await reader.tasks.listed("open") if task.kind == operation.KIND]
    outcomes = [await Operations(shop, routes).run(task) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    async with ledger.reading() as reader:
        assert len(await reader.invoices_of(order.entity_id)) == 1


async def test_a_fault_leaves_the_operation_open_and_it_is_tried_again(client, moody, shop, routes):
    answer = await accepted(client, "/rest/async/V1/moody", {"number": 7})
    operations = Operations(shop, routes)
    async with shop.ledger.reading() as reader:
        (task,) = await reader.tasks.group(answer["bulk_uuid"])
    moody.mood = [Busy()]
    with pytest.raises(Busy):
        await operations.run(task)
    assert codes(await status(client, answer["bulk_uuid"])) == [4]
    done = await operations.run(task)
    assert isinstance(done, Done)
    assert json.loads(done.result or "")["output"] == '{"number":7}'


async def test_an_operation_that_was_given_up_can_be_retried(client, moody, shop, routes):
    answer = await accepted(client, "/rest/async/V1/moody", {})
    handlers = {operation.KIND: Handler(Operations(shop, routes).run, most_failures=1)}
    worker = Worker(shop.ledger, handlers, alone=True)
    moody.mood = [Busy()]
    await worker.turn()
    await worker.idle()
    shown = await status(client, answer["bulk_uuid"])
    assert codes(shown) == [2]
    assert shown["operations_list"][0]["result_message"] == Busy.__doc__


async def test_a_bug_fails_its_operation_and_no_other(client, moody, carry_out):
    moody.mood = [RuntimeError("a bug")]
    sent = [{"number": 1}, {"number": 2}]
    uuid = (await accepted(client, "/rest/async/bulk/V1/moody", sent))["bulk_uuid"]
    await carry_out()
    shown = await status(client, uuid)
    assert codes(shown) == [3, 1]
    assert "Report ID: webapi-" in shown["operations_list"][0]["result_message"]
    assert moody.seen == [1, 2], "what names nothing runs in the order of the bulk"


async def test_a_bulk_finds_the_variable_of_the_path_inside_the_object(client, carry_out):
    product = {"sku": "BULK-1", "name": "From a bulk", "attribute_set_id": 4, "price": 5, "type_id": "simple"}
    uuid = (await accepted(client, "/rest/all/async/bulk/V1/products/bySku", [{"product": product}], "PUT"))[
        "bulk_uuid"
    ]
    await carry_out()
    shown = await status(client, uuid, "detailed-status")
    assert shown["description"] == "Topic async.magento.catalog.api.productrepositoryinterface.save.put"
    assert codes(shown) == [1], shown
    assert (await client.get("/rest/V1/products/BULK-1")).json["name"] == "From a bulk"


async def test_the_entries_of_a_bulk_are_kept_as_they_were_sent(client, ledger):
    rest = b'"items":[], "comment" : {"comment":"a\\/b\\u00e9 {}"},"x":1e400,"y":[{}]'
    sent = b'[{"order_id":"7", %b},{"orderId":8}]' % rest
    uuid = (await accepted(client, INVOICE, sent))["bulk_uuid"]
    async with ledger.reading() as reader:
        first, second = [operation.decode_operation(task.body) for task in await reader.tasks.group(uuid)]
    assert first.content == '{"items":[],"comment":{"comment":"a\\/b\\u00e9 {}"},"x":1e400,"y":[{}]}'
    assert (first.variables, second.variables) == ({"orderId": "7"}, {"orderId": "8"})
    assert second.content == ""


async def test_a_bulk_may_delete(client, carry_out):
    product = {"sku": "GONE", "name": "Gone soon", "attribute_set_id": 4, "price": 5, "type_id": "simple"}
    assert (await client.post("/rest/V1/products", {"product": product})).status == 200
    sent = [{"sku": "GONE"}, {"sku": "GONE"}]
    uuid = (await accepted(client, "/rest/async/bulk/V1/products/bySku", sent, "DELETE"))["bulk_uuid"]
    await carry_out()
    assert codes(await status(client, uuid)) == [1, 3]
    assert (await client.get("/rest/V1/products/GONE")).status == 404


async def test_operations_are_searched(client, moody, carry_out):
    uuids = [(await accepted(client, "/rest/async/V1/moody", {"number": 1}))["bulk_uuid"] for _ in range(3)]
    moody.mood = [RuntimeError("a bug")]
    await carry_out()

    async def found(field, value):
        inside = "searchCriteria[filter_groups][0][filters][0]"
        answer = await client.get(f"/rest/V1/bulk?{inside}[field]={field}&{inside}[value]={value}")
        assert answer.status == 200, answer
        return answer.json

    listed = await found("bulk_uuid", uuids[1])
    assert [entry["bulk_uuid"] for entry in listed["items"]] == [uuids[1]]
    assert [(await found("status", code))["total_count"] for code in (1, 3, 4)] == [2, 1, 0]
    assert (await client.get("/rest/V1/bulk")).status == 400
    assert (await found("topic_name", "async.V1.moody.POST"))["total_count"] == 3


async def test_the_record_of_a_bulk_goes_after_its_operations(client, moody, carry_out, shop, routes):
    uuid = (await accepted(client, "/rest/async/V1/moody", {}))["bulk_uuid"]
    operations = Operations(shop, routes)
    async with shop.ledger.reading() as reader:
        (forget,) = [task for task in await reader.tasks.listed("open") if task.kind == operation.FORGET]
    await carry_out()
    assert isinstance(await operations.forget(forget), Retry)

    async def work(transaction):
        await transaction.tasks.remove_finished(2**62, limit=100)
        return Body(b"true")

    await shop.ledger.transact(work)
    assert isinstance(await operations.forget(forget), Done)
    assert (await client.get(f"/rest/V1/bulk/{uuid}/status")).status == 404


async def test_a_bulk_has_its_limits(client, ledger, monkeypatch):
    before = await everything(ledger)
    monkeypatch.setattr(accept, "MAX_OPERATIONS", 2)
    assert (await client.post(INVOICE, [{"orderId": 1}] * 3)).json["parameters"] == {
        "type": "Operation",
        "max": 2,
    }
    monkeypatch.setattr(accept, "MAX_BYTES", 100)
    assert (await client.post(INVOICE, [{"orderId": 1}] * 10)).status == 413
    assert await everything(ledger) == before


@pytest.mark.parametrize(
    "route", [route for route in CHANGING if route.keyless], ids=lambda route: route.path
)
async def test_what_carries_a_secret_is_not_stored_for_later(client, ledger, route):
    before = await everything(ledger)
    token = "customer" if "self" in route.resources else "admin"
    sent = {"username": "a", "password": "b"}
    answer = await client.ask(route.method, f"/rest/async{route.path}", sent, token=token)
    assert (answer.status, answer.message) == (
        400,
        "This operation cannot be asked for asynchronously: it would leave a secret in the database.",
    )
    assert await everything(ledger) == before


async def test_who_has_not_signed_in_cannot_leave_work_behind(client, ledger):
    before = await everything(ledger)
    for way in ("async", "async/bulk"):
        answer = await client.ask("POST", f"/rest/{way}/V1/guest-carts", [{}] * 100, token=None)
        assert answer.status == 401
    assert await everything(ledger) == before


async def test_a_payment_gateways_token_is_not_stored_for_later(client, ledger):
    before = await everything(ledger)
    paid = {"paymentMethod": {"method": "checkmo", "additional_data": {"token": "secret"}}}
    answer = await client.ask("PUT", "/rest/async/V1/carts/1/order", paid, token="admin")
    assert (answer.status, answer.message) == (
        400,
        "This operation cannot be asked for asynchronously: it would leave a secret in the database.",
    )
    assert await everything(ledger) == before


def test_every_operation_that_changes_something_has_a_bulk_of_its_own():
    table = operation.bulk_table(ROUTES)
    assert len(table) == len(CHANGING)
    assert table["POST", "V1/order/byOrderId/invoice"].path == "/V1/order/:orderId/invoice"
    assert not any(":" in path for _, path in table)


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: f"{route.method} {route.path}")
def test_every_operation_has_a_topic_and_a_queue(route):
    assert operation.topic_of(route).lower().endswith(f".{route.method.lower()}")
    variables = dict.fromkeys(route.variables, "7")
    assert operation.queue_of(route, variables, "u").startswith(operation.KIND)


def test_an_order_is_one_queue_whatever_is_asked_of_it():
    def queue(path):
        return operation.queue_of(Route("POST", path, Moody(), ANONYMOUS), {"orderId": "7", "id": "7"}, "u")

    paths = ("/V1/order/:orderId/invoice", "/V1/order/:orderId/ship", "/V1/orders/:id/cancel")
    assert len({queue(path) for path in paths}) == 1
    assert queue("/V1/orders") == f"{operation.KIND}/bulk/u"
    assert len(operation.queue_of(ROUTES[0], {}, "u")) < 100


def test_messages_are_rendered_as_people_read_them():
    assert operation.rendered('invalid "%1", %2%', ["S1", 3]) == 'invalid "S1", 3%'
    assert operation.rendered("%fieldName is %10", {"fieldName": "sku"}) == "sku is %10"
    assert operation.rendered("100%", None) == "100%"
