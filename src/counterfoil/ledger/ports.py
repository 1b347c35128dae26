"""What a storage engine must offer. Engines implement these protocols and add no rules of their own.

All methods of a transaction see what the transaction itself has written. Faults are the only
exceptions an engine lets out.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from counterfoil.domain.attachments import Change
from counterfoil.domain.decision import Scope
from counterfoil.domain.documents import (
    Comment,
    CreditMemo,
    Invoice,
    PaymentOperation,
    Shipment,
    StatusComment,
    Track,
)
from counterfoil.domain.gateway import PaymentTransaction
from counterfoil.domain.order import Order, OrderItem, OrderParticulars
from counterfoil.domain.terms import TermChange
from counterfoil.ledger.inspection import Inspection, StoredKey
from counterfoil.ledger.listing import Listed, Listing, Papers
from counterfoil.ledger.notices import Notices, OutboxEntry, WritableNotices
from counterfoil.ledger.searching import Page, Search
from counterfoil.ledger.tasks import Task, Tasks, WritableTasks


class KeyName(Protocol):
    """An idempotency key to look up."""

    @property
    def scope(self) -> str: ...

    @property
    def key(self) -> str: ...


class JournalEntry(Struct, frozen=True):
    """One event of one order. ``seq`` is the order's version after it; ``body`` is the event as JSON.

    ``command_id`` is the same for all entries of one transaction.
    """

    order_id: int
    seq: int
    kind: str
    at: str
    actor: str
    channel: str
    idempotency_key: str | None
    command_id: str
    body: str


class StockLevel(Struct, frozen=True):
    """How many units of a product there are and how many are promised to orders. Scaled quantities."""

    product_id: int
    qty: int
    reserved: int
    is_in_stock: bool
    manage_stock: bool
    backorders: bool
    is_qty_decimal: bool
    min_qty: int
    min_sale_qty: int
    max_sale_qty: int


class Loaded(Struct):
    """What a batch asked for: the orders that exist and are now locked, and those others hold.

    ``orders`` have what their scope named; ``stock`` is locked separately. An id in neither collection
    does not exist. ``series`` has the next value of each series that was asked for, now locked.
    ``listened`` tells whether a feed or a hook is configured.
    """

    orders: dict[int, Order]
    held_by_others: frozenset[int]
    keys: dict[tuple[str, str], StoredKey]
    series: dict[str, int]
    stock: dict[int, StockLevel] = {}
    listened: bool = False


class NewComment(Struct, frozen=True):
    """A remark on a document: an ``invoice``, a ``shipment`` or a ``creditmemo``."""

    document: str
    order_id: int
    document_id: int
    comment: Comment


class Writes(Struct):
    """Everything one transaction writes to the books. Derived from evolved events only.

    Orders come with the version that they were loaded at. On those in ``invoiced``, and on the rows in
    ``invoiced_items``, nothing has changed but what invoices change; on those in ``changed`` and in
    ``items`` anything may have; ``new_items`` came to orders that were there. ``mailed`` has a document, its
    id and when a message about it has gone out. ``attachments`` are (order id, kind, name, JSON).
    """

    placed: list[Order] = []
    invoiced: list[tuple[int, Order]] = []
    invoiced_items: list[tuple[int, OrderItem]] = []
    changed: list[tuple[int, Order]] = []
    items: list[tuple[int, OrderItem]] = []
    new_items: list[tuple[Order, OrderItem]] = []
    particulars: list[tuple[int, OrderParticulars]] = []
    attachments: list[tuple[int, str, str, str]] = []
    terms: list[TermChange] = []
    outbox: list[OutboxEntry] = []
    invoices: list[Invoice] = []
    changed_invoices: list[Invoice] = []
    shipments: list[Shipment] = []
    creditmemos: list[CreditMemo] = []
    payments: list[PaymentOperation] = []
    comments: list[NewComment] = []
    status_comments: list[tuple[int, StatusComment]] = []
    tracks: list[tuple[int, int, Track]] = []
    removed_tracks: list[tuple[int, int, int]] = []
    journal: list[JournalEntry] = []
    keys: list[StoredKey] = []
    series: dict[str, int] = {}
    tasks: list[Task] = []
    mailed: list[tuple[str, int, str]] = []


class Record(Struct, frozen=True):
    """A document that is not an order: a product, a cart, a customer, a user, a tax rule.

    ``name`` is unique within ``kind`` (a sku, a mask, an e-mail address) or None; ``owner`` groups
    records (the customer of a cart). ``version`` counts writes. ``body`` is JSON.
    """

    kind: str
    id: int
    name: str | None
    owner: str | None
    version: int
    body: bytes


class Records(Protocol):
    """Documents that are not orders."""

    async def get(self, kind: str, record_id: int, *, lock: bool = False) -> Record | None:
        """Return the record, locked until the end of the transaction if ``lock``."""

    async def named(self, kind: str, name: str, *, lock: bool = False) -> Record | None:
        """Return the record of that unique name."""

    async def many(self, kind: str, ids: Sequence[int], *, lock: bool = False) -> dict[int, Record]:
        """Return the records that exist, by id. Locks are taken in ascending id order."""

    async def owned(self, kind: str, owner: str, *, limit: int = 1000) -> list[Record]:
        """Return the records of one owner in id order."""

    async def search(self, kind: str, fields: Mapping[str, str], wanted: Search) -> tuple[list[Record], int]:
        """Return one page of records and the total count.

        ``fields`` maps searchable names to ``id``, ``name``, ``owner`` or a path into the body with the
        type behind a colon: ``price:number``, ``status:number``, ``created_at:text``.
        """


class WritableRecords(Records, Protocol):
    """Documents that are not orders, within a writing transaction."""

    async def insert(
        self, kind: str, body: bytes, *, name: str | None = None, owner: str | None = None
    ) -> int:
        """Store a new record and return its id, counted up from 1 per kind. Raises `NameTaken`."""

    async def update(self, record: Record) -> None:
        """Write body, name and owner; raise `Conflict` if the stored version is not the record's."""

    async def delete(self, kind: str, record_id: int) -> None:
        """Remove the record if it is there."""


class NameTaken(Exception):
    """A record of this kind and name exists already."""


class Reader(Protocol):
    """A consistent look at what is committed (within a transaction: and at its own writes)."""

    @property
    def records(self) -> Records: ...

    @property
    def inspection(self) -> Inspection: ...

    @property
    def tasks(self) -> Tasks: ...

    @property
    def notices(self) -> Notices: ...

    async def stock(self, product_ids: Sequence[int]) -> dict[int, StockLevel]:
        """Return the stock levels that exist."""

    async def order(self, order_id: int) -> Order | None:
        """Return the order with all rows and particulars."""

    async def orders(self, order_ids: Sequence[int]) -> list[Order]:
        """Return whole orders in the order of the ids given; unknown ids are left out."""

    async def order_of(self, document: str, document_id: int) -> int | None:
        """Return the order of an ``invoice``, ``shipment``, ``creditmemo``, ``order_item`` or ``track``."""

    async def orders_of(self, document: str, document_ids: Sequence[int]) -> dict[int, int]:
        """Return the ids of the orders that ``invoice`` or ``order_item`` documents belong to, by theirs."""

    async def invoices(self, invoice_ids: Sequence[int]) -> list[Invoice]:
        """Return whole invoices in the order of the ids given; unknown ids are left out."""

    async def invoices_of(self, order_id: int) -> list[Invoice]:
        """Return all invoices of one order in id order."""

    async def shipments(self, shipment_ids: Sequence[int]) -> list[Shipment]:
        """Return whole shipments in the order of the ids given; unknown ids are left out."""

    async def shipments_of(self, order_id: int) -> list[Shipment]:
        """Return all shipments of one order in id order."""

    async def creditmemos(self, creditmemo_ids: Sequence[int]) -> list[CreditMemo]:
        """Return whole credit memos in the order of the ids given; unknown ids are left out."""

    async def creditmemos_of(self, order_id: int) -> list[CreditMemo]:
        """Return all credit memos of one order in id order."""

    async def mailed(self, document: str, ids: Sequence[int]) -> set[int]:
        """Return those of the documents (of `Writes.mailed`) about which the customer was sent a message."""

    async def payments_of(self, order_id: int) -> list[PaymentOperation]:
        """Return all payment operations of one order in their order."""

    async def transactions_below(self, transaction_ids: Sequence[int]) -> list[PaymentTransaction]:
        """Return all transactions of the orders of those given, by id."""

    async def with_attachments(self, order: Order) -> Order:
        """Return the order with all its packages and Changes."""

    async def change(self, order_id: int, request_id: str) -> Change | None:
        """Return one Change of an order."""

    async def listened(self) -> bool:
        """Tell whether a feed or a hook is configured."""

    async def printed(self, asked: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Return those of (order, number) under which an invoice or a credit memo of the order is printed."""

    async def in_flight(self, order_ids: Sequence[int]) -> set[int]:
        """Return those of the orders that have a Change in flight."""

    async def payment_of(self, order_id: int) -> tuple[str, str] | None:
        """Return an order's payment method and currency."""

    async def transactions(self, transaction_ids: Sequence[int]) -> list[PaymentTransaction]:
        """Return what gateways have done, in the order of the ids given; unknown ids are left out."""

    async def customers_of(self, order_ids: Sequence[int]) -> dict[int, int | None]:
        """Return the customer ids of orders, None for guests'."""

    async def weights_of(self, item_ids: Sequence[int]) -> dict[int, int | None]:
        """Return the scaled weight of one unit of each of the order rows."""

    async def listed(self, wanted: Listing) -> Listed:
        """Return a page of VTEX's list of orders."""

    async def papers(self, order_ids: Sequence[int]) -> dict[int, Papers]:
        """Return the numbers of the invoices and returns of each order."""

    async def search(self, document: str, wanted: Search) -> Page:
        """Find ids of documents. Raises `UnknownField`, `InvalidCondition`.

        Documents are ``order``, ``order_item``, ``invoice``, ``shipment``, ``creditmemo``,
        ``order_comment`` and ``payment_transaction``.
        """

    async def comments(self, document: str, document_id: int) -> list[Comment]:
        """Return the remarks on an ``invoice``, a ``shipment`` or a ``creditmemo``, oldest first."""

    async def journal(self, order_id: int, *, after_seq: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Return events of an order in their order."""

    async def order_ids(self, *, after_id: int = 0, limit: int = 500) -> list[int]:
        """Return ids of orders in ascending order, for walks over all of them."""

    async def document_numbers(
        self, document: str, *, after: tuple[str, int] = ("", 0), limit: int = 5000
    ) -> list[tuple[int, str]]:
        """Return (store id, printed number) of ``order``s, ``invoice``s, ``shipment``s or ``creditmemo``s.

        They ascend by number, then by store; ``after`` is the last (number, store id) of the page before.
        """

    async def series(self) -> dict[str, int]:
        """Return the next value of every series."""


class Transaction(Reader, Protocol):
    """One transaction that may write. Rolled back unless `commit` returns."""

    wrote_tasks: bool
    """Whether tasks are among what was written, so that somebody has to be told after the commit."""

    wrote_outbox: bool
    """Whether feeds and hooks have to be told of something that was written."""

    @property
    def records(self) -> WritableRecords: ...

    @property
    def tasks(self) -> WritableTasks: ...

    @property
    def notices(self) -> WritableNotices: ...

    async def load(
        self, scopes: Mapping[int, Scope], keys: Sequence[KeyName], *, series: Sequence[str] = (), wait: bool
    ) -> Loaded:
        """Lock the orders in id order, load them, look up the keys, then lock the series in name order.

        With ``wait`` false, an order that another transaction holds is reported and not waited for.
        """

    async def lock_series(self, names: Sequence[str]) -> dict[str, int]:
        """Lock series in name order and return their next values (1 for a new one)."""

    async def lock_stock(self, product_ids: Sequence[int]) -> dict[int, StockLevel]:
        """Lock and return stock levels, in ascending id order."""

    async def write_stock(self, levels: Sequence[StockLevel]) -> None:
        """Insert or replace stock levels."""

    async def claim_nonces(self, expiries: Mapping[str, int]) -> set[str]:
        """Store nonces, up to 100, by digest, with the second since 1970 at which they may be forgotten.

        Returns those that were not stored before.
        """

    async def forget_nonces(self, now: int, *, limit: int) -> None:
        """Remove up to ``limit`` nonces that have expired at ``now``."""

    async def write(self, writes: Writes) -> None:
        """Write to the books, now or at `commit`.

        Raises `Conflict`, now or then, if an order is not at the version it was loaded at.
        """

    async def commit(self) -> None:
        """Make everything durable. Raises `Unknown` if that cannot be told."""


class Engine(Protocol):
    """A database."""

    name: str

    async def open(self) -> None:
        """Connect, and check that the schema is this program's."""

    async def close(self) -> None:
        """Release everything."""

    def transaction(self, *, lasting: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Begin a writing transaction; leaving the block without `commit` rolls back.

        With ``lasting`` false the commit does not wait for the disk: the last ones may be undone, whole, when
        the machine stops, until something that lasts is committed.
        """

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """Begin a consistent read that waits for no writer."""

    async def committed(self, order_id: int, command_id: str) -> bool:
        """Tell whether a transaction of ours whose commit was interrupted took effect.

        Waits until the order is no longer held by the interrupted transaction.
        """
