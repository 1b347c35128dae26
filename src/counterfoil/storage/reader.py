"""Reads of the books, on any engine."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from counterfoil.domain.order import Comment, Invoice, InvoiceItem, Order, OrderItem
from counterfoil.ledger.ports import JournalEntry, Page, Search, StockLevel
from counterfoil.storage import counting, finding, paging, rows
from counterfoil.storage.columns import DOCUMENTS
from counterfoil.storage.inspection import StoredInspection
from counterfoil.storage.records import StoredRecords
from counterfoil.storage.rows import (
    COMMENT_COLUMNS,
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_COLUMNS,
    JOURNAL_COLUMNS,
    ORDER_COLUMNS,
    STOCK_COLUMNS,
)
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, Statement, marks
from counterfoil.storage.tasks import StoredTasks
from counterfoil.storage.totals import Totals

_MOST_IDS = 500
T = TypeVar("T")
_STOCK = f"SELECT {', '.join(STOCK_COLUMNS)} FROM stock WHERE product_id IN ({{}}) ORDER BY product_id"
_OWNERS = {
    "invoice": "SELECT order_id FROM invoice WHERE entity_id = ?",
    "order_item": "SELECT order_id FROM order_item WHERE item_id = ?",
}
_INVOICE_ITEMS = (
    f"SELECT invoice_id, {', '.join(INVOICE_ITEM_COLUMNS)} FROM invoice_item "
    "WHERE order_id IN ({}) AND invoice_id IN ({}) ORDER BY invoice_id, entity_id"
)
_COMMENTS = (
    f"SELECT invoice_id, {', '.join(COMMENT_COLUMNS)} FROM invoice_comment "
    "WHERE order_id IN ({}) AND invoice_id IN ({}) ORDER BY invoice_id, entity_id"
)


class BookReader:
    """A consistent look at the books within one transaction."""

    def __init__(self, session: Session, totals: Totals | None = None) -> None:
        """Read through ``session``; ``totals`` are those that readers before have remembered."""
        self.session = session
        self._totals = totals or Totals()
        self._records = StoredRecords(session)
        json = "particulars" if session.schema is SQLITE else "particulars::text"
        self._orders = f"SELECT {', '.join(ORDER_COLUMNS)}, {json} FROM orders WHERE entity_id IN ({{}})"
        self._items = (
            f"SELECT order_id, {', '.join(ITEM_COLUMNS)}, {json} FROM order_item "
            "WHERE order_id IN ({}) ORDER BY order_id, item_id"
        )

    @property
    def records(self) -> StoredRecords:
        """Documents that are not orders."""
        return self._records

    @property
    def tasks(self) -> StoredTasks:
        """What has to happen later."""
        return StoredTasks(self.session)

    @property
    def inspection(self) -> StoredInspection:
        """What the doctor looks at besides whole orders."""
        return StoredInspection(self.session)

    async def stock(self, product_ids: Sequence[int], *, lock: bool = False) -> dict[int, StockLevel]:
        """Return the stock levels that exist, locked until the end of the transaction if ``lock``."""
        statement = _STOCK + (self.session.for_update if lock else "")
        levels = {}
        for part in _parts(sorted(set(product_ids))):
            for row in await self.session.rows(statement.format(marks(len(part))), part):
                level = rows.stock_level(row)
                levels[level.product_id] = level
        return levels

    async def order(self, order_id: int) -> Order | None:
        """Return the order with all rows and particulars."""
        found = await self.orders([order_id])
        return found[0] if found else None

    async def orders(self, order_ids: Sequence[int]) -> list[Order]:
        """Return whole orders in the order of the ids given; unknown ids are left out."""
        found: dict[int, Order] = {}
        for part in _parts(order_ids):
            selection = marks(len(part))
            read = self.session.several if len(part) == 1 else self._one_by_one
            item_rows, heads = await read(
                [(self._items.format(selection), part), (self._orders.format(selection), part)]
            )
            items: defaultdict[int, dict[int, OrderItem]] = defaultdict(dict)
            for order_id, *row in item_rows:
                item = rows.order_item(tuple(row))
                items[order_id][item.item_id] = item
            for head in heads:
                found[head[0]] = rows.order(head, items[head[0]])
        return [found[order_id] for order_id in order_ids if order_id in found]

    async def order_of(self, document: str, document_id: int) -> int | None:
        """Return the id of the order that an ``invoice`` or an ``order_item`` belongs to."""
        found = await self.session.rows(_OWNERS[document], (document_id,))
        return int(found[0][0]) if found else None

    async def invoices(self, invoice_ids: Sequence[int]) -> list[Invoice]:
        """Return whole invoices in the order of the ids given; unknown ids are left out."""
        found: dict[int, Invoice] = {}
        for part in _parts(invoice_ids):
            heads = await self.session.rows(
                f"SELECT {', '.join(INVOICE_COLUMNS)} FROM invoice WHERE entity_id IN ({marks(len(part))})",
                part,
            )
            found |= await self._whole(heads)
        return [found[invoice_id] for invoice_id in invoice_ids if invoice_id in found]

    async def invoices_of(self, order_id: int) -> list[Invoice]:
        """Return all invoices of one order in id order."""
        heads = await self.session.rows(
            f"SELECT {', '.join(INVOICE_COLUMNS)} FROM invoice WHERE order_id = ? ORDER BY entity_id",
            (order_id,),
        )
        found: dict[int, Invoice] = {}
        for part in _parts(heads):
            found |= await self._whole(part)
        return list(found.values())

    async def comments(self, invoice_id: int) -> list[Comment]:
        """Return the remarks on an invoice, oldest first."""
        order_id = await self.order_of("invoice", invoice_id)
        if order_id is None:
            return []
        found = await self.session.rows(_COMMENTS.format("?", "?"), (order_id, invoice_id))
        return [rows.comment(row[1:]) for row in found]

    async def search(self, document: str, wanted: Search) -> Page:
        """Find ``order``, ``order_item`` or ``invoice`` ids. Raises `UnknownField`, `InvalidCondition`.

        A large total may be half a minute old (`counterfoil.storage.counting`); the page never is, and the
        total of the last page never is.
        """
        about = DOCUMENTS[document]
        way = await finding.finder(self.session, about, wanted)
        counted = await counting.count(self.session, self._totals, about, wanted, way=way)
        if counted.total <= wanted.offset:
            return Page((), counted.total)
        found = await self.session.long_rows(
            *paging.page(about, wanted, counted.total, self.session.schema, way=way)
        )
        total = counted.total
        if found and len(found) != wanted.limit:
            total = wanted.offset + len(found)
        elif not found and not counted.exact:
            total = await counting.recount(self.session, self._totals, about, wanted)
        return Page(tuple(row[0] for row in found), total)

    async def journal(self, order_id: int, *, after_seq: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Return events of an order in their order."""
        found = await self.session.rows(
            f"SELECT {', '.join(JOURNAL_COLUMNS)} FROM journal "
            "WHERE order_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            (order_id, after_seq, limit),
        )
        return [rows.journal_entry(row) for row in found]

    async def order_ids(self, *, after_id: int = 0, limit: int = 500) -> list[int]:
        """Return ids of orders in ascending order, for walks over all of them."""
        found = await self.session.rows(
            "SELECT entity_id FROM orders WHERE entity_id > ? ORDER BY entity_id LIMIT ?", (after_id, limit)
        )
        return [row[0] for row in found]

    async def document_numbers(
        self, document: str, *, after: tuple[str, int] = ("", 0), limit: int = 5000
    ) -> list[tuple[int, str]]:
        """Return (store id, printed number) of ``order`` or ``invoice`` documents, by number and store."""
        found = await self.session.rows(
            f"SELECT store_id, increment_id FROM {DOCUMENTS[document].table} "
            "WHERE (increment_id, store_id) > (?, ?) ORDER BY increment_id, store_id LIMIT ?",
            (*after, limit),
        )
        return [(row[0], row[1]) for row in found]

    async def series(self) -> dict[str, int]:
        """Return the next value of every series."""
        return {row[0]: row[1] for row in await self.session.rows("SELECT name, next_value FROM series")}

    async def _one_by_one(self, statements: Sequence[Statement]) -> list[list[rows.Row]]:
        """Run statements whose text varies with the number of parameters, and is not worth preparing."""
        return [await self.session.rows(statement, parameters) for statement, parameters in statements]

    async def _whole(self, heads: Sequence[rows.Row]) -> dict[int, Invoice]:
        if not heads:
            return {}
        invoice_ids = [head[0] for head in heads]
        order_ids = sorted({head[1] for head in heads})
        ids = (*order_ids, *invoice_ids)
        selection = (marks(len(order_ids)), marks(len(invoice_ids)))
        items: defaultdict[int, list[InvoiceItem]] = defaultdict(list)
        for invoice_id, *row in await self.session.rows(_INVOICE_ITEMS.format(*selection), ids):
            items[invoice_id].append(InvoiceItem(*row))
        comments: defaultdict[int, list[Comment]] = defaultdict(list)
        for invoice_id, *row in await self.session.rows(_COMMENTS.format(*selection), ids):
            comments[invoice_id].append(rows.comment(tuple(row)))
        return {head[0]: rows.invoice(head, items[head[0]], comments[head[0]]) for head in heads}


def _parts(things: Sequence[T]) -> list[Sequence[T]]:
    return [things[start : start + _MOST_IDS] for start in range(0, len(things), _MOST_IDS)]
