"""Headers, paths and bodies (contract adobe §2.1, §2.2, §2.6)."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.access.identity import GUEST
from counterfoil.dialects import gzipping
from counterfoil.dialects.adobe import body, request
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.request import Format
from tests.unit.dialects.adobe.asgi import ADMIN, CUSTOMER


def refused(call, *args) -> str:
    with pytest.raises(AdobeError) as caught:
        call(*args)
    assert caught.value.status == 400
    return caught.value.message


@pytest.mark.parametrize(
    "accept, form",
    [
        (None, Format.JSON),
        (b"", Format.JSON),
        (b"*/*", Format.JSON),
        (b"application/json", Format.JSON),
        (b"application/xml", Format.XML),
        (b"text/xml", Format.XML),
        (b"application/json;q=0.5, application/xml", Format.XML),
        (b"text/html, */*;q=0.1", Format.JSON),
        (b"text/html", None),
        (b"image/png, text/html", None),
        (b"\xff", Format.JSON),
        (b"application/json;q=x", Format.JSON),
    ],
)
def test_accept(accept, form):
    assert request.accepted(accept) is form


@pytest.mark.parametrize(
    "header, accepts",
    [
        (None, False),
        (b"gzip", True),
        (b"deflate, gzip;q=0.5", True),
        (b"gzip;q=0", False),
        (b"br", False),
        (b"*", True),
    ],
)
def test_accept_encoding(header, accepts):
    assert gzipping.accepts_gzip(header) is accepts


STORES = {"default": 1, "second": 2}


@pytest.mark.parametrize(
    "path, found",
    [
        ("V1/orders/7", ("default", 1, "/V1/orders/7")),
        ("V1/orders/7/", ("default", 1, "/V1/orders/7")),
        ("default/V1/orders", ("default", 1, "/V1/orders")),
        ("second/V1/orders", ("second", 2, "/V1/orders")),
        ("all/V1/orders", ("all", 0, "/V1/orders")),
        ("V9/orders", ("default", 1, "/V9/orders")),
    ],
)
def test_the_store_code_comes_before_the_version(path, found):
    assert request.scope_and_path(path, STORES) == found


@pytest.mark.parametrize(
    "path", ["", "v1/orders", "nosuchstore/V1/orders", "default", "default/v1", "async/V1/a", "/V1"]
)
def test_what_is_no_store_and_no_version_is_refused(path):
    assert refused(request.scope_and_path, path, STORES) == "Specified request cannot be processed."


@pytest.mark.parametrize(
    "header, token",
    [
        (None, None),
        (b"Bearer abc", "abc"),
        (b"bearer abc", "abc"),
        (b"Bearer", None),
        (b"Bearer a b", None),
        (b"Basic abc", None),
        (b"\xff\xfe \x80", None),
    ],
)
def test_bearer_tokens(header, token):
    assert request.bearer_token(header) == token


@pytest.mark.parametrize(
    "header, key",
    [(b"abc", "abc"), (b'"abc"', "abc"), (b'"a\\"b"', 'a"b'), (b" a b ", "a b"), (b"x" * 255, "x" * 255)],
)
def test_idempotency_keys_are_quoted_or_bare(header, key):
    assert request.key_text(header) == key


@pytest.mark.parametrize("header", [b"", b'""', b"x" * 256, b"a\x01", b"\xe9", b"   "])
def test_other_idempotency_keys_are_refused(header):
    assert "Idempotency-Key" in refused(request.key_text, header)


def test_the_scope_of_a_key_is_the_caller_and_for_guests_the_cart():
    def scope(identity, mask):
        key = request.idempotency_key(b"k", identity, cart_mask=mask, request=(b"",))
        assert key is not None
        return key.scope

    assert scope(ADMIN, "m") == "adobe:admin:1"
    assert scope(CUSTOMER, None) == "adobe:customer:3"
    assert scope(GUEST, "m") == "adobe:guest:0:m"


def test_a_guest_without_a_cart_needs_a_key_that_nobody_else_would_choose():
    def key_of(header):
        return request.idempotency_key(header, GUEST, cart_mask=None, request=(b"",))

    assert "at least %1 characters" in refused(key_of, b"1")
    assert key_of(b"3f1c0a52-8f57-4f0a-9d1e-0c9b6a7d2e11").scope == "adobe:guest:0:"


def test_the_fingerprint_tells_requests_apart():
    def fingerprint(*parts):
        key = request.idempotency_key(b"k", ADMIN, cart_mask=None, request=parts)
        assert key is not None
        return key.fingerprint

    assert fingerprint(b"a", b"b") == fingerprint(b"a", b"b")
    assert fingerprint(b"ab", b"") != fingerprint(b"a", b"b")


@pytest.mark.parametrize(
    "header, version", [(None, None), (b"*", None), (b"7", 7), (b'"7"', 7), (b'W/"7"', 7), (b' "12" ', 12)]
)
def test_if_match(header, version):
    assert request.expected_version(header) == version


@pytest.mark.parametrize("header", [b"", b"abc", b'"7', b'"7", "8"', b"-1", b"9" * 19])
def test_other_if_match_headers_are_refused(header):
    assert "If-Match" in refused(request.expected_version, header)


@pytest.mark.parametrize(
    "header", [b"application/json", b"application/json; charset=utf-8", b"Application/JSON;charset=UTF-8"]
)
def test_json_in_utf_8_is_understood(header):
    body.check_content_type(header)


@pytest.mark.parametrize(
    "header, message",
    [
        (None, "Content-Type header is empty."),
        (b"", "Content-Type header is empty."),
        (b"a b", "Content-Type header is invalid."),
        (b"application/json; charset=latin1", "UTF-8 is the only supported charset."),
        (b"text/plain", "Server cannot understand Content-Type HTTP header media type text/plain"),
    ],
)
def test_other_content_types_are_refused(header, message):
    assert refused(body.check_content_type, header) == message


@pytest.mark.parametrize(
    "content, data",
    [
        (b'{"a":1}', {"a": 1}),
        (b'{"a":1.10}', {"a": Decimal("1.10")}),
        (b"[1,2]", {"0": 1, "1": 2}),
        (b"5", {}),
        (b'""', {}),
        (b"null", {}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":"\\u00e9\\ud83d\\ude00"}', {"a": "é😀"}),
        (b"[" * 64 + b"]" * 64, None),
    ],
)
def test_json_bodies(content, data):
    parsed = body.parse(content)
    assert data is None or parsed == data


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"username":',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":1e99999999999999999999}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"\\ud800":1}',
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_json_or_no_text_is_refused(content):
    assert refused(body.parse, content).startswith("Decoding error.")


def test_a_written_out_escape_is_no_null_character():
    assert body.parse(rb'{"a":"\\u0000"}') == {"a": "\\u0000"}


@given(st.binary(max_size=100))
def test_any_body_is_parsed_or_refused(content):
    with suppress(AdobeError):
        body.parse(content)


def test_a_header_that_decides_something_comes_once():
    request.refuse_repeated([(b"accept", b"a"), (b"accept", b"b"), (b"if-match", b"1")])
    for name in (b"authorization", b"if-match", b"idempotency-key"):
        assert "more than once" in refused(request.refuse_repeated, [(name, b"a"), (name, b"b")])
