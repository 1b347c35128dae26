"""Finds orders for VTEX's lists, such that a page costs about the same however many orders there are.

Each condition that an index serves is tried for how few orders it leaves. If these are few, they are all
looked at: then the total, the figures and any sort come from what was read. If every condition leaves many
(more than `COUNTED`), the list is walked through in the order wanted, which soon fills a page; its total is
counted and remembered for a moment, like those of other searches (`counterfoil.storage.totals`).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from counterfoil.domain import order_name, terms
from counterfoil.domain.documents import INVOICE_CANCELED
from counterfoil.ledger.listing import COUNTED, By, Figures, Listed, Listing, Papers
from counterfoil.storage.listing_ways import UNITS, VALUE, Way, condition, ways
from counterfoil.storage.rows import PACKAGE, Row, package
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, marks
from counterfoil.storage.totals import Totals, name_of

_COLUMNS: Final = f"o.entity_id, o.created_at, {VALUE}, {UNITS}, o.flow, o.currency"
_NAME: Final = ", o.particulars -> 'order_form' ->> 'orderId'"
_MOST_TRIED: Final = 6

_WIDE: Final = 100_000
"""Ways are compared up to so many orders: counting these takes an index two milliseconds."""

_WALKED: Final = {
    By.NAME: terms.ORDER_ID,
    By.TOTAL: terms.TOTAL,
    By.UNITS: terms.UNITS,
    By.ORIGIN: terms.ORIGIN,
}
"""The terms in whose order a list is walked through."""

_KEYS: Final[dict[By, Callable[[Row], Any]]] = {
    By.CREATED: lambda row: (row[1], row[0]),
    By.NAME: lambda row: (terms.folded(row[6] or order_name.derived(row[0])), row[1], row[0]),
    By.TOTAL: lambda row: (max(row[2], 0), row[1], row[0]),
    By.UNITS: lambda row: (max(row[3], 0), row[1], row[0]),
    By.ORIGIN: lambda row: (terms.origin(row[4]), row[1], row[0]),
}


@dataclass(frozen=True, slots=True)
class _Best:
    """The way over the fewest orders, and the one to walk by; the same if the first leaves ``few``."""

    shortest: Way
    ordered: Way
    few: bool


class OrderLists:
    """Finds pages of orders within one transaction."""

    def __init__(self, session: Session, totals: Totals) -> None:
        """Read through ``session``; ``totals`` are those that were remembered."""
        self._session = session
        self._totals = totals
        self._on_sqlite = session.schema is SQLITE

    async def find(self, wanted: Listing) -> Listed:
        """Return a page."""
        best = await self._best(wanted)
        found = await self._newest(wanted, best.ordered, few=best.few)
        figures = Figures(*list(zip(*found[:COUNTED], strict=True))[2:6])
        if len(found) <= COUNTED:
            found.sort(key=_KEYS[wanted.by], reverse=wanted.descending)
            page = found[wanted.offset : wanted.offset + wanted.limit]
            return Listed(tuple(row[0] for row in page), len(found), figures)
        total = await self._total(wanted, best.shortest)
        if wanted.by is By.CREATED and wanted.descending and wanted.offset + wanted.limit <= len(found):
            page = found[wanted.offset : wanted.offset + wanted.limit]
        else:
            page = await self._walked(wanted, best.ordered)
        return Listed(tuple(row[0] for row in page), total, figures)

    async def _newest(self, wanted: Listing, way: Way, *, few: bool) -> list[Row]:
        """Return all that is found in no particular order, or if that is much, what is newest of it."""
        name = _NAME if wanted.by is By.NAME else ""
        where, parameters = self._where(wanted, way)
        order = "" if few else f" ORDER BY {way.order('DESC')}"
        return await self._session.long_rows(
            f"SELECT {_COLUMNS}{name} FROM {way.source} WHERE {where}{order} LIMIT {COUNTED + 1}", parameters
        )

    async def _best(self, wanted: Listing) -> _Best:
        """Find out which ways are the shortest."""
        found = ways(wanted, self._session.schema)
        tried = [way for way in found if way.probe][:_MOST_TRIED]
        most = max(_WIDE, COUNTED) if len(tried) > 1 else COUNTED
        counted: list[tuple[int, Way]] = []
        for way in tried:
            few = f"SELECT COUNT(*) FROM ({way.probe} LIMIT {most + 1}) AS few"
            [(count,)] = await self._session.long_rows(few, way.parameters)
            counted.append((count, way))
        counted.sort(key=itemgetter(0))
        if counted and counted[0][0] <= COUNTED:
            return _Best(counted[0][1], counted[0][1], few=True)
        ordered = next((way for count, way in counted if way.ordered and count <= most), None)
        ordered = ordered or next(way for way in found if way.ordered)
        return _Best(counted[0][1] if counted else ordered, ordered, few=False)

    async def _total(self, wanted: Listing, way: Way) -> int:
        """Return how many orders there are, perhaps as it was a moment ago."""
        where, parameters = self._where(wanted, None)
        name = name_of("list of orders", where, parameters)
        now_s = asyncio.get_running_loop().time()
        known = self._totals.recall(name, now_s)
        if known is not None:
            return known
        if way.covers == len(wanted.conditions) and way.probe and not way.repeats:
            count, parameters = way.probe, list(way.parameters)
        else:
            where, parameters = self._where(wanted, way)
            count = f"SELECT 1 FROM {way.source} WHERE {where}"
        count = f"SELECT COUNT(*) FROM ({count}) AS found"
        [(total,)] = await self._session.long_rows(count, parameters)
        self._totals.remember(name, int(total), now_s)
        return int(total)

    async def _walked(self, wanted: Listing, way: Way) -> list[Row]:
        """Return a page of a list of many, by going through it in its order."""
        direction = "DESC" if wanted.descending else "ASC"
        limit = f"LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}"
        if wanted.by is By.CREATED:
            where, parameters = self._where(wanted, way)
            return await self._session.long_rows(
                f"SELECT o.entity_id FROM {way.source} WHERE {where} ORDER BY {way.order(direction)} {limit}",
                parameters,
            )
        name = _WALKED[wanted.by]
        where, parameters = self._where(wanted, None)
        order = ", ".join(f"w.{column} {direction}" for column in ("term", "created_at", "order_id"))
        return await self._session.long_rows(
            "SELECT o.entity_id FROM order_term w CROSS JOIN orders o WHERE w.term >= ? AND w.term < ? "
            f"AND o.entity_id = w.order_id AND {where} ORDER BY {order} {limit}",
            [f"{name}:", f"{name};", *parameters],
        )

    def _where(self, wanted: Listing, way: Way | None) -> tuple[str, list[Any]]:
        """Return what orders have to meet, without what comes with the way to them."""
        texts: list[str] = []
        parameters: list[Any] = []
        if way is not None and way.where:
            texts.append(way.where)
            parameters += way.parameters
        for one in wanted.conditions:
            if way is None or one not in way.met:
                text, values = condition(one)
                texts.append(text)
                parameters += values
        return " AND ".join(texts) or "1 = 1", parameters


async def papers(session: Session, order_ids: Sequence[int]) -> dict[int, Papers]:
    """Return the numbers of invoices and returns by order: the client's own, where it has given any."""
    if not order_ids:
        return {}
    ids = marks(len(order_ids))
    bodies = f"SELECT order_id, body FROM attachment WHERE order_id IN ({ids}) AND kind = ?"
    packages = [(row[0], package(row[1])) for row in await session.rows(bodies, (*order_ids, PACKAGE))]
    invoices = await _numbers(session, "invoice", f"AND state <> {INVOICE_CANCELED}", order_ids)
    returns = await _numbers(session, "creditmemo", "", order_ids)
    delivered: Counter[int] = Counter()
    for order_id, found in packages:
        numbers, document = (
            (invoices, found.invoice_id) if found.invoice_id else (returns, found.creditmemo_id)
        )
        if document in numbers[order_id]:
            numbers[order_id][document] = found.number
        if found.invoice_id and found.courier_status and found.courier_status.finished:
            delivered[order_id] += 1
    return {
        order_id: Papers(
            tuple(invoices[order_id].values()), tuple(returns[order_id].values()), delivered[order_id]
        )
        for order_id in order_ids
    }


async def _numbers(
    session: Session, table: str, standing: str, order_ids: Sequence[int]
) -> dict[int, dict[int | None, str]]:
    """Return the printed numbers of documents by order and id, in the order of the ids."""
    found: dict[int, dict[int | None, str]] = {order_id: {} for order_id in order_ids}
    text = (
        f"SELECT order_id, entity_id, increment_id FROM {table} WHERE order_id IN ({marks(len(order_ids))})"
    )
    for order_id, document, number in await session.rows(f"{text} {standing} ORDER BY entity_id", order_ids):
        found[order_id][document] = number
    return found
