"""Pages of a list, asked over HTTP of a small and a large shop in turn: what a page costs at which size.

The shops are filled past the ledger (`counterfoil.lab.fill`) and only read. Every page is asked once for
the first time, when its total has to be counted, and then again and again.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from counterfoil.access import integration
from counterfoil.access.role import Grant
from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure, WrongBooks
from counterfoil.lab.figures import median
from counterfoil.lab.fill import BLOCK, Shop, fill_postgres, fill_sqlite
from counterfoil.lab.findings import SQLITE, PageLine, PageTimes, Scale
from counterfoil.lab.postgres_server import find_binaries, own_database, own_server
from counterfoil.lab.serving import HOST, serving
from counterfoil.main import engine_for, migrate, open_ledger

PAGE = 100
REPEATS = 7
"""So often each page is asked for in each round, and up to ten times as often if it is fast."""

FAST_S = 0.3

_QUERIES = 31
ANSWER_TIMEOUT_S = 60.0

Condition = tuple[str, str, str]


class Query(Struct, frozen=True):
    """A page of a list. One that is not judged is known to cost more in a larger shop.

    What is asked in VTEX's language has its parameters in ``vtex``, and no conditions.
    """

    title: str
    path: str
    conditions: tuple[Condition, ...] = ()
    sort: str = ""
    page: int = 1
    judged: bool = True
    vtex: tuple[tuple[str, str], ...] = ()

    def url(self) -> str:
        """Return path and query as clients send them; ``-`` before the sort means descending."""
        if self.vtex:
            return f"/{self.path}?{urlencode([*self.vtex, ('per_page', PAGE)])}"
        pairs: dict[str, str | int] = {}
        for place, (field, condition, value) in enumerate(self.conditions):
            begin = f"searchCriteria[filter_groups][{place}][filters][0]"
            pairs |= {
                f"{begin}[field]": field,
                f"{begin}[condition_type]": condition,
                f"{begin}[value]": value,
            }
        if self.sort:
            pairs["searchCriteria[sortOrders][0][field]"] = self.sort.lstrip("-")
            pairs["searchCriteria[sortOrders][0][direction]"] = "DESC" if self.sort[0] == "-" else "ASC"
        pairs |= {"searchCriteria[pageSize]": PAGE, "searchCriteria[currentPage]": self.page}
        return f"/rest/V1/{self.path}?{urlencode(pairs)}"


class Paging(Struct):
    """What VTEX's language tells of a list."""

    total: int


class VtexAnswer(Struct):
    """What is looked at in an answer in VTEX's language."""

    list: list[msgspec.Raw]
    paging: Paging


class Answered(Struct):
    """What is looked at in an answer."""

    items: list[msgspec.Raw]
    total_count: int

    @staticmethod
    def of(query: Query, content: bytes) -> "Answered":
        """Read an answer in the language that was asked in."""
        if not query.vtex:
            return msgspec.json.decode(content, type=Answered)
        found = msgspec.json.decode(content, type=VtexAnswer)
        return Answered(found.list, found.paging.total)


def queries(shop: Shop) -> list[Query]:
    """Return what integrations ask of a shop."""

    def ago(share: float) -> str:
        return shop.created_at(round(shop.count * (1 - share)))

    today, month = ago(0.001), ago(0.03)
    middle = shop.count // 2
    customer = shop.typical_customer()
    return [
        Query("all orders", "orders"),
        Query("all, newest first", "orders", sort="-created_at"),
        Query("changed since today", "orders", (("updated_at", "from", today),), "updated_at"),
        Query("changed since a year", "orders", (("updated_at", "from", ago(0.3)),), "updated_at"),
        Query("changed since today, by id", "orders", (("updated_at", "from", today),), "entity_id"),
        Query("processing, newest first", "orders", (("status", "eq", "processing"),), "-created_at"),
        Query("complete, newest first", "orders", (("status", "eq", "complete"),), "-created_at"),
        Query(
            "complete and changed since three days",
            "orders",
            (("status", "eq", "complete"), ("updated_at", "from", ago(0.003))),
            "updated_at",
        ),
        Query(
            "two statuses, of a month",
            "orders",
            (
                ("status", "in", "pending,processing"),
                ("created_at", "from", month),
                ("created_at", "to", today),
            ),
            "created_at",
        ),
        Query(
            "one customer's e-mail",
            "orders",
            (("customer_email", "eq", shop.email(customer)),),
            "-created_at",
        ),
        Query("one customer", "orders", (("customer_id", "eq", str(customer)),), "-created_at"),
        Query("one number", "orders", (("increment_id", "eq", f"{middle:09}"),)),
        Query("ids above one", "orders", (("entity_id", "gt", str(middle)),), "entity_id"),
        Query("one store, newest first", "orders", (("store_id", "eq", "1"),), "-created_at"),
        Query("total above 100, newest first", "orders", (("grand_total", "gt", "100"),), "-created_at"),
        Query("rows of one product", "orders/items", (("sku", "eq", "BENCH-2"),)),
        Query("rows since today", "orders/items", (("created_at", "from", today),), "created_at"),
        Query("invoices of an order", "invoices", (("order_id", "eq", str(middle + 2)),)),
        Query("invoices since today", "invoices", (("created_at", "from", today),), "created_at"),
        Query("all orders, page in the middle", "orders", page=middle // PAGE, judged=False),
        Query("complete, by total", "orders", (("status", "eq", "complete"),), "grand_total", judged=False),
        Query(
            "changed since half of all time, by id",
            "orders",
            (("updated_at", "from", ago(0.5)),),
            "entity_id",
            judged=False,
        ),
        *_in_vtex(shop),
    ]


def _in_vtex(shop: Shop) -> Iterator[Query]:
    """Yield what programs ask that speak VTEX."""

    def since(share: float) -> str:
        moment = shop.created_at(round(shop.count * (1 - share))).replace(" ", "T")
        return f"creationDate:[{moment}Z TO *]"

    newest, by_total = ("orderBy", "creationDate,desc"), ("orderBy", "totalValue,desc")
    email = ("q", shop.email(shop.typical_customer()))
    for title, judged, *params in (
        ("newest first", True, newest),
        ("by value", True, by_total),
        ("invoiced, newest first", True, ("f_status", "invoiced"), newest),
        ("invoiced, by value", True, ("f_status", "invoiced"), by_total),
        ("of a year", True, ("f_creationDate", since(0.3)), newest),
        ("one payment, invoiced", True, ("f_paymentNames", "Visa"), ("f_status", "invoiced")),
        ("a seldom payment", False, ("f_paymentNames", "Boleto"), newest),
        ("since today", False, ("f_creationDate", since(0.001)), newest),
        ("one customer's e-mail", True, email),
    ):
        yield Query(f"VTEX: {title}", "api/oms/pvt/orders", judged=judged, vtex=tuple(params))


def run(
    engine: str,
    scale: Scale,
    clock: Clock,
    begin: Callable[[str], None],
    *,
    postgres_uri: str | None,
    directory: Path,
) -> list[PageLine]:
    """Fill a shop of each size that ``scale`` names and return what pages cost in each.

    Raises `CannotMeasure`, and `WrongBooks` if an answer is not what it should be.
    """
    with ExitStack() as stack:
        clients = []
        urls = stack.enter_context(_databases(engine, len(scale.lists), postgres_uri, directory, clock))
        for size, url in zip(scale.lists, urls, strict=True):
            shop = Shop(size, clock.now())
            token = asyncio.run(_prepare(url, clock))
            _fill(engine, url, shop, begin)
            place = directory / f"lists-{engine}-{size}"
            place.mkdir()
            served = stack.enter_context(serving(url, place, clock))
            connection = HTTPConnection(HOST, served.port, timeout=ANSWER_TIMEOUT_S)
            stack.callback(connection.close)
            clients.append(_Client(connection, token, shop, clock))
        lines = []
        for asked in zip(*(queries(client.shop) for client in clients), strict=True):
            begin(f"lists: {asked[0].title}")
            lines.append(_line(list(zip(clients, asked, strict=True)), REPEATS * scale.rounds))
        return lines


def steps(sizes: Sequence[int]) -> int:
    """Return how often `run` tells what it begins."""
    return sum(-(-size // BLOCK) for size in sizes) + _QUERIES


class _Client:
    """One client of one shop."""

    def __init__(self, connection: HTTPConnection, token: str, shop: Shop, clock: Clock) -> None:
        self.shop = shop
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {token}", "VtexIdclientAutCookie": token}
        self._clock = clock

    def ask(self, query: Query) -> tuple[float, bytes]:
        """Return how many seconds an answer took, and the answer. Raises `WrongBooks` if it is an error."""
        begun_s = self._clock.monotonic_s()
        self._connection.request("GET", query.url(), headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        taken_s = self._clock.monotonic_s() - begun_s
        if answer.status != 200:
            raise WrongBooks(f"{query.title}: {answer.status} {content[:500]!r}")
        return taken_s, content


def _line(asked: Sequence[tuple[_Client, Query]], repeats: int) -> PageLine:
    """Ask all clients in turn, that all meet the same machine."""
    firsts, totals = [], []
    for client, query in asked:
        first_s, content = client.ask(query)
        answered = Answered.of(query, content)
        if len(answered.items) != min(PAGE, answered.total_count):
            raise WrongBooks(f"{query.title}: {len(answered.items)} of {answered.total_count}")
        firsts.append(first_s)
        totals.append(answered.total_count)
    times: list[list[float]] = [[] for _ in asked]
    while len(times[0]) < repeats or (
        len(times[0]) < 10 * repeats and sum(map(sum, times)) < FAST_S * repeats / REPEATS
    ):
        for own, (client, query) in zip(times, asked, strict=True):
            own.append(client.ask(query)[0])
    return PageLine(
        asked[0][1].title,
        asked[0][1].judged,
        [
            PageTimes(client.shop.count, total, first_s, median(own))
            for (client, _), total, first_s, own in zip(asked, totals, firsts, times, strict=True)
        ],
    )


async def _prepare(url: str, clock: Clock) -> str:
    engine = engine_for(url)
    try:
        await migrate(engine, clock)
    finally:
        await engine.close()
    async with open_ledger(url, clock=clock) as ledger:
        token = await integration.create(ledger, name="bench", dialect="adobe", grant=Grant("administrator"))
    assert isinstance(token, str), token
    return token


def _fill(engine: str, url: str, shop: Shop, begin: Callable[[str], None]) -> None:
    def written(orders: int) -> None:
        begin(f"lists: filling a shop of {shop.count:,} orders, {orders:,} written")

    if engine == SQLITE:
        fill_sqlite(Path(url.removeprefix("sqlite:///")), shop, written=written)
    else:
        fill_postgres(url, shop, written=written)


@contextmanager
def _databases(
    engine: str, count: int, uri: str | None, directory: Path, clock: Clock
) -> Iterator[list[str]]:
    """Give the URLs of so many new databases."""
    if engine == SQLITE:
        yield [f"sqlite:///{directory}/lists-{number}.db" for number in range(count)]
        return
    with ExitStack() as stack:
        if uri is None:
            binaries = find_binaries()
            if binaries is None:
                raise CannotMeasure("There is no PostgreSQL server here.")
            uri = stack.enter_context(own_server(binaries, clock, directory=directory))
        names = [f"counterfoil_bench_{clock.unique_id()[:12]}" for _ in range(count)]
        yield [stack.enter_context(own_database(uri, name)) for name in names]
