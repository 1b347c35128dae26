"""What the service has to reach beside the database's own limit, and what to say of a figure.

Ratios are taken between medians of rounds that took turns on the same machine, so they mean something on
machines of any speed; times and memory are those of a machine with two cores.
"""

from enum import StrEnum

from msgspec import Struct


class Grade(StrEnum):
    """How a figure compares with its target."""

    AIM = "aim reached"
    MUST = "must reached"
    MISSED = "missed"
    NOT_JUDGED = "not judged"


class Target(Struct, frozen=True):
    """A figure with two thresholds. ``at_least`` tells on which side of them it is good."""

    name: str
    title: str
    must: float
    aim: float
    unit: str
    at_least: bool

    def grade(self, value: float) -> Grade:
        """Say which of the thresholds ``value`` (in the target's unit) reaches."""

        def reaches(threshold: float) -> bool:
            return value >= threshold if self.at_least else value <= threshold

        if reaches(self.aim):
            return Grade.AIM
        return Grade.MUST if reaches(self.must) else Grade.MISSED

    def bound(self, threshold: float) -> str:
        """Print a threshold as people read it: ``≥ 2×``."""
        return f"{'≥' if self.at_least else '≤'} {threshold:g}{self.unit}"


class Verdict(Struct, frozen=True):
    """A target, what was measured, and from which figures. ``value`` is None if it was not measured."""

    target: Target
    value: float | None
    grade: Grade
    based_on: str


def verdict(target: Target, value: float | None, based_on: str, *, judged: bool = True) -> Verdict:
    """Return what to say of ``value``; with ``judged`` false it is shown and not compared."""
    if value is None or not judged:
        return Verdict(target, value, Grade.NOT_JUDGED, based_on)
    return Verdict(target, value, target.grade(value), based_on)


def _ratio(name: str, title: str, must: float, aim: float) -> Target:
    return Target(name, title, must, aim, "×", at_least=True)


def _bound(name: str, title: str, must: float, aim: float, unit: str = "×") -> Target:
    return Target(name, title, must, aim, unit, at_least=False)


NUMBERED = _ratio("postgres_numbered", "different orders ÷ pgbench with a counter row (32)", 2, 4)
UNNUMBERED = _ratio("postgres_unnumbered", "different orders ÷ pgbench without numbers (32)", 0.7, 1.3)
HOT = _ratio("postgres_hot", "one order ÷ pgbench on one row (32)", 2.5, 5)
SQLITE = _ratio("sqlite_loop", "different orders (32) ÷ loop, one commit each", 0.8, 1.6)
TOLD_NUMBERED = _ratio(
    "vtex_postgres_numbered", "VTEX, different orders ÷ pgbench with a counter row (32)", 2, 4
)
TOLD_HOT = _ratio("vtex_postgres_hot", "VTEX, one order ÷ pgbench on one row (32)", 2.5, 5)
TOLD_SQLITE = _ratio("vtex_sqlite_loop", "VTEX, different orders (32) ÷ loop, one commit each", 0.8, 1.6)
ALONE = _bound("postgres_alone", "one client: time ÷ pgbench's with a counter row", 2, 1.3)
THOUSANDTH = _bound("thousandth", "1 000th partial invoice ÷ first", 1.3, 1.1)
LINES = _bound("lines", "invoicing 1 line of 5 000 ÷ 1 line of 3", 3, 1.5)
P99 = _bound("p99_ms", "different orders (32), p99", 60, 25, " ms")
READS = _bound("reads_p99_ms", "reading others beside 128 on one order, p99", 50, 20, " ms")
GETS = Target("gets_per_s", "GET of an order of 3 lines (32)", 1_500, 3_000, "/s", at_least=True)
FEED = Target("feed_per_s", "events of a feed, read and committed", 2_000, 4_000, "/s", at_least=True)
HOOK_P99 = _bound("hook_p99_ms", "from commit to hook when idle, p99", 250, 100, " ms")
LISTS = _bound("lists", "page of 100, largest shop ÷ smallest, worst", 1.5, 1.2)
MEMORY = _bound("memory_mb", "memory of the service, highest", 150, 90, " MB")
