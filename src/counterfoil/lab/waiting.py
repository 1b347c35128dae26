"""Many invoices that wait for Changes at once: what they cost in memory, and when the last is answered.

Each order has an invoice that it has room for only when its Change is done, so the answer has to wait for it.
"""

from collections.abc import Sequence
from threading import Event, Thread
from typing import Self

from counterfoil.clock import Clock
from counterfoil.domain.money import MINOR
from counterfoil.lab import books, changes, load, orders, vtex
from counterfoil.lab.books import Source
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.findings import JUDGED, WAITING, Waiting
from counterfoil.lab.load import Group, Plan, Report, Request
from counterfoil.lab.orders import Prepared
from counterfoil.lab.serving import HOST, Served

UNITS = 2
"""How many units of its one product such an order has."""

SETTINGS = {"COUNTERFOIL_SETTLEMENT_DELAY_MS": "6000"}
"""How long Changes take meanwhile: until then all of them are asked for, and all invoices are sent."""

TIMEOUT_S = 60.0


def invoices(some: Sequence[Prepared]) -> list[Request]:
    """Return an invoice for each order that it has no room for before its Change is done."""
    value = orders.draft(1, UNITS).grand_total // MINOR + changes.DEARER_CENTS
    body = vtex.invoice_body(value, [])
    return [Request("POST", f"{vtex.order_path(order)}/invoice", body) for order in some]


def measure(
    served: Served, source: Source, clock: Clock, headers: dict[str, str], some: Sequence[Prepared]
) -> Waiting:
    """Ask for a Change of every order, then send an invoice for each, all at once.

    Raises `WrongBooks` if anything at all is amiss.
    """

    def send(requests: list[Request], clients: int) -> Report:
        group = Group(clients, requests, limit=len(requests))
        report = load.run(Plan(HOST, served.port, headers, [group], TIMEOUT_S, answer_timeout_s=TIMEOUT_S))
        accepted = sum(map(report.accepted, report.kinds))
        if report.faults() or accepted != len(requests):
            raise WrongBooks(f"{WAITING}: {accepted} of {len(requests)} taken; {'; '.join(report.faults())}")
        return report

    before, packages = books.mark(source), vtex.packages(source)
    since = clock.now_precise()
    send(changes.dearer(some), JUDGED)
    with Watch(served) as watch:
        report = send(invoices(some), len(some))
    found = changes.settled(source, since, len(some), clock)
    books.check(source, before, len(some))
    vtex.check_packages(source, packages, len(some))
    last_s = report.last_answer_us / 1e6 - max(one.done_s for one in found)
    together = sum(one.done_s > report.begun_us / 1e6 for one in found)
    return Waiting(len(some), together, watch.added_mb, last_s)


class Watch:
    """The most memory that a service holds while something goes on, in MB. Use it as a context manager."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._over = Event()
        self._thread = Thread(target=self._look)
        self.before_mb = self._now_mb()
        self.most_mb = self.before_mb

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def added_mb(self) -> float:
        """How much came on top."""
        return self.most_mb - self.before_mb

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.most_mb = max(self.most_mb, self._now_mb())

    def _now_mb(self) -> float:
        memory = self._served.memory()
        return 0.0 if memory is None else memory.now_mb
