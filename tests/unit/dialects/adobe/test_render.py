"""Numbers, JSON and XML as PHP prints them (contract adobe §2.3, §12.13; recordings 109, 733)."""

import json
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.adobe import xml
from counterfoil.dialects.adobe.render import encode, number
from tests.unit.dialects.adobe.recorded import exchange


@pytest.mark.parametrize(
    "scaled, text",
    [
        (0, "0"),
        (100_000, "10"),
        (105_000, "10.5"),
        (8_333, "0.8333"),
        (-66_900, "-6.69"),
        (1, "0.0001"),
        (-1, "-0.0001"),
        (10**19, "1000000000000000"),
        (99_999_999_999_999_999_999, "9999999999999999.9999"),
    ],
)
def test_numbers_have_no_trailing_zeros(scaled, text):
    assert encode(number(scaled)).decode() == text


@given(st.integers(-(10**20) + 1, 10**20 - 1))
def test_every_number_is_exact(scaled):
    assert Decimal(encode(number(scaled)).decode()) == Decimal(scaled) / 10_000


@pytest.mark.parametrize(
    "value, text",
    [
        ("a/b", r'"a\/b"'),
        ("\\/", r'"\\\/"'),
        ("é€", r'"\u00e9\u20ac"'),
        ("😀", r'"\ud83d\ude00"'),
        ('"\n\x01', r'"\"\n\u0001"'),
        ({"a": {}, "b": []}, '{"a":[],"b":[]}'),
        ({}, "[]"),
        ("{}", '"{}"'),
        (None, "null"),
    ],
)
def test_json_is_escaped_as_php_does(value, text):
    assert encode(value).decode() == text


@given(st.recursive(st.text() | st.integers(-(2**63), 2**63 - 1), st.lists, max_leaves=5))
def test_json_is_ascii_and_reads_back(value):
    content = encode(value)
    assert content.isascii()
    assert json.loads(content) == value


def test_an_error_as_xml_is_as_recorded():
    message = "The account sign-in was incorrect or your account is disabled temporarily. "
    message += "Please wait and try again later."
    assert xml.encode({"message": message}).decode() == exchange(109)["response"]["raw_body"]


def test_an_order_as_xml_has_the_recorded_form():
    text = exchange(733)["response"]["raw_body"]
    part = {"items": [{"sku": "A & B", "ok": False, "price": Decimal("1.50"), "none": None}], "taxes": []}
    ours = xml.encode(part).decode()
    assert "  <items>\n    <item>\n      <sku>A &amp; B</sku>\n      <ok>false</ok>" in ours
    assert "<none></none>" in ours
    assert "  <taxes/>\n</response>\n" in ours
    assert text.startswith('<?xml version="1.0"?>\n<response>\n  <')
    assert "    <taxes/>\n" in text


def test_a_scalar_as_xml():
    assert xml.encode("7") == b'<?xml version="1.0"?>\n<response>7</response>\n'
    assert xml.encode(True) == b'<?xml version="1.0"?>\n<response>true</response>\n'


@pytest.mark.parametrize(
    "key, name", [("a b", "a_b"), ("0", "item_0"), ("a:b", "a_b"), ("x(y)", "xy"), ("", "item_")]
)
def test_keys_become_element_names(key, name):
    assert f"<{name}>".encode() in xml.encode({key: "1"})


@pytest.mark.parametrize("key", ["\x01", "\0a", "ü", "größe", "\n", "a\tb", "<b>", "\ufffe", "𝒳", ":-.", "-"])
def test_xml_is_well_formed_whatever_a_client_has_called_its_own(key):
    assert len(ET.fromstring(xml.encode({key: key}))) == 1


def test_what_xml_cannot_hold_is_left_out():
    assert b"<a>x</a>" in xml.encode({"a": "\x01x"})
    assert b"<a>&#233;</a>" in xml.encode({"a": "é"})
