"""Reads of the books, on any engine."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from counterfoil.domain.attachments import Change
from counterfoil.domain.decision import Scope
from counterfoil.domain.documents import (
    Comment,
    CreditMemo,
    Invoice,
    PaymentOperation,
    Shipment,
    StatusComment,
)
from counterfoil.domain.gateway import PaymentTransaction
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.listing import Listed, Listing, Papers
from counterfoil.ledger.ports import JournalEntry, StockLevel
from counterfoil.ledger.searching import Page, Search
from counterfoil.storage import counting, documents, finding, listing, paging, rows
from counterfoil.storage.columns import DOCUMENTS
from counterfoil.storage.documents import CREDITMEMOS, INVOICES, SHIPMENTS, in_parts
from counterfoil.storage.inspection import StoredInspection
from counterfoil.storage.notices import StoredNotices
from counterfoil.storage.records import StoredRecords
from counterfoil.storage.rows import (
    ITEM_COLUMNS,
    JOURNAL_COLUMNS,
    ORDER_COLUMNS,
    PAYMENT_COLUMNS,
    STATUS_COMMENT_COLUMNS,
    STOCK_COLUMNS,
)
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, Statement, marks
from counterfoil.storage.tasks import StoredTasks
from counterfoil.storage.totals import Totals

_STOCK = f"SELECT {', '.join(STOCK_COLUMNS)} FROM stock WHERE product_id IN ({{}}) ORDER BY product_id"
_OWNERS = {
    "invoice": "SELECT entity_id, order_id FROM invoice WHERE entity_id IN ({})",
    "shipment": "SELECT entity_id, order_id FROM shipment WHERE entity_id IN ({})",
    "creditmemo": "SELECT entity_id, order_id FROM creditmemo WHERE entity_id IN ({})",
    "track": "SELECT entity_id, order_id FROM shipment_track WHERE entity_id IN ({})",
    "order_item": "SELECT item_id, order_id FROM order_item WHERE item_id IN ({})",
}
_ORDER = "order"
_MAILED = "SELECT document_id FROM mail_sent WHERE document = ? AND document_id IN ({})"
_STATUS_COMMENTS = (
    f"SELECT order_id, {', '.join(STATUS_COMMENT_COLUMNS)} FROM order_comment "
    "WHERE order_id IN ({}) ORDER BY order_id, entity_id"
)
_PAYMENTS = f"SELECT {', '.join(PAYMENT_COLUMNS)} FROM payment_operation"
_TRANSACTIONS = (
    "SELECT transaction_id, order_id, kind, txn_id, parent_txn_id, parent_id, is_closed, created_at "
    "FROM payment_transaction WHERE {} ORDER BY transaction_id"
)
_OF_SAME_ORDER = "order_id IN (SELECT order_id FROM payment_transaction WHERE transaction_id IN ({}))"
_CUSTOMERS = (
    "SELECT entity_id, CAST(particulars ->> 'customer_id' AS BIGINT) FROM orders WHERE entity_id IN ({})"
)
_PAYMENT_OF = "SELECT particulars -> 'payment' ->> 'method', currency FROM orders WHERE entity_id = ?"
_ATTACHMENTS = "SELECT kind, name, body FROM attachment WHERE order_id = ? ORDER BY kind, name"
_ATTACHMENT = "SELECT kind, name, body FROM attachment WHERE order_id = ? AND kind = ? AND name = ?"
_PRINTED = (
    "SELECT order_id, increment_id FROM invoice WHERE increment_id IN ({0}) UNION ALL "
    "SELECT order_id, increment_id FROM creditmemo WHERE increment_id IN ({0})"
)
_IN_FLIGHT = "SELECT entity_id FROM orders WHERE entity_id IN ({}) AND open_change IS NOT NULL"
LISTENED = "SELECT CASE WHEN EXISTS (SELECT 1 FROM record WHERE kind IN ('feed', 'hook')) THEN 1 ELSE 0 END"
_WEIGHTS = "SELECT item_id, CAST(particulars ->> 'weight' AS BIGINT) FROM order_item WHERE item_id IN ({})"


class BookReader:
    """A consistent look at the books within one transaction."""

    def __init__(self, session: Session, totals: Totals | None = None) -> None:
        """Read through ``session``; ``totals`` are those that readers before have remembered."""
        self.session = session
        self._totals = totals or Totals()
        # Whoever shows an order asks next whether its message was sent; that costs no round trip then.
        self._asked: Sequence[int] = ()
        self._mailed: set[int] = set()
        self._records = StoredRecords(session)
        json = "particulars" if session.schema is SQLITE else "particulars::text"
        self._particulars = f"SELECT entity_id, {json} FROM orders WHERE entity_id IN ({{}})"
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
    def notices(self) -> StoredNotices:
        """What feeds and hooks are to be told."""
        return StoredNotices(self.session)

    @property
    def inspection(self) -> StoredInspection:
        """What the doctor looks at besides whole orders."""
        return StoredInspection(self.session)

    async def stock(self, product_ids: Sequence[int], *, lock: bool = False) -> dict[int, StockLevel]:
        """Return the stock levels that exist, locked until the end of the transaction if ``lock``."""
        statement = _STOCK + (self.session.for_update if lock else "")
        levels = {}
        for part in in_parts(sorted(set(product_ids))):
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
        for part in in_parts(order_ids):
            selection = marks(len(part))
            read = self.session.several if len(part) == 1 else self._one_by_one
            item_rows, remarks, heads, mailed = await read(
                [
                    (self._items.format(selection), part),
                    (_STATUS_COMMENTS.format(selection), part),
                    (self._orders.format(selection), part),
                    (_MAILED.format(selection), (_ORDER, *part)),
                ]
            )
            self._asked, self._mailed = part, {row[0] for row in mailed}
            items: defaultdict[int, dict[int, OrderItem]] = defaultdict(dict)
            for order_id, *row in item_rows:
                item = rows.order_item(tuple(row))
                items[order_id][item.item_id] = item
            comments: defaultdict[int, list[StatusComment]] = defaultdict(list)
            for order_id, *row in remarks:
                comments[order_id].append(rows.status_comment(tuple(row)))
            for head in heads:
                found[head[0]] = rows.order(head, items[head[0]], tuple(comments[head[0]]))
        return [found[order_id] for order_id in order_ids if order_id in found]

    async def order_of(self, document: str, document_id: int) -> int | None:
        """Return the id of the order that a document, an order row or a track belongs to."""
        return (await self.orders_of(document, [document_id])).get(document_id)

    async def orders_of(self, document: str, document_ids: Sequence[int]) -> dict[int, int]:
        """Return the ids of the orders that things of one kind belong to, by theirs; see `order_of`."""
        found: dict[int, int] = {}
        for part in in_parts(document_ids):
            statement = _OWNERS[document].format(marks(len(part)))
            found.update((row[0], row[1]) for row in await self.session.rows(statement, part))
        return found

    async def invoices(self, invoice_ids: Sequence[int]) -> list[Invoice]:
        """Return whole invoices in the order of the ids given; unknown ids are left out."""
        return await documents.by_id(self.session, INVOICES, invoice_ids)

    async def invoices_of(self, order_id: int) -> list[Invoice]:
        """Return all invoices of one order in id order."""
        return await documents.of_order(self.session, INVOICES, order_id)

    async def shipments(self, shipment_ids: Sequence[int]) -> list[Shipment]:
        """Return whole shipments in the order of the ids given; unknown ids are left out."""
        return await documents.by_id(self.session, SHIPMENTS, shipment_ids)

    async def shipments_of(self, order_id: int) -> list[Shipment]:
        """Return all shipments of one order in id order."""
        return await documents.of_order(self.session, SHIPMENTS, order_id)

    async def creditmemos(self, creditmemo_ids: Sequence[int]) -> list[CreditMemo]:
        """Return whole credit memos in the order of the ids given; unknown ids are left out."""
        return await documents.by_id(self.session, CREDITMEMOS, creditmemo_ids)

    async def creditmemos_of(self, order_id: int) -> list[CreditMemo]:
        """Return all credit memos of one order in id order."""
        return await documents.of_order(self.session, CREDITMEMOS, order_id)

    async def payments_of(self, order_id: int) -> list[PaymentOperation]:
        """Return all payment operations of one order in their order."""
        found = await self.session.rows(f"{_PAYMENTS} WHERE order_id = ? ORDER BY seq", (order_id,))
        return [rows.payment(row) for row in found]

    async def with_attachments(self, order: Order) -> Order:
        """Return the order with all its packages and Changes."""
        found = await self.session.rows(_ATTACHMENTS, (order.entity_id,))
        return rows.with_attachments(order, [(row[0], row[1], row[2]) for row in found])

    async def change(self, order_id: int, request_id: str) -> Change | None:
        """Return one Change of an order."""
        found = await self.session.rows(_ATTACHMENT, (order_id, rows.CHANGE, request_id))
        return rows.change(found[0][2]) if found else None

    async def listened(self) -> bool:
        """Tell whether a feed or a hook is configured, so that what happens has to be kept for it."""
        return bool((await self.session.rows(LISTENED, ()))[0][0])

    async def printed(self, asked: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Return those of (order, number) under which an invoice or a credit memo of the order is printed."""
        found: set[tuple[int, str]] = set()
        for numbers in in_parts(sorted({number for _, number in asked})):
            statement = _PRINTED.format(marks(len(numbers)))
            found.update((row[0], row[1]) for row in await self.session.rows(statement, (*numbers, *numbers)))
        return found.intersection(asked)

    async def in_flight(self, order_ids: Sequence[int]) -> set[int]:
        """Return those of the orders that have a Change in flight."""
        found: set[int] = set()
        for part in in_parts(order_ids):
            statement = _IN_FLIGHT.format(marks(len(part)))
            found.update(row[0] for row in await self.session.rows(statement, part))
        return found

    async def payment_of(self, order_id: int) -> tuple[str, str] | None:
        """Return an order's payment method and currency."""
        found = await self.session.rows(_PAYMENT_OF, (order_id,))
        return (found[0][0], found[0][1]) if found else None

    async def transactions(self, transaction_ids: Sequence[int]) -> list[PaymentTransaction]:
        """Return what gateways have done, in the order of the ids given; unknown ids are left out."""
        found: dict[int, PaymentTransaction] = {}
        for part in in_parts(transaction_ids):
            named = _TRANSACTIONS.format(f"transaction_id IN ({marks(len(part))})")
            for row in await self.session.rows(named, part):
                found[row[0]] = PaymentTransaction(*row)
        return [found[one] for one in transaction_ids if one in found]

    async def transactions_below(self, transaction_ids: Sequence[int]) -> list[PaymentTransaction]:
        """Return all transactions of the orders of those given, by id."""
        found: list[PaymentTransaction] = []
        for part in in_parts(transaction_ids):
            same_order = _TRANSACTIONS.format(_OF_SAME_ORDER.format(marks(len(part))))
            found += [PaymentTransaction(*row) for row in await self.session.rows(same_order, part)]
        return found

    async def comments(self, document: str, document_id: int) -> list[Comment]:
        """Return the remarks on an invoice, a shipment or a credit memo, oldest first."""
        order_id = await self.order_of(document, document_id)
        if order_id is None:
            return []
        return await documents.comments(self.session, document, order_id, document_id)

    async def mailed(self, document: str, ids: Sequence[int]) -> set[int]:
        """Return those of the documents about which the customer was sent a message."""
        found: set[int] = set()
        for part in in_parts(ids):
            if (document, part) == (_ORDER, self._asked):
                found |= self._mailed
            else:
                statement = _MAILED.format(marks(len(part)))
                found.update(row[0] for row in await self.session.rows(statement, (document, *part)))
        return found

    async def customers_of(self, order_ids: Sequence[int]) -> dict[int, int | None]:
        """Return the customer ids of orders, None for guests'."""
        return await self._by_id(_CUSTOMERS, order_ids)

    async def weights_of(self, item_ids: Sequence[int]) -> dict[int, int | None]:
        """Return the scaled weight of one unit of each of the order rows."""
        return await self._by_id(_WEIGHTS, item_ids)

    async def add_rare(self, orders: dict[int, Order], scopes: Mapping[int, Scope]) -> None:
        """Add to loaded orders what few decisions ask for: particulars and named documents."""
        for order_id, loaded in orders.items():
            scope, order = scopes[order_id], loaded
            if scope.particulars:
                found = await self.session.rows(self._particulars.format("?"), (order_id,))
                order = replace(order, particulars=rows.particulars(found[0][1]))
            if scope.invoice_ids:
                invoices = await self.invoices(sorted(scope.invoice_ids))
                named = {one.entity_id: one for one in invoices if one.order_id == order_id}
                order = replace(order, invoices=named)
            if scope.shipment_ids:
                shipments = await self.shipments(sorted(scope.shipment_ids))
                sent = {one.entity_id: one for one in shipments if one.order_id == order_id}
                order = replace(order, shipments=sent)
            if scope.creditmemo_ids:
                memos = await self.creditmemos(sorted(scope.creditmemo_ids))
                given = {one.entity_id: one for one in memos if one.order_id == order_id}
                order = replace(order, creditmemos=given)
            if scope.all_invoices:
                invoices = await self.invoices_of(order_id)
                order = replace(order, invoices={one.entity_id: one for one in invoices})
            if scope.payments:
                found = await self.session.rows(
                    f"{_PAYMENTS} WHERE order_id = ? AND seq IN ({marks(len(scope.payments))})",
                    (order_id, *sorted(scope.payments)),
                )
                order = replace(order, payments={row[1]: rows.payment(row) for row in found})
            orders[order_id] = order

    async def search(self, document: str, wanted: Search) -> Page:
        """Find ids of documents. Raises `UnknownField`, `InvalidCondition`.

        A large total may be half a minute old (`counterfoil.storage.counting`); the page never is, and the
        total of the last page never is.
        """
        about = DOCUMENTS[document]
        finder = await finding.finder(self.session, about, wanted)
        counted = await counting.count(self.session, self._totals, about, wanted, finder=finder)
        if counted.total <= wanted.offset:
            return Page((), counted.total)
        found = await self.session.long_rows(
            *paging.page(about, wanted, counted.total, self.session.schema, finder=finder)
        )
        total = counted.total
        if found and len(found) != wanted.limit:
            total = wanted.offset + len(found)
        elif not found and not counted.exact:
            total = await counting.recount(self.session, self._totals, about, wanted)
        return Page(tuple(row[0] for row in found), total)

    async def listed(self, wanted: Listing) -> Listed:
        """Return a page of VTEX's list of orders. A large total may be half a minute old; nothing else is."""
        return await listing.OrderLists(self.session, self._totals).find(wanted)

    async def papers(self, order_ids: Sequence[int]) -> dict[int, Papers]:
        """Return the numbers of the invoices and returns of each order."""
        return await listing.papers(self.session, order_ids)

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
        """Return (store id, printed number) of documents of a kind, by number and store."""
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

    async def _by_id(self, statement: str, ids: Sequence[int]) -> dict[int, int | None]:
        found: dict[int, int | None] = {}
        for part in in_parts(sorted(set(ids))):
            found |= dict(await self.session.rows(statement.format(marks(len(part))), part))
        return found
