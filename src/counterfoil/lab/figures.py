"""Figures from single values: percentiles, medians, and the numbers a round is remembered by."""

from collections.abc import Sequence

from msgspec import Struct


class Rate(Struct, frozen=True):
    """What one way of working reached with one number of clients.

    ``per_s`` are finished invoices (or answers) per second; times are seconds as one client saw them.
    A median is None where the tool that measured gives only means. ``processor_s`` is the processor time of
    the service for each answer, where it was the service that answered.
    """

    clients: int
    per_s: float
    mean_s: float
    p50_s: float | None = None
    p99_s: float | None = None
    max_s: float | None = None
    processor_s: float | None = None


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of ``ordered`` do not exceed (nearest rank).

    ``ordered`` is ascending and not empty.
    """
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def rate_of(clients: int, times_s: Sequence[float], per_s: float) -> Rate:
    """Return what single times come to. ``per_s`` is known apart, since they may overlap."""
    ordered = sorted(times_s)
    return Rate(
        clients=clients,
        per_s=per_s,
        mean_s=sum(ordered) / len(ordered),
        p50_s=percentile(ordered, 0.5),
        p99_s=percentile(ordered, 0.99),
        max_s=ordered[-1],
    )


def median(values: Sequence[float]) -> float:
    """Return the middle of ``values`` (of an even number: the mean of the two in the middle)."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def median_rate(rounds: Sequence[Rate]) -> Rate:
    """Return the medians, field by field, of rounds that were run with the same number of clients."""
    assert rounds, "a median needs a round"
    return Rate(
        clients=rounds[0].clients,
        per_s=median([each.per_s for each in rounds]),
        mean_s=median([each.mean_s for each in rounds]),
        p50_s=_median_if_known([each.p50_s for each in rounds]),
        p99_s=_median_if_known([each.p99_s for each in rounds]),
        max_s=max((each.max_s for each in rounds if each.max_s is not None), default=None),
        processor_s=_median_if_known([each.processor_s for each in rounds]),
    )


def _median_if_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
