"""Times in and out (contract vtex §1)."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.vtex import dates


@pytest.mark.parametrize(
    "text, wire",
    [
        ("2024-02-07T15:22:56.7612218-02:00", "2024-02-07T17:22:56.7612210+00:00"),
        ("2024-02-07T15:22:56", "2024-02-07T15:22:56.0000000+00:00"),
        ("2024-02-07T15:22:56Z", "2024-02-07T15:22:56.0000000+00:00"),
        ("2024-02-07T15:22:56-0300", "2024-02-07T18:22:56.0000000+00:00"),
        ("2024-02-07T15:22+05", "2024-02-07T10:22:00.0000000+00:00"),
        ("2024-02-07T23:30:00.5-01:30", "2024-02-08T01:00:00.5000000+00:00"),
        ("2024-02-07", "2024-02-07T00:00:00.0000000+00:00"),
        (" 2024-02-07 15:22 ", "2024-02-07T15:22:00.0000000+00:00"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00.0000000+00:00"),
    ],
)
def test_times_are_read_leniently_and_written_in_one_form(text, wire):
    assert dates.wire(dates.instant(text)) == wire


@pytest.mark.parametrize(
    "text",
    [
        "", "today", "2024-13-01", "2024-02-30", "2024-02-07T25:00:00", "2024-02-07T15:22:56 -03:00",
        "07/02/2024", "2024-02-07T15:22:56-24:00", "0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00",
        "2024-02-07T15", "٢٠٢٤-02-07",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        dates.instant(text)


@given(st.text(alphabet="0123456789-+:.TZ ", max_size=35))
def test_any_text_is_a_time_or_none(text):
    with suppress(ValueError):
        assert dates.instant(dates.wire(dates.instant(text))) == dates.instant(text)


def test_the_times_of_the_books():
    assert dates.of_stored("2024-02-07 15:22:56") == "2024-02-07T15:22:56.0000000+00:00"
    assert dates.of_stored("2024-02-07T15:22:56.123456+00:00") == "2024-02-07T15:22:56.1234560+00:00"
    assert dates.zulu("2024-02-07 15:22:56") == "2024-02-07T15:22:56.0000000Z"
    assert dates.stored(datetime(2024, 2, 7, 15, 22, 56, 9, UTC)) == "2024-02-07 15:22:56"
