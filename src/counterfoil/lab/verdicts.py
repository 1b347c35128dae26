"""From the figures of a run to verdicts on the targets."""

from collections.abc import Iterator, Sequence

from counterfoil.lab import targets
from counterfoil.lab.figures import Rate
from counterfoil.lab.findings import (
    DIFFERENT,
    FEED,
    FEED_READERS,
    FIRST,
    GETS,
    HOOK_IDLE,
    JUDGED,
    LONG,
    NUMBERED,
    ONE,
    ONE_EACH,
    ONE_ROW,
    PGBENCH,
    POSTGRES,
    READERS,
    READS,
    SERVICE,
    SHORT,
    THOUSANDTH,
    TOLD,
    TOLD_ONE,
    UNNUMBERED,
    EngineRun,
    PageLine,
)
from counterfoil.lab.targets import Target, Verdict, verdict


def verdicts(run: EngineRun) -> list[Verdict]:
    """Return a verdict on every target that speaks of this engine."""
    own = _postgres if run.engine == POSTGRES else _sqlite
    return [*own(run), *_any_engine(run)]


def _postgres(run: EngineRun) -> Iterator[Verdict]:
    # Without pgbench the limit is that of Python clients: shown, but no yardstick.
    judged = run.limit_name == PGBENCH
    for target, ours, limit in (
        (targets.NUMBERED, DIFFERENT, NUMBERED),
        (targets.UNNUMBERED, DIFFERENT, UNNUMBERED),
        (targets.HOT, ONE, ONE_ROW),
        (targets.TOLD_NUMBERED, TOLD, NUMBERED),
        (targets.TOLD_HOT, TOLD_ONE, ONE_ROW),
    ):
        ours_rate = run.outcome.rate(SERVICE, ours, JUDGED)
        yield _throughput(target, ours_rate, run.outcome.rate(run.limit_name, limit, JUDGED), judged=judged)
    ours_rate = run.outcome.rate(SERVICE, DIFFERENT, 1)
    limit_rate = run.outcome.rate(run.limit_name, NUMBERED, 1)
    if ours_rate is None or limit_rate is None:
        yield verdict(targets.ALONE, None, "")
    else:
        based_on = f"{_ms(ours_rate.mean_s)} ÷ {_ms(limit_rate.mean_s)}"
        yield verdict(targets.ALONE, ours_rate.mean_s / limit_rate.mean_s, based_on, judged=judged)


def _sqlite(run: EngineRun) -> Iterator[Verdict]:
    limit = run.outcome.rate(run.limit_name, ONE_EACH, 1)
    for target, ours in ((targets.SQLITE, DIFFERENT), (targets.TOLD_SQLITE, TOLD)):
        yield _throughput(target, run.outcome.rate(SERVICE, ours, JUDGED), limit)


def _any_engine(run: EngineRun) -> Iterator[Verdict]:
    outcome = run.outcome
    for target, above, below in ((targets.THOUSANDTH, THOUSANDTH, FIRST), (targets.LINES, LONG, SHORT)):
        yield _typical(target, outcome.rate(SERVICE, above, 1), outcome.rate(SERVICE, below, 1))
    for target, work, clients in (
        (targets.P99, DIFFERENT, JUDGED),
        (targets.READS, READS, READERS),
        (targets.HOOK_P99, HOOK_IDLE, 1),
    ):
        rate = outcome.rate(SERVICE, work, clients)
        known = rate is not None and rate.p99_s is not None
        value = rate.p99_s * 1000 if rate is not None and rate.p99_s is not None else None
        yield verdict(target, value, f"p50 {_ms(rate.p50_s)}" if rate is not None and known else "")
    for target, work, clients in ((targets.GETS, GETS, JUDGED), (targets.FEED, FEED, FEED_READERS)):
        found = outcome.rate(SERVICE, work, clients)
        yield verdict(target, found.per_s if found else None, f"p99 {_ms(found.p99_s)}" if found else "")
    if run.lists:
        yield _lists(run.lists)
    memory = outcome.memory
    based_on = f"{memory.now_mb:.0f} MB at the end" if memory else ""
    yield verdict(targets.MEMORY, memory.highest_mb if memory else None, based_on)


def _lists(lines: Sequence[PageLine]) -> Verdict:
    worst = max((line for line in lines if line.judged), key=PageLine.ratio)
    times = " ÷ ".join(_ms(each.typical_s) for each in (worst.times[-1], worst.times[0]))
    return verdict(targets.LISTS, worst.ratio(), f"{worst.title}: {times}")


def _throughput(target: Target, ours: Rate | None, limit: Rate | None, *, judged: bool = True) -> Verdict:
    if ours is None or limit is None:
        return verdict(target, None, "")
    return verdict(
        target, ours.per_s / limit.per_s, f"{ours.per_s:,.0f} ÷ {limit.per_s:,.0f} a second", judged=judged
    )


def _typical(target: Target, above: Rate | None, below: Rate | None) -> Verdict:
    if above is None or below is None or above.p50_s is None or below.p50_s is None:
        return verdict(target, None, "")
    return verdict(target, above.p50_s / below.p50_s, f"{_ms(above.p50_s)} ÷ {_ms(below.p50_s)}")


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.2f} ms"
