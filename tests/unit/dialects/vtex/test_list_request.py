"""Whatever a list is asked for, it is a page or a refusal."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.dialects.vtex import dates
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.dialects.vtex.list_request import _FILTERS, Asker, asked
from counterfoil.ledger.listing import Authorized, By, Created, Estimated, InStatus, InvoicedBetween, OneOf

ASKER = Asker("shop", dates.instant("2026-11-20T12:00:00Z"))
NAMES = [*_FILTERS, "page", "per_page", "orderBy", "searchField", "f_Unknown", "_stats"]


def condition(name, *values):
    [found] = asked([(name, value) for value in values], ASKER).listing.conditions
    return found


def test_without_anything_it_is_the_newest_fifteen():
    found = asked([], ASKER)
    assert (found.page, found.per_page) == (1, 15)
    assert (found.listing.by, found.listing.descending, found.listing.conditions) == (By.CREATED, True, ())


@pytest.mark.parametrize(
    "text, first, last",
    [
        (
            "creationDate:[2026-01-01T02:00:00.000Z TO 2026-01-02T01:59:59.999Z]",
            "2026-01-01 02:00:00",
            "2026-01-02 01:59:59",
        ),
        ("[2026-01-01T02:00:00.001Z TO *]", "2026-01-01 02:00:01", None),
        ("[* TO 2026-01-01]", None, "2026-01-01 00:00:00"),
        ("  CREATIONDATE : [2026-01-01 to 2026-01-02] ", "2026-01-01 00:00:00", "2026-01-02 00:00:00"),
        (
            "[2026-01-01T02:00:00-03:00 TO 2026-01-01T03:00:00-0300]",
            "2026-01-01 05:00:00",
            "2026-01-01 06:00:00",
        ),
        # A plus sign that was not encoded has become a space.
        (
            "[2026-01-01T02:00:00 01:00 TO 2026-01-01T03:00:00.5 0100]",
            "2026-01-01 01:00:00",
            "2026-01-01 02:00:00",
        ),
    ],
)
def test_a_range_of_dates_is_read_in_every_form(text, first, last):
    assert condition("f_creationDate", text) == Created(first, last)
    assert condition("F_AuthorizedDate", text) == Authorized(first, last)
    assert condition("f_invoiceddate", text) == InvoicedBetween(first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "2026-01-01",
        "[2026-01-01]",
        "[2026-01-01 TO]",
        "[2026-02-30 TO *]",
        "[9999-12-31T23:59:59.9Z TO *]",
        "[0001-01-01T00:00:00+14:00 TO *]",
    ],
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(VtexError) as caught:
        asked([("f_creationDate", text or "x")], ASKER)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text, first, last",
    [
        ("0.days", "2026-11-20", "2026-11-20"),
        ("1.days", "2026-11-21", "2026-11-21"),
        ("7.days", "2026-11-21", "2026-11-27"),
    ],
)
def test_days_of_an_estimate_count_from_today(text, first, last):
    assert condition("f_shippingEstimate", text) == Estimated(first, last)


def test_what_is_late_is_under_way():
    late, status = asked([("f_shippingEstimate", "-1.days")], ASKER).listing.conditions
    assert late == Estimated(None, "2026-11-19")
    assert isinstance(status, InStatus)
    assert "handling" in status.statuses
    assert not {"invoiced", "canceled", "replaced"} & set(status.statuses)


def test_lists_and_repetitions_mean_any_of_the_values():
    assert condition("f_status", "handling, Invoiced", "canceled") == InStatus(
        ("handling", "invoiced", "canceled")
    )
    assert condition("sku_Ids", "1,2") == OneOf(("sku:1", "sku:1,2", "sku:2"))
    assert condition("f_sellerNames", "SHOP") == OneOf(("seller:1", "seller:shop"))


def test_true_and_false_together_say_nothing():
    assert asked([("f_isInstore", "true"), ("f_isInstore", "false")], ASKER).listing.conditions == ()


plain = st.text(max_size=60).filter(lambda text: "\0" not in text and text.isprintable())
likely = st.sampled_from(
    [
        *(
            "true",
            "false",
            "1",
            "-1",
            "0",
            "30",
            "100",
            "7.days",
            "-1.days",
            "999.days",
            "creationDate,asc",
            "items,desc",
        ),
        *(
            "creationDate:[2026-01-01 TO *]",
            "[* TO *]",
            "[0001-01-01 TO 9999-12-31T23:59:59.999Z]",
            "[a TO b]",
        ),
        *(
            "handling",
            "handling,invoiced",
            ",",
            ",,",
            "'",
            '"',
            "%",
            "\\",
            "seller:1",
            "q:",
            "é",
            "🙂" * 50,
            "x" * 5000,
        ),
    ]
)
values = st.one_of(plain, likely)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given_pairs=pairs)
async def test_no_filter_breaks_a_list(client, given_pairs):
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in given_pairs)
    answer = await client.get(f"/api/oms/pvt/orders?{query}")
    assert answer.status in {200, 400}, (given_pairs, answer)


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
        values,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=2),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.dictionaries(st.sampled_from(NAMES), anything, max_size=6))
async def test_no_body_breaks_a_search(client, body):
    answer = await client.post("/api/orders/extendsearch/orders", json.dumps(body).encode())
    assert answer.status in {200, 400}, (body, answer)
