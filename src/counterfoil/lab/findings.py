"""What a bench finds out, and the names that its lines go by."""

from msgspec import Struct

from counterfoil.lab.figures import Rate
from counterfoil.lab.serving import Memory

SQLITE, POSTGRES = "sqlite", "postgres"

SERVICE = "counterfoil"
DIFFERENT = "different orders"
ONE = "one order"
TOLD = "VTEX invoices, different orders"
TOLD_ONE = "VTEX invoices, one order"
CHANGES = "VTEX Changes, asked for until done"
FEED = "events of a feed, read and committed"
HOOKS = "notices to a hook, beside the invoices"
HOOK_IDLE = "a notice to a hook, from the commit on"
WAITING = "invoices that wait for Changes"
READS = "reading other orders beside 128 clients on one"
GETS = "reading orders of 3 lines"
MIXED = "invoices, shipments, reads, refunds"
FIRST, THOUSANDTH = "first partial invoice", "1 000th partial invoice"
SHORT, LONG = "1 line of 3", "1 line of 5 000"

COMPARED = (FIRST, THOUSANDTH, SHORT, LONG, READS, HOOK_IDLE)
"""Works of which the time of a single request matters, not how many there are in a second."""

READERS = 4
"""Connections that read while others write."""

SEPARATE = (CHANGES, FEED, HOOKS)
"""Works whose number of clients is not that of the table of invoices."""

FEED_READERS = 8
"""Connections that read a feed at a time."""

JUDGED = 32
"""The number of connections that the targets speak of."""

PGBENCH = "pgbench"
PROCESSES = "python processes"
NUMBERED, UNNUMBERED, ONE_ROW = "with a counter row", "without numbers", "one row"

LOOP = "loop in process"
ONE_EACH, THIRTY_TWO = "one commit each", "32 per commit"


class Scale(Struct, frozen=True):
    """How much is measured: ``rounds`` of ``seconds`` at each number of connections.

    ``pool`` is the number of different orders, ``pairs`` how many single requests a comparison takes,
    ``crowd`` how many Changes are asked for at a time, how many invoices wait for them at once, and how many
    events are told, ``lists`` the sizes of the shops whose lists are compared.
    """

    connections: tuple[int, ...] = (1, 8, 32, 128)
    rounds: int = 3
    seconds: float = 2.0
    pool: int = 2_000
    pairs: int = 200
    crowd: int = 1_000
    lists: tuple[int, ...] = ()


class Measured(Struct, frozen=True):
    """One line of the outcome: the medians of all rounds of one work with one number of clients."""

    subject: str
    work: str
    rate: Rate


class Waiting(Struct, frozen=True):
    """What so many invoices cost that wait for Changes at once.

    ``together`` is how many waited at the same moment, ``added_mb`` the memory that came on top meanwhile,
    ``last_s`` the seconds from the last Change that was settled to the last answer.
    """

    invoices: int
    together: int
    added_mb: float
    last_s: float


class Outcome(Struct):
    """What came of an engine's run. ``invoices`` were issued by the service and found right in the books."""

    measured: list[Measured]
    invoices: int
    memory: Memory | None
    waiting: Waiting | None = None

    def rate(self, subject: str, work: str, clients: int) -> Rate | None:
        """Return the figures of one line, None if it was not measured."""
        for line in self.measured:
            if (line.subject, line.work, line.rate.clients) == (subject, work, clients):
                return line.rate
        return None


class PageTimes(Struct, frozen=True):
    """What a page of ``total`` took in a shop of ``orders``: asked for the first time, and typically."""

    orders: int
    total: int
    first_s: float
    typical_s: float


class PageLine(Struct, frozen=True):
    """One page in shops of all sizes. One that is not judged is known to cost more in a larger shop."""

    title: str
    judged: bool
    times: list[PageTimes]

    def ratio(self) -> float:
        """Return what the page costs in the last shop, as a multiple of what it costs in the first."""
        return self.times[-1].typical_s / self.times[0].typical_s


class EngineRun(Struct, frozen=True):
    """What was measured on one engine. ``lists`` is empty if lists were not asked for."""

    engine: str
    version: str
    limit_name: str
    outcome: Outcome
    lists: list[PageLine] = []


class Machine(Struct, frozen=True):
    """Where it was measured.

    ``fdatasync_s`` is the median time to make one page durable, ``load`` how many processes wanted to run
    in the minute before.
    """

    system: str
    processors: int
    python: str
    fdatasync_s: float
    load: float
