"""The application: keys, limits, both forms of errors, anything for a body (contract vtex §1)."""

import asyncio
import gzip
import json
import re

import pytest
from structlog.testing import capture_logs

from counterfoil.access.identity import ANONYMOUS
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.body import MAX_BYTES
from counterfoil.dialects.vtex.call import Reply
from counterfoil.dialects.vtex.errors import VtexError, invalid
from counterfoil.dialects.vtex.route import Route
from counterfoil.ledger.faults import Busy, Unknown
from tests.unit.dialects.vtex.asgi import Client

OMS = "/api/oms/pvt/echo/7"
NEW = "/api/orders/pvt/echo/7"


async def echo(call):
    return Reply(
        {
            "id": call.variables["id"],
            "body": call.body,
            "query": call.query,
            "who": call.actor.name,
            "channel": call.actor.channel,
            "wait": call.prefer_wait_s,
            "key": call.key and [call.key.scope, call.key.key],
        }
    )


async def needs_body(call):
    return Reply(call.needed_fields("reason", "requestedByUser"))


async def nothing(call):
    return Reply(status=int(call.variables["status"]))


async def long_text(_):
    return Reply({"text": "ab" * 5000})


def raising(error):
    async def handler(_):
        raise error

    return handler


ROUTES = (
    Route("GET", "/api/oms/pvt/echo/:id", echo, "View order"),
    Route("POST", "/api/oms/pvt/echo/:id", echo, "Cancel order"),
    Route("POST", "/api/oms/pvt/look/:id", echo, "View order", reads=True),
    Route("POST", "/api/orders/pvt/echo/:id", echo, "Cancel order"),
    Route("POST", "/api/oms/pvt/needs", needs_body, "Cancel order"),
    Route("POST", "/api/orders/pvt/needs", needs_body, "Cancel order"),
    Route("GET", "/api/oms/pub/echo/:id", echo, ANONYMOUS),
    Route("GET", "/api/oms/pvt/nothing/:status", nothing, "View order"),
    Route("GET", "/api/oms/pvt/long", long_text, "View order"),
    Route("GET", "/api/oms/pvt/bug", raising(ZeroDivisionError("secret")), "View order"),
    Route("GET", "/api/orders/bug", raising(ZeroDivisionError("secret")), "View order"),
    Route("GET", "/api/oms/pvt/busy", raising(Busy()), "View order"),
    Route("GET", "/api/orders/unknown", raising(Unknown()), "View order"),
    Route("GET", "/api/oms/pvt/no", raising(VtexError(409, "No.", code="OMS003")), "View order"),
    Route("GET", "/api/orders/no", raising(VtexError(409, "No.", code="X014")), "View order"),
    Route("GET", "/api/orders/invalid", raising(invalid("queue", "Bad queue.")), "View order"),
)


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES, body_within_s=0.05))


async def test_a_success_is_json_with_the_usual_headers(client):
    answer = await client.get(OMS)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert (answer.json["who"], answer.json["channel"]) == ("integration:erp", "vtex")


@pytest.mark.parametrize("status, length", [(204, None), (200, "0")])
async def test_an_empty_answer_has_no_content_type(client, status, length):
    answer = await client.get(f"/api/oms/pvt/nothing/{status}")
    assert (answer.status, answer.content) == (status, b"")
    assert answer.headers.get("content-length") == length
    assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "application/vnd.vtex.ds.v10+json", "content-type": "application/json; charset=utf-8"},
        {"accept": "text/html", "content-type": "text/plain; charset=utf-8"},
        {"content-type": "nonsense"},
        {},
    ],
)
async def test_any_accept_and_any_content_type_will_do(client, headers):
    answer = await client.post(OMS, {"a": 1}, headers=headers)
    assert (answer.status, answer.json["body"]) == (200, {"a": 1})


async def test_an_account_may_be_named_and_does_not_matter(client):
    answer = await client.get(f"{OMS}?an=shop&accountName=other&q=x")
    assert answer.json["query"] == [["q", "x"]]


@pytest.mark.parametrize(
    "key, headers, status",
    [
        (None, {}, 401),
        ("nobody", {}, 401),
        ("owner", {"x-vtex-api-apptoken": "wrong"}, 401),
        (None, {"x-vtex-api-appkey": "owner"}, 401),
        (None, {"VtexIdclientAutCookie": "wrong"}, 401),
        (None, {"VtexIdclientAutCookie": "admin"}, 200),
        (None, {"cookie": "a=b; VtexIdclientAutCookie=admin"}, 200),
        (None, {"X-VTEX-API-AppKey": "owner", "X-VTEX-API-AppToken": "secret"}, 200),
    ],
)
async def test_who_may_come_in(client, key, headers, status):
    assert (await client.post(OMS, key=key, headers=headers)).status == status


async def test_a_wrong_key_is_not_made_good_by_a_cookie(client):
    answer = await client.post(OMS, key="nobody", headers={"VtexIdclientAutCookie": "admin"})
    assert answer.status == 401


async def test_the_401_of_both_families(client):
    old = await client.get(OMS, key=None)
    assert old.json == {"error": {"code": "1", "message": "Unauthorized access", "exception": None}}
    new = await client.post(NEW, key=None)
    assert new.headers["content-type"].startswith("application/problem+json")
    trace_id = new.json.pop("traceId")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace_id)
    assert new.json["type"] == "https://tools.ietf.org/html/rfc9110#section-15.5.2"
    assert (new.json["title"], new.json["status"]) == ("Unauthorized", 401)


async def test_lacking_rights_are_403_in_both_families(client):
    old = await client.post(OMS, key="viewer")
    assert (old.status, old.json["error"]["code"]) == (403, "403")
    assert "Cancel order" in old.json["error"]["message"]
    new = await client.post(NEW, key="viewer")
    assert (new.status, new.json["title"]) == (403, "Forbidden")


async def test_who_only_looks_may_ask_by_post_where_nothing_is_written(client):
    assert (await client.post(OMS, key="reader")).status == 403
    assert (await client.post("/api/oms/pvt/look/1", key="reader")).status == 200
    assert (await client.get("/api/oms/pub/echo/1", key=None)).status == 200


async def test_a_path_that_leads_nowhere_is_404_in_its_family(client):
    old, new = await client.get("/api/oms/pvt/nosuch"), await client.get("/api/orders/nosuch")
    assert (old.status, old.json["error"]["code"]) == (404, "404")
    assert (new.status, new.json["title"]) == (404, "Not Found")


@pytest.mark.parametrize("method, allow", [("DELETE", "GET, POST"), ("OPTIONS", "GET, POST")])
async def test_another_method_is_405_with_those_that_there_are(client, method, allow):
    answer = await client.ask(method, OMS)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


async def test_head_is_405_without_a_body(client):
    answer = await client.ask("HEAD", OMS)
    assert (answer.status, answer.content) == (405, b"")


async def test_the_path_is_split_before_it_is_decoded(client):
    answer = await client.get("/api/oms/pvt/echo/12%2F3%20%23%2B+a%C3%A9/")
    assert answer.json["id"] == "12/3 #++aé"


@pytest.mark.parametrize("path", ["/api/oms/pvt/echo/%FF", "/api/oms/pvt/echo/a%00b"])
async def test_a_path_that_is_no_text_is_400(client, path):
    assert (await client.get(path)).status == 400


async def test_a_body_that_is_no_json_is_400_in_its_family(client):
    old, new = await client.post(OMS, b"{"), await client.post(NEW, b"{")
    assert (old.status, old.json["error"]["message"]) == (400, "The request body is not valid JSON.")
    assert (new.status, new.json["errors"]) == (400, {"$": ["The request body is not valid JSON."]})
    assert new.json["title"] == "One or more validation errors occurred."


async def test_a_missing_body_is_an_error_only_where_it_is_needed(client):
    assert (await client.post(OMS)).json["body"] is None
    assert (await client.post("/api/oms/pvt/needs")).status == 400
    assert (await client.post("/api/orders/pvt/needs")).status == 415
    assert (await client.post("/api/oms/pvt/needs", [1])).status == 400
    answer = await client.post("/api/oms/pvt/needs", {"REASON": "x", "url": "/"})
    assert answer.json == {"reason": "x"}


async def test_a_body_that_is_too_large_or_too_slow(client):
    large = await client.post(OMS, b" " * (MAX_BYTES + 1))
    assert (large.status, large.json["error"]["code"]) == (413, "413")
    parts = [b" " * MAX_BYTES, b"  "]
    assert (await client.post(OMS, parts=parts)).status == 413

    async def never():
        await asyncio.sleep(60)

    assert (await client.post(OMS, parts=[b"{", never])).status == 408


async def test_a_client_that_went_away_is_not_answered(client):
    async def gone():
        return {"type": "http.disconnect"}

    assert (await client.post(OMS, parts=[b"{", gone])).status == 0


async def test_a_query_that_is_too_long_or_no_text_is_400(client):
    assert (await client.get(f"{OMS}?a={'x' * 40_000}")).status == 400
    assert (await client.get(f"{OMS}?{'a=1&' * 1001}")).status == 400
    assert (await client.get(f"{OMS}?a=%FF")).status == 400
    assert (await client.get(f"{OMS}?a=%00")).status == 400


async def test_the_errors_of_the_books_have_a_code_in_both_families(client):
    old = await client.get("/api/oms/pvt/no")
    assert old.json == {"error": {"code": "OMS003", "message": "No.", "exception": None}}
    new = (await client.get("/api/orders/no")).json
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", new.pop("operationId"))
    assert new == {"error": {"code": "X014", "message": "No.", "exception": None}, "fields": {}}


async def test_what_is_wrong_with_a_field_is_named_as_asp_net_names_it(client):
    answer = await client.get("/api/orders/invalid")
    assert answer.json["errors"] == {"Queue": ["Bad queue."]}
    assert answer.json["type"] == "https://tools.ietf.org/html/rfc7231#section-6.5.1"


async def test_a_bug_is_500_with_an_id_that_is_in_the_log(client):
    for path in ("/api/oms/pvt/bug", "/api/orders/bug"):
        with capture_logs() as logs:
            answer = await client.get(path)
        assert answer.status == 500
        assert logs[0]["trace_id"] in answer.content.decode()
        assert b"secret" not in answer.content


async def test_a_fault_is_503_and_claims_nothing_that_is_not_certain(client):
    busy = await client.get("/api/oms/pvt/busy")
    assert (busy.status, busy.headers["retry-after"]) == (503, "1")
    assert "Nothing was done" in busy.json["error"]["message"]
    unknown = await client.get("/api/orders/unknown")
    assert (unknown.status, unknown.json["title"]) == (503, "Service Unavailable")
    assert "Idempotency-Key" in unknown.json["detail"]


async def test_an_idempotency_key_belongs_to_who_sends_it(client):
    answer = await client.post(OMS, headers={"Idempotency-Key": '"abc"', "Prefer": "wait=7"})
    assert answer.json["key"] == ["vtex:integration:1", "abc"]
    assert answer.json["wait"] == 7
    assert (await client.get(OMS, headers={"Idempotency-Key": "abc"})).json["key"] is None
    assert (await client.post(OMS, headers={"Idempotency-Key": "\x01"})).status == 400


async def test_a_header_that_decides_must_not_come_twice(client):
    answer = await client.post(OMS, extra=(("x-vtex-api-appkey", "other"),))
    assert answer.status == 400


async def test_long_answers_are_packed_for_those_who_take_it(client):
    answer = await client.get("/api/oms/pvt/long", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.content))["text"]) == 10_000
