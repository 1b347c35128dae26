"""``searchCriteria`` (contract adobe §2.5; recordings 701 to 721)."""

import pytest

from counterfoil.dialects.adobe import query, search
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.wire import arguments
from counterfoil.ledger.searching import Filter, InvalidCondition, Search, Sort, UnknownField
from tests.unit.dialects.adobe.recorded import body, exchange

INSIDE = "searchCriteria[filter_groups][0][filters]"


def criteria(text: str) -> search.Criteria:
    data = query.nested(query.pairs(text.encode()))
    return search.criteria(arguments((search.SEARCH_CRITERIA,), data)["search_criteria"])


def refused(text: str) -> AdobeError:
    with pytest.raises(AdobeError) as caught:
        criteria(text)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    "text", ["searchCriteria", "searchCriteria=", "search_criteria=", "searchCriteria[]="]
)
def test_empty_criteria_find_everything(text):
    if text.endswith("[]="):
        assert refused(text).parameters == {"fieldName": "0"}
        return
    found = criteria(text)
    assert found.search == Search()
    assert found.echo == {"filter_groups": []}


def test_groups_and_filters():
    found = criteria(
        f"{INSIDE}[0][field]=status&{INSIDE}[0][value]=new&{INSIDE}[1][field]=state&{INSIDE}[1][value]=a"
        "&searchCriteria[filterGroups][1][filters][0][field]=x"
    )
    assert len(found.search.groups) == 1, "the later spelling of filter_groups wins"
    found = criteria(f"{INSIDE}[0][field]=status&{INSIDE}[0][value]=new&{INSIDE}[0][conditionType]=neq")
    assert found.search.groups == ((Filter("status", "neq", "new"),),)


@pytest.mark.parametrize("number", [701, 702, 703, 704, 705, 711, 719])
def test_the_answer_repeats_the_criteria_as_recorded(number):
    text = exchange(number)["request"]["path"].partition("?")[2]
    assert criteria(text).echo == body(number)["search_criteria"]


def test_an_unknown_condition_behaves_like_eq():
    text = exchange(711)["request"]["path"].partition("?")[2]
    assert criteria(text).search.groups == ((Filter("entity_id", "eq", "1"),),)


@pytest.mark.parametrize(
    "text, limit, offset",
    [
        ("searchCriteria[pageSize]=2&searchCriteria[currentPage]=3", 2, 4),
        ("searchCriteria[page_size]=2", 2, 0),
        ("searchCriteria[pageSize]=0", 0, 0),
        ("searchCriteria[pageSize]=-1&searchCriteria[currentPage]=9", 0, 0),
        ("searchCriteria[pageSize]=1&searchCriteria[currentPage]=0", 1, 0),
        ("searchCriteria[pageSize]=9&searchCriteria[currentPage]=9223372036854775807", 9, 2**62),
    ],
)
def test_pages(text, limit, offset):
    assert (criteria(text).search.limit, criteria(text).search.offset) == (limit, offset)


@pytest.mark.parametrize("direction, descending", [("DESC", True), ("desc", True), ("Asc", False)])
def test_sort_directions_in_any_case(direction, descending):
    text = (
        f"searchCriteria[sortOrders][0][field]=entity_id&searchCriteria[sortOrders][0][direction]={direction}"
    )
    assert criteria(text).search.sorts == (Sort("entity_id", descending),)


@pytest.mark.parametrize("number", [712, 714, 720, 721])
def test_refusals_are_as_recorded(number):
    text = exchange(number)["request"]["path"].partition("?")[2]
    assert refused(text).body() == body(number)


@pytest.mark.parametrize(
    "text",
    [
        "searchCriteria[sortOrders][0][field]=a%20b",
        "searchCriteria[sortOrders][0][direction]=ASC",
        f"{INSIDE}[0][value]=1",
        "&".join(f"{INSIDE}[{n}][field]=a" for n in range(501)),
    ],
    ids=["sort field", "no sort field", "no field", "too many"],
)
def test_other_refusals(text):
    assert refused(text).status == 400


@pytest.mark.parametrize("problem", [UnknownField("nosuch"), InvalidCondition("in")])
def test_what_the_books_cannot_search_is_a_400_that_names_it(problem):
    with pytest.raises(AdobeError) as caught:
        search.refuse(problem)
    assert caught.value.status == 400
    assert str(problem) in str(caught.value.parameters)
