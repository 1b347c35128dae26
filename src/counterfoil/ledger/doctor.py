"""The doctor: checks every promise about every order against the stored books.

For each order it replays the journal (promise 10), compares with the stored rows, and checks the
promises against rows and documents; then it looks for holes in the number series (promise 8). It
reads in consistent steps and may run beside a live server.
"""

from collections.abc import AsyncIterator, Iterator

from msgspec import Struct, json

from counterfoil.domain import decider, invariants
from counterfoil.domain.decider import Event
from counterfoil.domain.numbering import number_series, printed
from counterfoil.domain.order import Invoice, Order
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.ports import JournalEntry, Reader

_ORDERS_AT_ONCE = 100
_ENTRIES_AT_ONCE = 1000
_NUMBERS_AT_ONCE = 5000
_decode_event = json.Decoder(Event).decode


class Finding(Struct, frozen=True):
    """One broken promise. ``order_id`` is None for findings about a number series."""

    order_id: int | None
    problem: str


class Checked(Struct, frozen=True):
    """Progress: this many more orders were looked at."""

    orders: int


async def examine(ledger: Ledger) -> AsyncIterator[Finding | Checked]:
    """Walk over all books and yield findings, and progress in between."""
    after_id = 0
    while True:
        async with ledger.reading() as reader:
            order_ids = await reader.order_ids(after_id=after_id, limit=_ORDERS_AT_ONCE)
        for order_id in order_ids:
            async with ledger.reading() as reader:
                for problem in await _examine_order(reader, order_id):
                    yield Finding(order_id, problem)
        if not order_ids:
            break
        after_id = order_ids[-1]
        yield Checked(len(order_ids))
    for document in ("order", "invoice"):
        async with ledger.reading() as reader:
            for problem in await _examine_numbers(reader, document):
                yield Finding(None, problem)


async def _examine_order(reader: Reader, order_id: int) -> list[str]:
    stored = await reader.order(order_id)
    if stored is None:
        return []
    invoices = await reader.invoices_of(order_id)
    problems = list(invariants.broken_book(stored, invoices))
    entries = await _journal(reader, order_id)
    sequence = [entry.seq for entry in entries]
    if sequence != list(range(1, stored.version + 1)):
        problems.append(f"the journal has {len(sequence)} entries, the order is at version {stored.version}")
        return problems
    try:
        replayed, documents = decider.replay(_decode_event(entry.body) for entry in entries)
    except (AssertionError, KeyError, ValueError) as error:
        return [*problems, f"the journal cannot be replayed: {error!r}"]
    assert replayed is not None
    problems.extend(_differences(stored, replayed))
    problems.extend(_document_differences(invoices, documents))
    return problems


async def _journal(reader: Reader, order_id: int) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    while True:
        after_seq = entries[-1].seq if entries else 0
        more = await reader.journal(order_id, after_seq=after_seq, limit=_ENTRIES_AT_ONCE)
        if not more:
            return entries
        entries.extend(more)


def _differences(stored: Order, replayed: Order) -> Iterator[str]:
    for name in Order.__struct_fields__:
        if name != "items" and getattr(stored, name) != getattr(replayed, name):
            yield f"{name} is {getattr(stored, name)}, the journal says {getattr(replayed, name)}"
    for item_id in sorted(stored.items.keys() | replayed.items.keys()):
        if stored.items.get(item_id) != replayed.items.get(item_id):
            yield f"item {item_id} is not what the journal says"


def _document_differences(stored: list[Invoice], replayed: dict[int, Invoice]) -> Iterator[str]:
    by_id = {invoice.entity_id: invoice for invoice in stored}
    for invoice_id in sorted(by_id.keys() | replayed.keys()):
        if by_id.get(invoice_id) != replayed.get(invoice_id):
            yield f"invoice {invoice_id} is not what the journal says"


async def _examine_numbers(reader: Reader, document: str) -> list[str]:
    """Compare the numbers in use with 1, 2, 3 … up to the series' next value, store by store."""
    used: dict[int, set[str]] = {}
    after = ""
    while numbers := await reader.document_numbers(document, after=after, limit=_NUMBERS_AT_ONCE):
        for store_id, number in numbers:
            used.setdefault(store_id, set()).add(number)
        after = numbers[-1][1]
    series = await reader.series()
    of_document = f"{document}/"
    for name in series:
        if name.startswith(of_document):
            used.setdefault(int(name.removeprefix(of_document)), set())
    problems = []
    for store_id, found in sorted(used.items()):
        next_value = series.get(number_series(document, store_id), 1)
        missing = {printed(value, store_id) for value in range(1, next_value)} - found
        if missing:
            problems.append(
                f"{document} numbers of store {store_id}: {len(missing)} missing, first {min(missing)}"
            )
        if len(found) != next_value - 1 and not missing:
            problems.append(
                f"{document} numbers of store {store_id}: {len(found)} used, series is at {next_value}"
            )
    return problems
