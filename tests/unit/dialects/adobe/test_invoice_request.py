"""The body of an invoice request: the quick and the lenient way agree (contract adobe §5.1, §12.4, §12.5)."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.dialects.adobe import body
from counterfoil.dialects.adobe.document_request import MAX_QTY, quantity
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.invoice_request import PARAMS, leniently, quickly
from counterfoil.dialects.adobe.wire import MAX_LIST, arguments
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE

UNIT = SCALE


def slowly(content: bytes) -> IssueInvoice:
    data = body.parse(content) if content else {}
    return leniently(arguments(PARAMS, {**data, "orderId": "1"}))


def asked(content: bytes) -> IssueInvoice:
    quick = quickly(content)
    slow = slowly(content)
    assert quick is None or quick == slow
    return slow


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'""',
        b"5",
        b"[1,2]",
        b"null",
        b"{}",
        b'{"items":null}',
        b'{"items":[]}',
        b'{"items":{}}',
        b'{"capture":"no"}',
        b'{"arguments":{"extension_attributes":{}}}',
        b'{"foo":1}',
    ],
)
def test_without_items_everything_left_is_invoiced(content):
    assert asked(content) == IssueInvoice()


@pytest.mark.parametrize("content", [b'{"notify":true}', b'{"capture":"no","notify":1}'])
def test_the_customer_is_told_if_the_request_says_so(content):
    assert asked(content) == IssueInvoice(notify=True)


@pytest.mark.parametrize(
    "items, found",
    [
        ([{"order_item_id": 23, "qty": 1}], {23: UNIT}),
        ([{"orderItemId": "23", "qty": "1"}], {23: UNIT}),
        ([{"order_item_id": 23, "qty": 1.5}], {23: 15_000}),
        ([{"order_item_id": 23, "qty": 2.0001}], {23: 20_001}),
        ([{"order_item_id": 23, "qty": 0.99999}], {23: 9_999}),
        ([{"order_item_id": 23, "qty": -1}], {23: -UNIT}),
        ([{"order_item_id": 23, "qty": 0}], {23: 0}),
        ([{"order_item_id": 23}], {23: 0}),
        ([{"order_item_id": 23, "qty": None}], {23: 0}),
        ([{"order_item_id": 25, "qty": 1}, {"order_item_id": 25, "qty": 2}], {25: 2 * UNIT}),
        ([{"order_item_id": 23, "qty": 10**12}], {23: MAX_QTY * UNIT}),
        ([{}], {0: 0}),
        ({"order_item_id": 23, "qty": 1}, {0: 0}),
        ([None], {0: 0}),
        ([{"order_item_id": 23, "qty": 1, "extension_attributes": {"a": 1}}], {23: UNIT}),
    ],
)
def test_items(items, found):
    assert asked(json.dumps({"items": items}).encode()) == IssueInvoice(found)


@pytest.mark.parametrize(
    "sent, comment",
    [
        ({"comment": {"comment": "hello", "is_visible_on_front": 1}}, CommentDraft("hello", False, True)),
        (
            {"comment": {"comment": "hello"}, "appendComment": True, "notify": True},
            CommentDraft("hello", True),
        ),
        ({"comment": {"comment": "hello"}, "append_comment": 1, "notify": 1}, CommentDraft("hello", True)),
        ({"comment": {"comment": "hello"}, "appendComment": True}, CommentDraft("hello")),
        ({"comment": {"comment": "hello"}, "notify": True}, CommentDraft("hello")),
        ({"comment": {"comment": ""}}, CommentDraft("")),
        ({"comment": None}, None),
    ],
)
def test_a_comment_is_kept_and_the_customer_is_told_only_if_both_are_wished(sent, comment):
    assert asked(json.dumps(sent).encode()).comment == comment


@pytest.mark.parametrize(
    "sent, part",
    [
        ({"items": "abc"}, 'The "abc" value\'s type is invalid.'),
        ({"items": [{"order_item_id": 23, "qty": "abc"}]}, 'Error occurred during "qty" processing.'),
        ({"items": [{"order_item_id": 23, "qty": True}]}, 'Error occurred during "qty" processing.'),
        ({"items": [{"order_item_id": 23, "foo": 1}]}, '"%fieldName" is not supported.'),
        ({"items": [{"qty": 1}]}, '"%fieldName" is required.'),
        (
            {"items": [{"order_item_id": 10**30, "qty": 1}]},
            'Error occurred during "order_item_id" processing.',
        ),
        ({"items": [{"order_item_id": 23, "qty": 10**17}]}, 'Error occurred during "qty" processing.'),
        ({"items": [{"order_item_id": 23, "qty": 1}] * (MAX_LIST + 1)}, "Maximum items of type"),
        ({"comment": {}}, '"%fieldName" is required.'),
        ({"comment": {"comment": "\0"}}, "Decoding error."),
        ({"comment": {"comment": ["a"]}}, 'Error occurred during "comment" processing.'),
        ({"capture": []}, 'The "array" value\'s type is invalid.'),
    ],
)
def test_what_cannot_be_meant_is_refused(sent, part):
    content = json.dumps(sent).encode()
    assert quickly(content) is None
    with pytest.raises(AdobeError) as caught:
        slowly(content)
    assert caught.value.status == 400
    assert caught.value.message.startswith(part)


def test_the_common_form_goes_the_quick_way():
    content = b'{"items":[{"order_item_id":23,"qty":1}],"notify":false,"comment":{"comment":"a"}}'
    assert quickly(content) is not None


@pytest.mark.parametrize(
    "qty, scaled", [(None, 0), (Decimal("1.99999"), 19_999), (-(10**9), -MAX_QTY * UNIT)]
)
def test_quantities_are_cut(qty, scaled):
    assert quantity(qty) == scaled


VALUES = st.none() | st.booleans() | st.integers() | st.integers(-5, 5) | st.floats() | st.text(max_size=5)
ITEMS = st.fixed_dictionaries(
    {}, optional={"order_item_id": VALUES, "qty": VALUES, "orderItemId": VALUES, "extra": VALUES}
)
COMMENTS = st.fixed_dictionaries({}, optional={"comment": VALUES, "is_visible_on_front": VALUES})
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "items": st.lists(ITEMS, max_size=3) | VALUES,
        "capture": VALUES,
        "notify": VALUES,
        "appendComment": VALUES,
        "append_comment": VALUES,
        "comment": COMMENTS | VALUES,
        "arguments": VALUES,
    },
)
LIKELY = st.fixed_dictionaries(
    {
        "items": st.lists(
            st.fixed_dictionaries({"order_item_id": st.integers(0, 9), "qty": st.integers(-2, 10**9)}),
            max_size=4,
        )
    },
    optional={
        "notify": st.booleans(),
        "appendComment": st.booleans(),
        "comment": st.fixed_dictionaries(
            {"comment": st.text(max_size=9)}, optional={"is_visible_on_front": st.integers()}
        ),
    },
)


def assert_both_ways_agree(content: bytes) -> None:
    quick = quickly(content)
    try:
        slow = slowly(content)
    except AdobeError:
        assert quick is None, "what is refused leniently is not accepted quickly"
        return
    assert quick is None or quick == slow


@settings(max_examples=300)
@given(BODIES | LIKELY, st.booleans())
def test_both_ways_agree_on_any_body(sent, ascii_only):
    content = json.dumps(sent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert_both_ways_agree(content)


@settings(max_examples=200)
@given(LIKELY, st.data())
def test_both_ways_agree_on_bodies_that_were_cut_or_changed(sent, data):
    content = bytearray(json.dumps(sent).encode())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] = data.draw(st.integers(0, 255))
    assert_both_ways_agree(bytes(content))
    assert_both_ways_agree(bytes(content[:position]))


@pytest.mark.parametrize("content", [b'{"capture":true}', b'{"capture":"yes","items":[]}', b'{"capture":1}'])
def test_capture_asks_for_the_money(content):
    assert asked(content) == IssueInvoice(capture=True)
