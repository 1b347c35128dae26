"""A shop of years in minutes: orders with rows and invoices, written in bulk past the ledger.

For measuring reads only: there is no journal, so the doctor would object. Everything follows from the
order's place in the row, so two books of one size are the same.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import msgspec
import psycopg

from counterfoil.domain import terms, transitions
from counterfoil.domain.documents import INVOICE_PAID
from counterfoil.domain.money import SCALE
from counterfoil.domain.numbering import printed
from counterfoil.domain.order import Order
from counterfoil.lab.orders import draft
from counterfoil.storage import rows
from counterfoil.storage import terms as terms_table

YEARS = 3
"""The orders are spread evenly over so many years, whatever their number."""

_SPAN_S = YEARS * 365 * 86_400

LINES = (1, 3, 2)
"""Rows of the first order, the second …, over and over; two on average."""

BLOCK = 5_000
"""Orders that are written together."""

ORDERS_PER_CUSTOMER = 5

_COLUMNS = {
    "orders": (*rows.ORDER_COLUMNS, "particulars"),
    "order_term": terms_table.COLUMNS,
    "order_item": ("order_id", "top_item_id", *rows.ITEM_COLUMNS, "created_at", "particulars"),
    "invoice": rows.INVOICE_COLUMNS,
    "invoice_item": ("order_id", "invoice_id", *rows.INVOICE_ITEM_COLUMNS),
}

_OPEN = ("pending", "processing", "pending", "processing", "complete", "pending", "processing", "canceled")
"""Statuses of the last `_OPEN_SHARE` of the orders. What is older is done, but for a few that got stuck."""

_OPEN_SHARE = 50
_DONE = ("complete",) * 85 + ("canceled",) * 8 + ("closed",) * 5 + ("processing", "pending")
_STATE = {"pending": "new"}
_WORKFLOW = {
    "pending": "ready-for-handling",
    "processing": transitions.HANDLING,
    "complete": transitions.INVOICED,
    "closed": transitions.INVOICED,
    "canceled": transitions.CANCELED,
}
PAYMENTS = ("Visa", "Mastercard", "Pix", "Boleto")
"""Payments of the first order, the second …, as they come; all but the first are seldom."""
_INVOICED = frozenset({"complete", "closed", "processing"})
_FORMAT = "%Y-%m-%d %H:%M:%S"

Block = dict[str, list[tuple[Any, ...]]]
"""Rows by table."""

Write = Callable[[str, Sequence[str], list[tuple[Any, ...]]], None]
"""Takes a table, its columns and its new rows."""


class Shop:
    """What the books of one size hold. ``count`` is the number of orders, ids from 1 up."""

    def __init__(self, count: int, now: str) -> None:
        """Make a shop whose last order was placed at ``now`` (``YYYY-MM-DD HH:MM:SS``)."""
        self.count = count
        self.customers = max(count // ORDERS_PER_CUSTOMER, 1)
        self._end = datetime.fromisoformat(now)
        self._kinds = [draft(lines, units=5) for lines in LINES]

    def created_at(self, order_id: int) -> str:
        """Return when an order was placed."""
        return self._time(order_id).strftime(_FORMAT)

    def status(self, order_id: int) -> str:
        """Return an order's status: the newest are open, nearly all others are done."""
        if (self.count - order_id) * _OPEN_SHARE < self.count:
            return _OPEN[_mix(order_id) % len(_OPEN)]
        return _DONE[_mix(order_id) % len(_DONE)]

    def customer(self, order_id: int) -> int:
        """Return the number of an order's customer."""
        return _mix(order_id * 3) % self.customers + 1

    def typical_customer(self) -> int:
        """Return the number of a customer, not a guest, with `ORDERS_PER_CUSTOMER` orders."""
        counted = Counter(self.customer(order_id) for order_id in range(1, self.count + 1))
        return min(
            customer for customer, orders in counted.items() if orders == ORDERS_PER_CUSTOMER and customer % 3
        )

    @staticmethod
    def payment(order_id: int) -> str:
        """Return the name of an order's payment."""
        place = _mix(order_id * 11) % 1000
        return PAYMENTS[0 if place < 900 else 1 if place < 990 else 2 if place < 999 else 3]

    @staticmethod
    def email(customer: int) -> str:
        """Return a customer's address."""
        return f"customer{customer}@example.com"

    def blocks(self) -> Iterator[Block]:
        """Yield all rows, `BLOCK` orders at a time."""
        item_id = 1
        invoice_id = 1
        for first in range(1, self.count + 1, BLOCK):
            block: Block = {table: [] for table in _COLUMNS}
            for order_id in range(first, min(first + BLOCK, self.count + 1)):
                order = self._order(order_id, item_id)
                item_id += len(order.items)
                _add_order(block, order)
                if order.invoice_count:
                    _add_invoice(block, order, invoice_id)
                    invoice_id += 1
            yield block

    def _time(self, order_id: int) -> datetime:
        return self._end - timedelta(seconds=_SPAN_S * (self.count - order_id) // self.count)

    def _order(self, order_id: int, item_id: int) -> Order:
        kind = self._kinds[order_id % len(self._kinds)]
        status = self.status(order_id)
        customer = self.customer(order_id)
        created = self._time(order_id)
        changed = min(created + timedelta(minutes=_mix(order_id * 7) % 20_000), self._end)
        invoiced = status in _INVOICED
        factor = 1 + _mix(order_id * 5) % 9
        assert kind.particulars is not None
        return msgspec.structs.replace(
            kind,
            entity_id=order_id,
            version=2 if invoiced else 1,
            increment_id=printed(order_id, 1),
            state=_STATE.get(status, status),
            status=status,
            workflow_status=_WORKFLOW[status],
            authorized_at=created.strftime(_FORMAT),
            invoiced_at=changed.strftime(_FORMAT) if _WORKFLOW[status] == transitions.INVOICED else None,
            created_at=created.strftime(_FORMAT),
            updated_at=changed.strftime(_FORMAT),
            billing_address_id=2 * order_id - 1,
            shipping_address_id=2 * order_id,
            grand_total=kind.grand_total + factor * SCALE,
            shipping_amount=kind.shipping_amount + factor * SCALE,
            shipping_incl_tax=kind.shipping_incl_tax + factor * SCALE,
            qty_to_ship=0 if status == "complete" else 5 * len(kind.items) * SCALE,
            invoice_count=int(invoiced),
            **_invoiced_totals(kind, kind.shipping_amount + factor * SCALE) if invoiced else {},
            items={
                item_id + place: msgspec.structs.replace(item, item_id=item_id + place)
                for place, item in enumerate(kind.items.values())
            },
            particulars=msgspec.structs.replace(
                kind.particulars,
                customer_email=self.email(customer),
                customer_firstname=f"Name{customer % 997}",
                customer_lastname=f"Surname{customer}",
                payment=msgspec.structs.replace(kind.particulars.payment, title=self.payment(order_id)),
                customer_id=customer if customer % 3 else None,
                customer_is_guest=not customer % 3,
            ),
        )


def fill_sqlite(path: Path, shop: Shop, *, written: Callable[[int], None]) -> None:
    """Write the shop into a migrated database file. ``written`` is told how many orders there are so far."""
    database = apsw.Connection(str(path))
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -400000")

    def write(table: str, columns: Sequence[str], new: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- our names
        database.executemany(insert, new)

    done = 0
    for block in shop.blocks():
        with database:
            done += _write(block, write)
        written(done)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database.close()


def fill_postgres(uri: str, shop: Shop, *, written: Callable[[int], None]) -> None:
    """Write the shop into a migrated database. ``written`` is told how many orders there are so far."""
    with psycopg.connect(uri, autocommit=True) as connection:

        def write(table: str, columns: Sequence[str], new: list[tuple[Any, ...]]) -> None:
            copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(copy.encode()) as writer:
                for row in new:
                    writer.write_row(row)

        done = 0
        for block in shop.blocks():
            done += _write(block, write)
            written(done)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _write(block: Block, write: Write) -> int:
    for table, new in block.items():
        if new:
            # Terms are kept in their order, and go in fast in their order.
            write(table, _COLUMNS[table], sorted(new) if table == "order_term" else new)
    return len(block["orders"])


def _mix(number: int) -> int:
    """Return a number below 2³² that looks as if it had nothing to do with ``number``."""
    mixed = (number ^ (number >> 15)) * 2_654_435_761 & 0xFFFF_FFFF
    return (mixed ^ (mixed >> 13)) * 3_266_489_917 & 0xFFFF_FFFF ^ (mixed >> 16)


def _invoiced_totals(kind: Order, shipping: int) -> dict[str, int]:
    total = kind.subtotal + kind.tax_amount + shipping
    return {
        "subtotal_invoiced": kind.subtotal,
        "tax_invoiced": kind.tax_amount,
        "shipping_invoiced": shipping,
        "total_invoiced": total,
        "total_paid": total,
    }


def _add_order(block: Block, order: Order) -> None:
    particulars = rows.encode(order.particulars).decode()
    block["orders"].append((*rows.values(order, rows.ORDER_COLUMNS), particulars))
    found = terms.of_order(order) | terms.invoiced_term(order)
    block["order_term"] += terms_table.rows_of(order, found)
    for item in order.items.values():
        invoiced = (
            {
                "qty_invoiced": item.qty_ordered,
                "row_invoiced": item.row_total,
                "tax_invoiced": item.tax_amount,
            }
            if order.invoice_count
            else {}
        )
        values = rows.values(msgspec.structs.replace(item, **invoiced), rows.ITEM_COLUMNS)
        text = rows.encode(item.particulars).decode()
        block["order_item"].append((order.entity_id, item.item_id, *values, order.created_at, text))


def _add_invoice(block: Block, order: Order, invoice_id: int) -> None:
    head = {
        **{name: getattr(order, name) for name in rows.INVOICE_COLUMNS if hasattr(order, name)},
        "entity_id": invoice_id,
        "order_id": order.entity_id,
        "increment_id": printed(invoice_id, 1),
        "state": INVOICE_PAID,
        "created_at": order.updated_at,
        "total_qty": sum(item.qty_ordered for item in order.items.values()),
        "subtotal_incl_tax": order.subtotal + order.tax_amount,
        "total_refunded": 0,
        "transaction_id": None,
    }
    block["invoice"].append(tuple(head[name] for name in rows.INVOICE_COLUMNS))
    for item in order.items.values():
        row = {
            **{name: getattr(item, name) for name in rows.INVOICE_ITEM_COLUMNS if hasattr(item, name)},
            "entity_id": item.item_id,
            "order_item_id": item.item_id,
            "qty": item.qty_ordered,
            "qty_refunded": 0,
        }
        values = (row[name] for name in rows.INVOICE_ITEM_COLUMNS)
        block["invoice_item"].append((order.entity_id, invoice_id, *values))
