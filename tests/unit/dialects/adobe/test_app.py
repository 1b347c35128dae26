"""The application: checks in the platform's order, limits, forms of the answer (contract adobe §2.4)."""

import asyncio
import gzip
import json

import pytest
from structlog.testing import capture_logs

from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.body import MAX_BYTES
from counterfoil.dialects.adobe.call import Reply
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route
from counterfoil.dialects.adobe.wire import INT, STRING, DataObject, Param
from counterfoil.ledger.faults import Busy, Unknown
from tests.unit.dialects.adobe.asgi import Client
from tests.unit.dialects.adobe.recorded import body

SALES = ("Magento_Sales::sales", "Magento_Sales::actions_view")
THING = DataObject("Thing", {"sku": STRING, "qty": INT})


async def echo(call):
    args = {name: value for name, value in call.args.items() if value is not None}
    return Reply({"args": args, "store": call.store_id, "code": call.store_code, "path": call.path})


async def long_text(call):
    return Reply({"text": "a/b" * int(call.args["length"])})


def raising(error):
    async def handler(_):
        raise error

    return handler


ROUTES = (
    Route("GET", "/V1/echo/:id", echo, ANONYMOUS, (Param("id", INT),)),
    Route("POST", "/V1/echo/:id", echo, ANONYMOUS, (Param("id", INT), Param("thing", THING, required=False))),
    Route("PUT", "/V1/things/:sku", echo, ANONYMOUS, (Param("sku", STRING), Param("thing", THING))),
    Route("GET", "/V1/text/:length", long_text, ANONYMOUS),
    Route("GET", "/V1/guarded", echo, SALES),
    Route("POST", "/V1/guarded", echo, ("Magento_Sales::actions_view",), (Param("thing", THING),)),
    Route("GET", "/V1/own", echo, SELF),
    Route("GET", "/V1/bug", raising(ZeroDivisionError("secret")), ANONYMOUS),
    Route("GET", "/V1/busy", raising(Busy()), ANONYMOUS),
    Route("GET", "/V1/unknown", raising(Unknown()), ANONYMOUS),
    Route("GET", "/V1/no", raising(AdobeError(404, "No %1/é", ["x"])), ANONYMOUS),
)


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES, body_within_s=0.05))


async def test_a_success_is_200_with_the_usual_headers(client):
    answer = await client.get("/rest/V1/echo/7")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert rb"\/V1\/echo\/7" in answer.content


@pytest.mark.parametrize(
    "prefix, store, code", [("", 1, "default"), ("default/", 1, "default"), ("all/", 0, "all")]
)
async def test_store_codes(client, prefix, store, code):
    answer = await client.get(f"/rest/{prefix}V1/echo/7/")
    assert (answer.json["store"], answer.json["code"], answer.json["path"]) == (store, code, "/V1/echo/7")


@pytest.mark.parametrize(
    "method, path, status, message",
    [
        ("GET", "/rest/v1/echo/7", 400, "Specified request cannot be processed."),
        ("GET", "/rest/nosuchstore/V1/echo/7", 400, "Specified request cannot be processed."),
        ("GET", "/rest/", 400, "Specified request cannot be processed."),
        ("GET", "/rest/V1/nosuch", 404, "Request does not match any route."),
        ("GET", "/rest/V9/echo/7", 404, "Request does not match any route."),
        ("DELETE", "/rest/V1/echo/7", 404, "Request does not match any route."),
        ("GET", "/", 404, "Request does not match any route."),
        ("GET", "/restV1/echo/7", 404, "Request does not match any route."),
        ("PATCH", "/rest/V1/echo/7", 405, "The PATCH HTTP method is not supported."),
        ("OPTIONS", "/rest/V1/echo/7", 405, "The OPTIONS HTTP method is not supported."),
    ],
)
async def test_routing_errors(client, method, path, status, message):
    answer = await client.ask(method, path)
    assert (answer.status, answer.json) == (status, {"message": message})


async def test_head_is_405_without_a_body(client):
    answer = await client.ask("HEAD", "/rest/V1/echo/7")
    assert (answer.status, answer.content) == (405, b"")


async def test_an_accept_that_cannot_be_met_is_406_in_json(client):
    answer = await client.get("/rest/V1/echo/7", accept="text/html")
    assert answer.status == 406
    assert '"text/html"' in answer.message
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_xml_for_those_who_ask_for_it(client):
    answer = await client.get("/rest/V1/echo/7", accept="application/xml")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert b"<id>7</id>" in answer.content
    error = await client.get("/rest/V1/no", accept="application/xml")
    assert error.status == 404
    assert b"<message>No %1/&#233;</message>" in error.content


async def test_the_order_of_checks(client):
    broken = b"{"
    ask = [
        ("PATCH", "/rest/V1/nosuch", "text/html", None, 406),
        ("PATCH", "/rest/V1/nosuch", "*/*", None, 405),
        ("POST", "/rest/V1/nosuch", "*/*", None, 404),
        ("POST", "/rest/V1/guarded", "*/*", None, 401),
        ("POST", "/rest/V1/guarded", "*/*", "viewer", 400),
    ]
    for method, path, accept, token, status in ask:
        answer = await client.ask(method, path, broken, accept=accept, token=token)
        assert answer.status == status, (method, path, answer)


@pytest.mark.parametrize("token", [None, "garbage", "viewer", "customer"])
async def test_lacking_rights_are_401_with_the_resources(client, token):
    answer = await client.get("/rest/V1/guarded", token=token)
    assert answer.status == 401
    assert answer.json == {
        "message": "The consumer isn't authorized to access %resources.",
        "parameters": {"resources": "Magento_Sales::sales, Magento_Sales::actions_view"},
    }


async def test_rights_that_are_there_let_in(client):
    assert (await client.get("/rest/V1/guarded", token="admin")).status == 200
    assert (await client.get("/rest/V1/own", token="customer")).status == 200


async def test_a_route_for_customers_is_for_nobody_else(client):
    answer = await client.get("/rest/V1/own", token="admin")
    assert (answer.status, answer.json["parameters"]) == (401, {"resources": "self"})


async def test_who_may_only_look_may_not_write(client):
    assert (await client.get("/rest/V1/guarded", token="reader")).status == 200
    assert (await client.post("/rest/V1/guarded", {}, token="reader")).status == 401


@pytest.mark.parametrize(
    "url, sent, args",
    [
        ("/rest/V1/echo/7", {"id": 8}, {"id": 7}),
        ("/rest/V1/echo/7?id=9", None, {"id": 7}),
        ("/rest/V1/echo/7?thing[sku]=q", {"thing": {"sku": "b", "qty": 1}}, {"id": 7, "thing": {"sku": "q"}}),
        ("/rest/V1/echo/7", {"thing": {"sku": "b", "qty": "2"}}, {"id": 7, "thing": {"sku": "b", "qty": 2}}),
    ],
)
async def test_for_post_query_and_path_win_over_the_body(client, url, sent, args):
    assert (await client.post(url, sent)).json["args"] == args


@pytest.mark.parametrize(
    "sent, thing",
    [
        ({"thing": {"sku": "b", "qty": 1}}, {"sku": "a b", "qty": 1}),
        ({"thing": {"Sku": "b"}}, {"sku": "a b"}),
        ({"thing": {"qty": 1}, "other": 1}, {"qty": 1}),
        ({"thing": {}}, {"sku": "a b"}),
    ],
)
async def test_put_writes_the_path_variable_into_the_one_object(client, sent, thing):
    answer = await client.ask("PUT", "/rest/V1/things/a%20b", sent)
    assert answer.json["args"] == {"sku": "a b", "thing": thing}


async def test_broken_json_is_a_decoding_error(client):
    assert (await client.post("/rest/V1/echo/7", b'{"a":')).json == body(105)


@pytest.mark.parametrize(
    "number, content_type", [(106, "application/x-www-form-urlencoded"), (107, "text/plain")]
)
async def test_other_content_types_are_refused_as_recorded(client, number, content_type):
    answer = await client.post("/rest/V1/echo/7", b"x", content_type=content_type)
    assert (answer.status, answer.json) == (400, body(number))


async def test_an_empty_body_needs_no_content_type(client):
    assert (await client.ask("POST", "/rest/V1/echo/7", b"", content_type=None)).status == 200
    answer = await client.ask("POST", "/rest/V1/echo/7", b"{}", content_type=None)
    assert (answer.status, answer.message) == (400, "Content-Type header is empty.")


async def test_a_body_in_parts(client):
    answer = await client.post("/rest/V1/echo/7", parts=[b'{"thing":', b'{"qty":1}}'])
    assert answer.json["args"]["thing"] == {"qty": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"parts": [b" " * (MAX_BYTES // 2)] * 3},
        {"body": b" " * (MAX_BYTES + 1)},
        {"content_length": "9" * 30},
    ],
)
async def test_a_body_that_is_too_large_is_413(client, more):
    answer = await client.post("/rest/V1/echo/7", **{"body": b"{}", **more})
    assert answer.status == 413
    assert answer.json["parameters"] == [MAX_BYTES]


async def test_a_body_that_does_not_come_in_time_is_given_up(client):
    async def never():
        await asyncio.sleep(10)

    answer = await client.post("/rest/V1/echo/7", parts=[b"{", never])
    assert answer.status == 408


async def test_a_client_that_goes_away_gets_no_answer(client):
    async def gone():
        return {"type": "http.disconnect"}

    for parts in ([gone], [b"{", gone]):
        assert (await client.post("/rest/V1/echo/7", parts=parts)).status == 0


@pytest.mark.parametrize(
    "url",
    [
        "/rest/V1/echo/7?a=" + "x" * 40_000,
        "/rest/V1/echo/7?a=%FF",
        "/rest/V1/echo/%00",
        "/rest/V1/echo/7?%00=1",
    ],
)
async def test_what_is_no_text_or_too_long_is_400(client, url):
    assert (await client.get(url)).status == 400


async def test_deep_json_is_400(client):
    answer = await client.post("/rest/V1/echo/7", b'{"thing":' + b"[" * 70 + b"]" * 70 + b"}")
    assert answer.status == 400
    assert "64 levels" in answer.message


@pytest.mark.parametrize(
    "headers",
    [
        {"idempotency_key": ""},
        {"idempotency_key": "x" * 256},
        {"idempotency_key": "\xe9"},
        {"if_match": "abc"},
    ],
)
async def test_headers_that_cannot_be_read_are_400(client, headers):
    assert (await client.post("/rest/V1/echo/7", {}, **headers)).status == 400


async def test_a_bug_is_a_500_that_tells_nothing_and_is_logged_with_its_id(client):
    with capture_logs() as logs:
        answer = await client.get("/rest/V1/bug")
    assert answer.status == 500
    start = "Internal Error. Details are available in Counterfoil log file. Report ID: webapi-"
    assert answer.message.startswith(start)
    (entry,) = logs
    assert entry["report_id"] == answer.message.removeprefix(start)
    assert entry["exc_info"]
    assert "secret" not in answer.message


async def test_faults_are_503_with_retry_after(client):
    answer = await client.get("/rest/V1/busy")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "Nothing was done" in answer.message
    assert "othing was done" not in (await client.get("/rest/V1/unknown")).message


async def test_fields_choose_parts_of_the_answer(client):
    assert (await client.get("/rest/V1/echo/7?fields=store,args[id]")).json == {"args": {"id": 7}, "store": 1}
    assert (await client.get("/rest/V1/echo/7?fields=nosuch")).content == b"[]"
    assert (await client.get("/rest/V1/echo/7?fields=args[")).content == b"[]"
    assert len((await client.get("/rest/V1/echo/7?fields=")).json) == 4


async def test_long_answers_are_compressed_for_those_who_take_it(client):
    answer = await client.get("/rest/V1/text/1000", accept_encoding="gzip, deflate")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert json.loads(gzip.decompress(answer.content)) == {"text": "a/b" * 1000}
    assert "content-encoding" not in (await client.get("/rest/V1/text/1000")).headers
    assert "content-encoding" not in (await client.get("/rest/V1/text/10", accept_encoding="gzip")).headers
    huge = await client.get("/rest/V1/text/200000", accept_encoding="gzip")
    assert json.loads(gzip.decompress(huge.content)) == {"text": "a/b" * 200_000}


async def test_the_server_starts_and_stops_it(shop):
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    await App(shop, ())({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    await App(shop, ())({"type": "websocket"}, receive, send)
    assert sent[-1] == "websocket.close"
