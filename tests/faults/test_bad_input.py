"""Bad input over the wire: a clear error in the dialect's own form, never a 500, never half an effect."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests import books
from tests.servers import Server
from tests.shop import Shop, invoice_path, top_items
from tests.wire import Answer, Connection, request

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def order(shop: Shop, server: Server) -> tuple[int, int]:
    """The ids of an order with one row of three, and of the row. Its confirmation has gone out."""
    order_id = shop.place([shop.item("S1", 3)])
    (row,) = top_items(shop.order(order_id))
    until_s = time.monotonic() + 30
    while books.query(server.database_url, "SELECT id FROM task WHERE state = 'open'"):
        assert time.monotonic() < until_s, "the confirmation does not go out"
        time.sleep(0.05)
    return order_id, row["item_id"]


@pytest.fixture(autouse=True)
def nothing_is_written(request: pytest.FixtureRequest, shop: Shop, server: Server) -> Iterator[None]:
    """Every test that is not marked otherwise leaves the database exactly as it was."""
    if "writes" in request.keywords:
        yield
        return
    request.getfixturevalue("order")
    before = books.dump(server.database_url)
    yield
    after = books.dump(server.database_url)
    assert {table for table in before if before[table] != after[table]} == set()


def assert_refused(answer: Answer, *statuses: int) -> None:
    assert answer.status in (statuses or (400,)), str(answer)
    assert answer.json["message"], str(answer)


# ---------------------------------------------------------------- bodies


def invoice_items(text: str) -> bytes:
    return f'{{"items":[{text}]}}'.encode()


BODIES = {
    "cut off": b'{"items":[',
    "two values": b"{} {}",
    "no JSON": b"items=1",
    "single quotes": b"{'items': []}",
    "trailing comma": b'{"items": [],}',
    "not UTF-8": b'{"comment":{"comment":"\xff\xfe","is_visible_on_front":0}}',
    "half of a character": b'{"comment":{"comment":"\\ud800","is_visible_on_front":0}}',
    "UTF-16": '{"items":[]}'.encode("utf-16"),
    "not a number": invoice_items('{"order_item_id":1,"qty":NaN}'),
    "infinite": invoice_items('{"order_item_id":1,"qty":-Infinity}'),
    "deep list": b"[" * 100_000,
    "deep list, closed": b"[" * 5_000 + b"]" * 5_000,
    "deep object": b'{"items":' * 5_000 + b"1" + b"}" * 5_000,
    "text for items": b'{"items":"abc"}',
    "number for items": b'{"items":[5]}',
    "list for an id": invoice_items('{"order_item_id":[1],"qty":1}'),
    "object for a quantity": invoice_items('{"order_item_id":1,"qty":{"a":1}}'),
    "text for a quantity": invoice_items('{"order_item_id":1,"qty":"many"}'),
    "unknown field": invoice_items('{"order_item_id":1,"qty":1,"price":0}'),
    "huge id": invoice_items('{"order_item_id":' + "9" * 400 + ',"qty":1}'),
    "id beyond 64 bits": invoice_items('{"order_item_id":9223372036854775808,"qty":1}'),
    "negative id": invoice_items('{"order_item_id":-9223372036854775809,"qty":1}'),
    "exponent in an id": invoice_items('{"order_item_id":1e30,"qty":1}'),
    "no items at all": b'{"items":[{}]}',
    "quantity of nothing": invoice_items('{"order_item_id":1,"qty":null}'),
    "empty comment": b'{"comment":{}}',
    "comment as text": b'{"comment":"hello"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_makes_no_sense_is_refused(shop: Shop, order: tuple[int, int], body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert_refused(shop.ask("POST", invoice_path(order[0]), body, headers=headers))


QUANTITIES = ["1e400", "1e308", "9" * 400, "-1", "-1e400", "0", "0.99999", "1e-400", "-0.0", "4", "1e18"]


@pytest.mark.parametrize("qty", QUANTITIES)
def test_a_quantity_beyond_reason_is_refused(shop: Shop, order: tuple[int, int], qty: str) -> None:
    order_id, item_id = order
    body = invoice_items(f'{{"order_item_id":{item_id},"qty":{qty}}}')
    assert_refused(
        shop.ask("POST", invoice_path(order_id), body, headers={"Content-Type": "application/json"})
    )


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "nonsense", "application/json; charset=latin-1", ""]
)
def test_a_body_of_another_kind_is_refused(shop: Shop, order: tuple[int, int], content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert_refused(shop.ask("POST", invoice_path(order[0]), b'{"items":[]}', headers=headers))


def test_a_body_above_a_megabyte_is_refused(shop: Shop, order: tuple[int, int]) -> None:
    large = b'{"comment":{"comment":"' + b"a" * (2 * MEGABYTE) + b'"}}'
    headers = {"Content-Type": "application/json"}
    with Connection(shop.port) as connection:
        connection.send(request("POST", invoice_path(order[0]), large, headers=headers, token=shop.token))
        assert_refused(connection.receive(), 413)


def test_a_chunked_body_above_a_megabyte_is_refused(shop: Shop, order: tuple[int, int]) -> None:
    head = request("POST", invoice_path(order[0]), None, token=shop.token, headers=CHUNKED)
    head = head.replace(b"Content-Length: 0\r\n", b"")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with Connection(shop.port) as connection:
        try:
            connection.send(head + chunk * 40 + b"0\r\n\r\n")
        except OSError:  # it may hang up as soon as it has seen enough
            return
        assert_refused(connection.receive(), 413)


CHUNKED = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}


def test_ten_thousand_unknown_items_are_refused_quickly(shop: Shop, order: tuple[int, int]) -> None:
    items = [{"order_item_id": 10**6 + number, "qty": 1} for number in range(10_000)]
    began = time.monotonic()
    assert_refused(shop.ask("POST", invoice_path(order[0]), {"items": items}))
    assert time.monotonic() - began < 3


@pytest.mark.writes
def test_thousands_of_lines_for_one_item_count_once(shop: Shop) -> None:
    order_id = shop.place([shop.item("S1", 3)])
    (row,) = top_items(shop.order(order_id))
    items = [{"order_item_id": row["item_id"], "qty": 2}] * 5_000
    assert shop.ask("POST", invoice_path(order_id), {"items": items}).status == 200
    assert [item["qty_invoiced"] for item in shop.order(order_id)["items"]] == [2]


# ---------------------------------------------------------------- paths, verbs, queries

PATHS = {
    "nothing": "/",
    "beside the API": "/restless/V1/orders/1",
    "unknown": "/rest/V1/nosuch",
    "dots": "/rest/V1/../../etc/passwd",
    "encoded dots": "/rest/V1/%2e%2e/%2e%2e/etc/passwd",
    "double slash": "/rest//V1//orders//1",
    "zero byte": "/rest/V1/orders/%00",
    "bad escape": "/rest/V1/orders/%zz",
    "not UTF-8": "/rest/V1/products/%ff%fe",
    "very long": "/rest/V1/orders/" + "9" * 5000,
    "beyond 64 bits": "/rest/V1/orders/9223372036854775808",
    "text": "/rest/V1/orders/abc",
    "negative": "/rest/V1/orders/-1",
    "exponent": "/rest/V1/orders/1e5000",
    "fullwidth digits": "/rest/V1/orders/" + quote("１"),
    "unknown order": "/rest/V1/orders/999999999",
    "unknown invoice": "/rest/V1/invoices/999999999",
    "unknown cart": "/rest/V1/guest-carts/" + "x" * 32 + "/items",
    "cart of nothing": "/rest/V1/guest-carts/%00/items",
    "unknown product": "/rest/V1/products/" + "x" * 3000,
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_path_that_leads_nowhere_is_refused(shop: Shop, path: str) -> None:
    answer = shop.ask("GET", path)
    assert answer.status in {400, 404, 414}, str(answer)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_a_verb_that_is_not_offered_is_refused(shop: Shop, order: tuple[int, int], method: str) -> None:
    with Connection(shop.port) as connection:
        answer = connection.ask(method, invoice_path(order[0]), token=shop.token)
    assert answer.status in {400, 404, 405, 501}, str(answer)


SEARCHES = [
    "searchCriteria[filter_groups][0][filters][0][field]=nosuch&searchCriteria[filter_groups][0][filters][0][value]=1",
    "searchCriteria[filter_groups][0][filters][0][field]=entity_id%27--&searchCriteria[filter_groups][0][filters][0][value]=1",
    "searchCriteria[filter_groups][0][filters][0][field]=entity_id;DROP+TABLE+orders&searchCriteria[filter_groups][0][filters][0][value]=1",
    "searchCriteria[sortOrders][0][field]=nosuch&searchCriteria[sortOrders][0][direction]=ASC",
    "searchCriteria[sortOrders][0][field]=entity_id&searchCriteria[sortOrders][0][direction]=sideways",
    "searchCriteria[pageSize]=abc",
    "searchCriteria[nosuch]=1",
]


@pytest.mark.parametrize("query", SEARCHES)
@pytest.mark.parametrize("what", ["orders", "invoices", "orders/items", "products"])
def test_a_search_that_makes_no_sense_is_refused(shop: Shop, what: str, query: str) -> None:
    assert_refused(shop.ask("GET", f"/rest/V1/{what}?{query}"))


VALUES = [
    "",
    "abc",
    "%00",
    "%ff",
    "1e999",
    "9" * 100,
    "'",
    "%25",
    "%5C",
    "(a%2B)%2B%24",
    "[",
    "1," * 5000,
    quote("é😀"),
]
CONDITIONS = ["eq", "neq", "like", "nlike", "in", "nin", "gt", "lt", "gteq", "lteq", "from", "to", "finset"]
CONDITIONS += ["nfinset", "null", "notnull", "regexp", "seq", "sneq", "is", "moreq", "nosuch", "%00"]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(
    "field", ["entity_id", "grand_total", "increment_id", "created_at", "customer_email"]
)
def test_no_value_of_a_filter_is_too_much(shop: Shop, field: str, condition: str) -> None:
    inside = "searchCriteria[filter_groups][0][filters][0]"
    for value in VALUES:
        began = time.monotonic()
        query = f"{inside}[field]={field}&{inside}[value]={value}&{inside}[condition_type]={condition}"
        answer = shop.ask("GET", f"/rest/V1/orders?{query}")
        assert answer.status in {200, 400}, f"{value}: {answer}"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "query",
    [
        "searchCriteria[pageSize]=" + "9" * 30,
        "searchCriteria[currentPage]=" + "9" * 30,
        "searchCriteria[pageSize]=2&searchCriteria[currentPage]=" + "9" * 18,
        "searchCriteria[filter_groups][99999999][filters][99999999][field]=entity_id",
        "searchCriteria[filter_groups][x][filters][y][field]=entity_id",
        "searchCriteria[filter_groups]=1",
        "searchCriteria=1",
        "searchCriteria[[[[[",
        "searchCriteria[filter_groups][0][filters][0]" + "[a]" * 500 + "=1",
        "&".join(f"searchCriteria[filter_groups][{n}][filters][0][field]=entity_id" for n in range(500)),
        "searchCriteria&fields=" + "a[" * 2000,
        "searchCriteria&fields=" + quote("items[entity_id],\x00"),
    ],
    ids=range(12),
)
def test_no_shape_of_a_query_is_too_much(shop: Shop, query: str) -> None:
    answer = shop.ask("GET", f"/rest/V1/orders?{query}")
    assert answer.status in {200, 400, 414}, str(answer)


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize(
    "authorization",
    [
        *(
            "",
            "Bearer",
            "Bearer ",
            "Bearer x y",
            "Bearer null",
            "Basic YWRtaW46YWRtaW4=",
            "Bearer " + "a" * 5000,
        ),
        *(
            "Bearer eyJhbGciOiJub25lIn0.eyJ1aWQiOjF9.",
            "Bearer ' OR 1=1 --",
            "Bearer \xff\xfe",
            "Digest username=admin",
        ),
    ],
)
def test_whoever_has_no_token_changes_nothing(shop: Shop, order: tuple[int, int], authorization: str) -> None:
    sent = request("POST", invoice_path(order[0]), {}).replace(
        b"\r\n", b"\r\nAuthorization: " + authorization.encode("latin-1") + b"\r\n", 1
    )
    with Connection(shop.port) as connection:
        connection.send(sent)
        answer = connection.receive()
    assert_refused(answer, 401)
    assert answer.json["parameters"] == {"resources": "Magento_Sales::invoice"}


def test_a_forged_token_opens_nothing(shop: Shop, order: tuple[int, int]) -> None:
    token = shop.token
    for forged in (token[:-1], token + "x", token[::-1], token.swapcase(), "x" * len(token)):
        with Connection(shop.port) as connection:
            answer = connection.ask("POST", invoice_path(order[0]), {}, token=forged)
        assert_refused(answer, 401)


@pytest.mark.writes
def test_an_expired_token_opens_nothing(shop: Shop, server: Server, order: tuple[int, int]) -> None:
    token = shop.sign_in()
    past = {
        "sqlite": "json_set(body, '$.expires_at', 1)",
        "postgresql": "body || '{\"expires_at\": 1}'",
    }[server.database_url.partition(":")[0]]
    newest = "SELECT MAX(id) FROM record WHERE kind = 'token'"
    ((token_id,),) = books.query(server.database_url, newest)
    books.change(
        server.database_url, f"UPDATE record SET body = {past} WHERE kind = 'token' AND id = {token_id}"
    )
    with Connection(shop.port) as connection:
        assert_refused(connection.ask("POST", invoice_path(order[0]), {}, token=token), 401)


def test_the_idempotency_key_has_to_be_reasonable(shop: Shop, order: tuple[int, int]) -> None:
    for key in ("", "x" * 5000, "\x7f", "a\xffb"):
        with Connection(shop.port) as connection:
            body = {"items": [{"order_item_id": 10**9, "qty": 1}]}
            headers = {"Idempotency-Key": key}
            sent = request("POST", invoice_path(order[0]), body, token=shop.token)
            sent = sent.replace(
                b"\r\n", f"\r\nIdempotency-Key: {headers['Idempotency-Key']}\r\n".encode("latin-1"), 1
            )
            connection.send(sent)
            assert connection.receive().status == 400


# ---------------------------------------------------------------- the wire itself

GARBAGE = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 100,
    "bad version": b"GET / HTTP/9.9\r\n\r\n",
    "space in the path": b"GET /rest/V1/orders/1 2 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad length": b"POST /rest/V1/guest-carts HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "huge length": b"POST /rest/V1/guest-carts HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "both lengths": b"POST /rest/V1/guest-carts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "long header": b"GET /rest/V1/orders/1 HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_on_the_wire_is_refused_or_hung_up_on(shop: Shop, server: Server, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shop.port), 10) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            received = connection.recv(65536)
        except OSError:
            received = b""
    assert received == b"" or b" 4" in received[:14], received[:200]
    assert server.answers()


def test_a_client_that_goes_away_harms_nobody(shop: Shop, server: Server, order: tuple[int, int]) -> None:
    half = request("POST", invoice_path(order[0]), {"items": "x" * 1000}, token=shop.token)[:-500]
    for _ in range(20):
        with Connection(shop.port) as connection:
            connection.send(half)
    assert server.answers()
