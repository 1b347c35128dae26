"""Figures from single values."""

import pytest

from counterfoil.lab.figures import Rate, median, median_rate, percentile


@pytest.mark.parametrize(
    "share,expected", [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_seen_by_nearest_rank(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_a_single_value_is_every_percentile() -> None:
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0


@pytest.mark.parametrize("values,expected", [([3], 3), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5)])
def test_the_median_is_the_middle_of_unsorted_values(values: list[float], expected: float) -> None:
    assert median(values) == expected


def test_rounds_are_remembered_by_their_medians_and_their_worst_moment() -> None:
    rounds = [
        Rate(clients=8, per_s=100, mean_s=3, p50_s=1, p99_s=9, max_s=20),
        Rate(clients=8, per_s=300, mean_s=1, p50_s=3, p99_s=7, max_s=80),
        Rate(clients=8, per_s=200, mean_s=2, p50_s=2, p99_s=8, max_s=40),
    ]

    assert median_rate(rounds) == Rate(clients=8, per_s=200, mean_s=2, p50_s=2, p99_s=8, max_s=80)


def test_what_a_tool_does_not_tell_stays_unknown() -> None:
    merged = median_rate([Rate(clients=1, per_s=10, mean_s=0.1), Rate(clients=1, per_s=20, mean_s=0.2)])

    assert (merged.p50_s, merged.p99_s, merged.max_s) == (None, None, None)
    assert merged.processor_s is None
