"""The doctor: checks every promise about every order against the stored books.

It walks over the orders (`doctor_order`) and the rows that belong to none, then looks at what only
shows over all of them: idempotency keys (`doctor_keys`), numbers and ids (`doctor_numbers`), and the
unique indexes. It reads in consistent steps and may run beside a live server. Books that cannot be
read are a finding like any other; only faults of the machine are raised.
"""

from collections.abc import AsyncIterator, Iterator

from msgspec import Struct

from counterfoil.ledger.doctor_keys import Wishes
from counterfoil.ledger.doctor_numbers import examine_numbers, ids_given_again
from counterfoil.ledger.doctor_order import DAMAGE, Examined, examine_order
from counterfoil.ledger.ledger import Ledger

_ORDERS_AT_ONCE = 100
_STRAYS_AT_ONCE = 1000
_LOWEST_ID = -(2**63)
_HIGHEST_ID = 2**63 - 1


class Finding(Struct, frozen=True):
    """One broken promise. ``order_id`` is None for findings about the books as a whole."""

    order_id: int | None
    problem: str


class Checked(Struct, frozen=True):
    """Progress: this many more orders were looked at."""

    orders: int


async def examine(ledger: Ledger) -> AsyncIterator[Finding | Checked]:
    """Walk over all books and yield findings, and progress in between."""
    wishes = Wishes()
    highest: dict[str, int] = {}
    after_id = _LOWEST_ID
    while True:
        async with ledger.reading() as reader:
            order_ids = await reader.order_ids(after_id=after_id, limit=_ORDERS_AT_ONCE)
        for order_id in order_ids:
            async with ledger.reading() as reader:
                examined = await examine_order(reader, order_id)
            for finding in _take(examined, order_id, wishes, highest):
                yield finding
        up_to_id = order_ids[-1] if order_ids else _HIGHEST_ID
        async for finding in _strays(ledger, after_id, up_to_id):
            yield finding
        if not order_ids:
            break
        after_id = up_to_id
        yield Checked(len(order_ids))
        if wishes.are_many:
            async for order, problem in wishes.settle(ledger):
                yield Finding(order, problem)
    async for order, problem in wishes.settle(ledger, look_at_all=True):
        yield Finding(order, problem)
    async for finding in _whole(ledger, highest):
        yield finding


def _take(examined: Examined, order_id: int, wishes: Wishes, highest: dict[str, int]) -> Iterator[Finding]:
    """Yield an order's findings, and keep what is compared with the books as a whole later."""
    for problem in examined.problems:
        yield Finding(order_id, problem)
    for entry_key, effect in examined.wishes:
        wishes.add(entry_key, effect)
    for series, value in examined.ids.items():
        highest[series] = max(value, highest.get(series, 0))


async def _strays(ledger: Ledger, after_id: int, up_to_id: int) -> AsyncIterator[Finding]:
    while True:
        async with ledger.reading() as reader:
            strays = await reader.inspection.strays(
                after_id=after_id, up_to_id=up_to_id, limit=_STRAYS_AT_ONCE
            )
        for stray in strays:
            yield Finding(stray.order_id, stray.problem)
        if len(strays) < _STRAYS_AT_ONCE:
            return
        after_id = strays[-1].order_id


async def _whole(ledger: Ledger, highest: dict[str, int]) -> AsyncIterator[Finding]:
    """Look at numbers, ids and indexes. Later than at the orders, so that no series looks behind."""
    for document in ("order", "invoice", "shipment", "creditmemo"):
        async with ledger.reading() as reader:
            try:
                problems = await examine_numbers(reader, document)
            except DAMAGE as error:
                problems = [f"{document} numbers make no sense: {error!r}"]
        for problem in problems:
            yield Finding(None, problem)
    async with ledger.reading() as reader:
        series = await reader.series()
        missing = await reader.inspection.missing_indexes()
    for problem in ids_given_again(highest, series):
        yield Finding(None, problem)
    for index in missing:
        yield Finding(None, f"the unique index {index} is missing")
