"""The query string as PHP reads it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.query import MAX_BYTES, MAX_PAIRS, nested, pairs


def read(text: str):
    return nested(pairs(text.encode()))


@pytest.mark.parametrize(
    "text, data",
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": "2"}),
        ("searchCriteria", {"searchCriteria": ""}),
        ("searchCriteria=", {"searchCriteria": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a%5Bb%5D=x%20y+z", {"a": {"b": "x y z"}}),
        ("a[]=1&a[]=2", {"a": {"0": "1", "1": "2"}}),
        ("a[5]=1&a[]=2", {"a": {"5": "1", "6": "2"}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b=1", {"a": "1"}),
        ("a[b]c=1", {"a": {"b": "1"}}),
        ("[b]=1", {}),
        ("a.b=1", {"a_b": "1"}),
        ("&&", {}),
    ],
)
def test_brackets_nest(text, data):
    assert read(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "a=" + "x" * MAX_BYTES,
        "&".join(["a=1"] * (MAX_PAIRS + 1)),
        "a=%ff",
        "a=%00",
        "%00=a",
        "a" + "[b]" * 20 + "=1",
    ],
    ids=["long", "many", "no UTF-8", "null", "null name", "deep"],
)
def test_what_is_too_much_or_no_text_is_refused(text):
    with pytest.raises(AdobeError) as caught:
        read(text)
    assert caught.value.status == 400


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    with suppress(AdobeError):
        nested(pairs(content))
