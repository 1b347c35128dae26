"""Bodies: JSON in any dress, names in any case (contract vtex §1)."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.vtex import body
from counterfoil.dialects.vtex.errors import VtexError


@pytest.mark.parametrize(
    "content, content_type",
    [
        (b'{"a": "\xc3\xa9"}', None),
        (b'\xef\xbb\xbf{"a": "\xc3\xa9"}', b"application/json"),
        ('{"a": "é"}'.encode("utf-16"), b"application/json"),
        ('{"a": "é"}'.encode("utf-16-le"), b"application/json; charset=utf-16le"),
        ('{"a": "é"}'.encode("latin-1"), b'text/plain; charset="ISO-8859-1"'),
        ('{"a": "é"}'.encode("cp1252"), b"text/plain;charset=windows-1252"),
        (b'{"a": "\xc3\xa9"}', b"application/json; charset=UTF8"),
    ],
)
def test_bytes_become_text_by_mark_or_charset(content, content_type):
    assert body.parse(content, content_type) == {"a": "é"}


@pytest.mark.parametrize("content", [b"", b"  \r\n"])
def test_no_body_is_none(content):
    assert body.parse(content) is None


def test_numbers_stay_exact():
    assert body.parse(b'{"a": 0.1, "b": 12345678901234567890}') == {
        "a": Decimal("0.1"),
        "b": 12345678901234567890,
    }


@pytest.mark.parametrize(
    "content, content_type, status",
    [
        (b"{", None, 400),
        (b'{"a": NaN}', None, 400),
        (b"\xff\xfe\x00", None, 400),
        (b'{"a": "\xff"}', None, 400),
        (b'{"a": "\\u0000"}', None, 400),
        (b'{"a": "\\ud800"}', None, 400),
        (b"[" * 65 + b"]" * 65, None, 400),
        (b"[" * 200_000, None, 400),
        (b"9" * 5000, None, 400),
        (b"{}", b"text/plain; charset=rot13", 415),
        (b"{}", b"text/plain; charset=nonsense", 415),
    ],
)
def test_what_cannot_be_read_is_refused(content, content_type, status):
    with pytest.raises(VtexError) as caught:
        body.parse(content, content_type)
    assert caught.value.status == status


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content, content_type):
    with suppress(VtexError):
        body.parse(content, content_type)


def test_names_are_read_in_any_case_and_others_left_out():
    sent = {"MessageRetentionPeriodInSeconds": 1, "other": 2, "QUEUE": 3}
    assert body.read(sent, ["messageRetentionPeriodInSeconds", "queue"]) == {
        "messageRetentionPeriodInSeconds": 1,
        "queue": 3,
    }


@pytest.mark.parametrize("sent", [{"A": 1, "a": 2}, {"a": 2, "A": 1}])
def test_the_exact_name_wins(sent):
    assert body.read(sent, ["a"]) == {"a": 2}


@pytest.mark.parametrize("value", [None, [], "a", 1])
def test_what_is_no_object_has_no_entries(value):
    assert body.read(value, ["a"]) == {}
