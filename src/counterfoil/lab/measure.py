"""What is measured on one engine: the service and the database's own limit, turn by turn.

A run is a list of steps made beforehand. Every step that sends invoices ends with a look into the books
(`counterfoil.lab.books`): as many documents as answers of success, numbers without holes, sums that agree.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.lab import books, changes, load, mixed, vtex
from counterfoil.lab.asking import Program
from counterfoil.lab.books import Source
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.figures import Rate, median_rate
from counterfoil.lab.findings import (
    CHANGES,
    DIFFERENT,
    FEED,
    FIRST,
    GETS,
    HOOK_IDLE,
    HOOKS,
    JUDGED,
    LONG,
    MIXED,
    ONE,
    READERS,
    READS,
    SERVICE,
    SHORT,
    THOUSANDTH,
    TOLD,
    TOLD_ONE,
    Measured,
    Outcome,
    Scale,
)
from counterfoil.lab.load import Group, Plan, Report, Request
from counterfoil.lab.notices import Notices
from counterfoil.lab.orders import Prepared, invoice_requests, read_requests
from counterfoil.lab.receiver import Receiver
from counterfoil.lab.serving import HOST, Served

HAMMERS = 128
INVOICES_BEFORE = 999
LONG_LINES = 5_000
PAIRS_TIMEOUT_S = 60.0
FIRST_NUMBER = 500_000_000
"""Programs that speak VTEX number their invoices themselves, mostly with nine digits, not as the books do."""

MIXED_ORDERS = 500
MIXED_REQUESTS = 60_000

_READ_KIND = mixed.READ
_NO_INVOICE = frozenset({mixed.READ, mixed.SHIP, mixed.REFUND, CHANGES})


class Field(Struct, frozen=True):
    """The orders that one run needs: a pool, one to crowd on at each turn, and those of the comparisons.

    ``told`` and ``told_crowded`` are a pool and one to crowd on at each turn for VTEX's language, ``changed``
    those that Changes are asked of, ``small`` those whose invoices wait for Changes. ``adobe`` and ``vtex``
    are the headers by which programs show who they are.
    """

    adobe: dict[str, str]
    vtex: dict[str, str]
    pool: list[Prepared]
    crowded: list[Prepared]
    told: list[Prepared]
    told_crowded: list[Prepared]
    changed: list[Prepared]
    small: list[Prepared]
    fresh: list[Prepared]
    old: Prepared
    short: Prepared
    long: Prepared


class Step(Struct, frozen=True):
    """One thing to do, with the words that are shown while it is done."""

    title: str
    run: Callable[[], None]


class Limits(Struct, frozen=True):
    """The database's own limits: who drives it, and what is measured, given the number of clients.

    ``concurrent`` is false where there is only ever one client: then once a round is enough.
    """

    name: str
    works: Mapping[str, Callable[[int], Rate]]
    concurrent: bool


class Measurement:
    """One engine's run over a service that is already up."""

    def __init__(
        self,
        served: Served,
        receiver: Receiver,
        field: Field,
        source: Source,
        scale: Scale,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._served = served
        self._receiver = receiver
        self._clock = clock
        self._field = field
        self._source = source
        self._scale = scale
        self._limits = limits
        self._rounds: dict[tuple[str, str, int], list[Rate]] = {}
        self._crowded = iter(field.crowded)
        self._told_crowded = iter(field.told_crowded)
        self._pool_requests = invoice_requests(field.pool, times=3)
        self._told_requests = vtex.invoice_requests(field.told, times=3)
        self._invoices = 0
        self._processor_s: float | None = None
        self._notices = Notices(lambda: Program(served.port, field.vtex), source, clock)

    def steps(self) -> list[Step]:
        """Return everything there is to do, in its order."""
        return [
            Step("warming up", self._warm_up),
            *self._turns(),
            Step(f"{MIXED}: something to refund", self._something_to_refund),
            *[Step(MIXED, self._mixed) for _ in range(self._scale.rounds)],
            Step(f"{FIRST} and {THOUSANDTH}", self._partial_invoices),
            Step(f"{SHORT} and {LONG}", self._lines),
            Step(READS, self._reads),
            *[
                step
                for _ in range(self._scale.rounds)
                for step in (
                    Step(CHANGES, self._changes),
                    Step(FEED, self._feed),
                    Step(HOOKS, self._hooks),
                )
            ],
        ]

    def outcome(self) -> Outcome:
        """Return what the steps found."""
        measured = [
            Measured(subject, work, median_rate(rounds))
            for (subject, work, _), rounds in self._rounds.items()
        ]
        return Outcome(measured, self._invoices, self._served.memory())

    def _turns(self) -> Iterator[Step]:
        for _ in range(self._scale.rounds):
            yield Step(GETS, self._gets)
            for clients in self._scale.connections:
                yield Step(f"{DIFFERENT}, {clients} connections", partial(self._different, clients))
                yield Step(f"{ONE}, {clients} connections", partial(self._one, clients))
                if self._limits.concurrent or clients == self._compared():
                    yield from self._limit_steps(clients)
                if clients == self._compared():
                    yield Step(f"{TOLD}, {clients} connections", partial(self._told, clients))
                    yield Step(f"{TOLD_ONE}, {clients} connections", partial(self._told_one, clients))

    def _compared(self) -> int:
        """Return the number of connections beside which a limit without concurrency is measured."""
        return JUDGED if JUDGED in self._scale.connections else self._scale.connections[-1]

    def _limit_steps(self, clients: int) -> Iterator[Step]:
        for work, limit in self._limits.works.items():
            title = f"{self._limits.name}, {work}"
            if self._limits.concurrent:
                title += f", {clients} clients"
            yield Step(title, partial(self._limit, work, limit, clients))

    def _limit(self, work: str, limit: Callable[[int], Rate], clients: int) -> None:
        self._note(self._limits.name, work, limit(clients))

    def _different(self, clients: int) -> None:
        report = self._invoice([Group(clients, self._pool_requests)], self._scale.seconds)
        self._note_kind(report, "", DIFFERENT)

    def _one(self, clients: int) -> None:
        requests = invoice_requests([next(self._crowded)], times=3)
        report = self._invoice([Group(clients, requests)], self._scale.seconds)
        self._note_kind(report, "", ONE)

    def _told(self, clients: int) -> None:
        report = self._tell([Group(clients, self._told_requests)], self._scale.seconds)
        self._note_kind(report, "", TOLD)

    def _told_one(self, clients: int) -> None:
        requests = vtex.invoice_requests([next(self._told_crowded)], times=3)
        report = self._tell([Group(clients, requests)], self._scale.seconds)
        self._note_kind(report, "", TOLD_ONE)

    def _gets(self) -> None:
        requests = read_requests(self._field.pool, kind=_READ_KIND)
        report = self._invoice([Group(JUDGED, requests)], self._scale.seconds)
        self._note_kind(report, _READ_KIND, GETS)

    def _something_to_refund(self) -> None:
        first = mixed.first_invoices(self._field.pool[:MIXED_ORDERS])
        self._invoice([Group(8, first, limit=len(first))], PAIRS_TIMEOUT_S)

    def _mixed(self) -> None:
        before = mixed.mark(self._source)
        requests = mixed.requests(self._field.pool[:MIXED_ORDERS], MIXED_REQUESTS)
        report = self._invoice([Group(JUDGED, requests)], self._scale.seconds)
        shipped, refunded = report.accepted(mixed.SHIP), report.accepted(mixed.REFUND)
        mixed.check(self._source, before, shipped=shipped, refunded=refunded)
        self._note(SERVICE, MIXED, mixed.whole_rate(report))

    def _warm_up(self) -> None:
        self._invoice([Group(8, self._pool_requests)], min(1.0, self._scale.seconds))
        self._tell([Group(8, self._told_requests)], min(1.0, self._scale.seconds))

    def _partial_invoices(self) -> None:
        pairs = len(self._field.fresh)
        before = invoice_requests([self._field.old], times=3)
        self._invoice([Group(8, before, limit=INVOICES_BEFORE)], PAIRS_TIMEOUT_S)
        self._compare(
            invoice_requests(self._field.fresh, kind=FIRST),
            invoice_requests([self._field.old], times=pairs, kind=THOUSANDTH),
        )

    def _lines(self) -> None:
        pairs = self._scale.pairs
        self._compare(
            invoice_requests([self._field.short], times=pairs, kind=SHORT),
            invoice_requests([self._field.long], times=pairs, kind=LONG),
        )

    def _compare(self, one: Sequence[Request], other: Sequence[Request]) -> None:
        """Send the requests of both in turn over one connection, so that both meet the same machine."""
        requests = [request for pair in zip(one, other, strict=True) for request in pair]
        report = self._invoice([Group(1, requests, limit=len(requests))], PAIRS_TIMEOUT_S)
        for kind in report.kinds:
            self._note_kind(report, kind, kind)

    def _reads(self) -> None:
        crowd = Group(HAMMERS, invoice_requests([next(self._crowded)], times=3))
        readers = Group(READERS, read_requests(self._field.pool, kind=_READ_KIND))
        report = self._invoice([crowd, readers], max(self._scale.seconds, 1.0))
        self._note_kind(report, _READ_KIND, READS)

    def _changes(self) -> None:
        since = self._clock.now_precise()
        requests = changes.smaller(self._field.changed)
        group = Group(JUDGED, requests, limit=len(requests))
        self._invoice([group], PAIRS_TIMEOUT_S, self._field.vtex)
        settled = changes.settled(self._source, since, len(requests), self._clock)
        self._note(SERVICE, CHANGES, changes.rate(settled, JUDGED))

    def _feed(self) -> None:
        self._note(SERVICE, FEED, self._notices.read_feed(lambda: self._tell_some(self._scale.crowd)))

    def _hooks(self) -> None:
        with self._notices.hook(self._receiver):
            before = books.mark(self._source)
            idle = self._notices.tell_one_by_one(self._receiver, self._tell_one, self._scale.pairs // 2)
            books.check(self._source, before, self._scale.pairs // 2)
            crowded = self._notices.tell_many(self._receiver, lambda: self._tell_some(self._scale.crowd))
        self._note(SERVICE, HOOK_IDLE, idle)
        self._note(SERVICE, HOOKS, crowded)

    def _tell_one(self, program: Program) -> None:
        program.must("POST", *vtex.one_invoice(self._field.told[0], str(FIRST_NUMBER + self._invoices)))
        self._invoices += 1

    def _tell_some(self, count: int) -> int:
        """Send so many invoices in VTEX's language and return how many that were."""
        requests = self._told_requests[: len(self._field.told)]
        report = self._tell([Group(min(count, JUDGED), requests, limit=count)], PAIRS_TIMEOUT_S)
        return report.accepted()

    def _tell(self, groups: list[Group], seconds: float) -> Report:
        """Send invoices in VTEX's language and check the books and the packages."""
        packages, invoices = vtex.packages(self._source), self._invoices
        report = self._invoice(groups, seconds, self._field.vtex)
        vtex.check_packages(self._source, packages, self._invoices - invoices)
        return report

    def _invoice(self, groups: list[Group], seconds: float, headers: dict[str, str] | None = None) -> Report:
        """Send requests and check the books. Raises `WrongBooks` if anything at all is amiss."""
        before = books.mark(self._source)
        used_s = self._served.processor_s()
        plan = Plan(
            HOST,
            self._served.port,
            headers or self._field.adobe,
            groups,
            seconds,
            first_serial=FIRST_NUMBER + self._invoices,
        )
        report = load.run(plan)
        self._processor_s = _difference(self._served.processor_s(), used_s)
        faults = report.faults()
        if faults:
            raise WrongBooks(f"{'; '.join(faults)}. The service said: {self._served.last_words()}")
        accepted = sum(report.accepted(kind) for kind in report.kinds if kind not in _NO_INVOICE)
        books.check(self._source, before, accepted)
        self._invoices += accepted
        return report

    def _note_kind(self, report: Report, kind: str, work: str) -> None:
        rate = report.kinds[kind].rate
        if rate is None:
            raise WrongBooks(f"no answer came in time: {work}")
        answers = sum(sum(each.statuses.values()) for each in report.kinds.values())
        processor_s = None if self._processor_s is None else self._processor_s / answers
        self._note(SERVICE, work, msgspec.structs.replace(rate, processor_s=processor_s))

    def _note(self, subject: str, work: str, rate: Rate) -> None:
        self._rounds.setdefault((subject, work, rate.clients), []).append(rate)


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
