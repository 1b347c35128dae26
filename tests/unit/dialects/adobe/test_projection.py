"""The grammar of ``fields=`` (contract adobe §2.3; recordings 706 to 732)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.adobe.projection import parse, select

ORDER = {
    "id": 1,
    "status": "new",
    "items": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}],
    "pay": {"m": "c"},
}


@pytest.mark.parametrize(
    "text, fields",
    [
        ("a", {"a": None}),
        ("a,b", {"a": None, "b": None}),
        ("a[b,c[d]],e", {"a": {"b": None, "c": {"d": None}}, "e": None}),
        ("a,,b,", {"a": None, "b": None}),
        ("a[b],a", {"a": None}),
    ],
)
def test_names_and_brackets(text, fields):
    assert parse(text) == fields


@pytest.mark.parametrize("text", ["items[", "items]", "[a]", "a b", "a.b", "a[b]]", "é", "a,[b]", "a\n"])
def test_what_is_malformed_names_nothing(text):
    assert parse(text) == {}


def test_the_document_keeps_its_own_order():
    assert list(select(ORDER, parse("pay,items,id"))) == ["id", "items", "pay"]


def test_brackets_apply_to_every_entry_of_a_list():
    assert select(ORDER, parse("items[sku]")) == {"items": [{"sku": "A"}, {"sku": "B"}]}
    assert select([ORDER, ORDER], parse("id")) == [{"id": 1}, {"id": 1}]


@pytest.mark.parametrize("text", ["nosuch", "items["])
def test_nothing_named_leaves_an_empty_list(text):
    assert select(ORDER, parse(text)) == []


def test_scalars_are_left_alone():
    assert select("7", parse("a")) == "7"
    assert select(True, {}) is True


@given(st.text(alphabet="ab[],", max_size=30))
def test_any_text_is_read_without_a_fault(text):
    select(ORDER, parse(text))
