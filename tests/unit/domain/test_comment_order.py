import pytest
from msgspec.structs import replace

from counterfoil.domain.comment_order import CommentOrder, OrderCommented, StatusNotInHistory
from counterfoil.domain.documents import StatusComment
from tests.drafts import draft, row
from tests.unit.domain.given import NOW, numbers, placed, when


def new():
    return placed(draft(row("A", 1000, 2)))


def test_an_entry_shows_the_status_of_its_time():
    order, event = when(new(), CommentOrder("rang twice"))
    assert isinstance(event, OrderCommented)
    assert order.comments == (StatusComment(1, "rang twice", None, False, NOW, "pending"),)
    assert (order.version, order.state) == (2, "new")


def test_entries_stand_in_their_order():
    using = numbers()
    order, _ = when(new(), CommentOrder("one"), using)
    order, _ = when(order, CommentOrder("two", is_visible_on_front=True), using)
    assert [(entry.entity_id, entry.comment) for entry in order.comments] == [(1, "one"), (2, "two")]


@pytest.mark.parametrize("told, notify", [(True, True), (False, False), (None, False)])
def test_the_customer_is_told_if_the_entry_says_so(told, notify):
    _, event = when(new(), CommentOrder("x", is_customer_notified=told))
    assert (event.comment.is_customer_notified, event.notify) == (told, notify)


def test_the_status_may_be_named_but_not_changed():
    order = new()
    assert isinstance(when(order, CommentOrder("x", status="pending"))[1], OrderCommented)
    assert when(order, CommentOrder("x", status="closed")) == (order, StatusNotInHistory("closed"))


def test_of_an_order_that_is_complete_with_units_left_to_ship_the_entry_says_processing():
    order = replace(new(), state="complete", status="complete")
    assert order.qty_to_ship
    assert when(order, CommentOrder("x"))[1].comment.status == "processing"
    assert when(replace(order, qty_to_ship=0), CommentOrder("x"))[1].comment.status == "complete"
