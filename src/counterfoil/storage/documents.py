"""Reads of an order's documents: invoices, shipments, credit memos, with their rows, remarks and tracks."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec.structs import replace

from counterfoil.domain.documents import (
    Comment,
    CreditMemo,
    CreditMemoItem,
    Invoice,
    InvoiceItem,
    Shipment,
    ShipmentItem,
    Track,
)
from counterfoil.storage import rows
from counterfoil.storage.rows import (
    COMMENT_COLUMNS,
    CREDITMEMO_COLUMNS,
    CREDITMEMO_ITEM_COLUMNS,
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    SHIPMENT_COLUMNS,
    SHIPMENT_ITEM_COLUMNS,
    TRACK_COLUMNS,
    Row,
)
from counterfoil.storage.session import Session, marks

D = TypeVar("D", Invoice, Shipment, CreditMemo)
_MOST_IDS = 500


@dataclass(frozen=True, slots=True)
class Kind(Generic[D]):
    """How one kind of document is stored. The table of its parts begins with its name."""

    table: str
    columns: tuple[str, ...]
    make: Callable[[Row], D]
    item_columns: tuple[str, ...]
    make_item: Callable[..., Any]

    def heads(self) -> str:
        """Return the query for heads, to be completed with a condition."""
        return f"SELECT {', '.join(self.columns)} FROM {self.table}"

    def parts(self, part: str, columns: Sequence[str]) -> str:
        """Return the query for one kind of parts of documents, by order ids and document ids."""
        return (
            f"SELECT {self.table}_id, {', '.join(columns)} FROM {self.table}_{part} "
            f"WHERE order_id IN ({{}}) AND {self.table}_id IN ({{}}) ORDER BY {self.table}_id, entity_id"
        )


INVOICES = Kind("invoice", INVOICE_COLUMNS, lambda row: Invoice(*row), INVOICE_ITEM_COLUMNS, InvoiceItem)
SHIPMENTS = Kind("shipment", SHIPMENT_COLUMNS, rows.shipment, SHIPMENT_ITEM_COLUMNS, ShipmentItem)
CREDITMEMOS = Kind(
    "creditmemo", CREDITMEMO_COLUMNS, lambda row: CreditMemo(*row), CREDITMEMO_ITEM_COLUMNS, CreditMemoItem
)
KINDS: dict[str, Kind[Any]] = {kind.table: kind for kind in (INVOICES, SHIPMENTS, CREDITMEMOS)}


async def by_id(session: Session, kind: Kind[D], ids: Sequence[int]) -> list[D]:
    """Return whole documents in the order of the ids given; unknown ids are left out."""
    found: dict[int, D] = {}
    for part in in_parts(ids):
        heads = await session.rows(f"{kind.heads()} WHERE entity_id IN ({marks(len(part))})", part)
        found |= await _whole(session, kind, heads)
    return [found[document_id] for document_id in ids if document_id in found]


async def of_order(session: Session, kind: Kind[D], order_id: int) -> list[D]:
    """Return all documents of one kind of one order in id order."""
    heads = await session.rows(f"{kind.heads()} WHERE order_id = ? ORDER BY entity_id", (order_id,))
    found: dict[int, D] = {}
    for part in in_parts(heads):
        found |= await _whole(session, kind, part)
    return list(found.values())


async def comments(session: Session, document: str, order_id: int, document_id: int) -> list[Comment]:
    """Return the remarks on a document, oldest first."""
    statement = KINDS[document].parts("comment", COMMENT_COLUMNS).format("?", "?")
    return [rows.comment(row[1:]) for row in await session.rows(statement, (order_id, document_id))]


async def _whole(session: Session, kind: Kind[D], heads: Sequence[Row]) -> dict[int, D]:
    """Return documents by id, with all their parts."""
    if not heads:
        return {}
    documents: list[D] = [kind.make(head) for head in heads]
    owners = {document.entity_id: document.order_id for document in documents}
    items = await _parts(session, kind.parts("item", kind.item_columns), owners)
    remarks = await _parts(session, kind.parts("comment", COMMENT_COLUMNS), owners)
    tracked = kind.table == SHIPMENTS.table
    tracks = await _parts(session, kind.parts("track", TRACK_COLUMNS), owners) if tracked else None
    found: dict[int, D] = {}
    for document in documents:
        document_id = document.entity_id
        found[document_id] = replace(
            document,
            items=tuple(kind.make_item(*row) for row in items[document_id]),
            comments=tuple(rows.comment(row) for row in remarks[document_id]),
        )
        if tracks is not None:
            found[document_id] = replace(
                found[document_id], tracks=tuple(Track(*row) for row in tracks[document_id])
            )
    return found


async def _parts(session: Session, statement: str, owners: Mapping[int, int]) -> defaultdict[int, list[Row]]:
    """Return the rows of one kind of parts by document; ``owners`` has the documents' orders."""
    order_ids = sorted(set(owners.values()))
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for document_id, *row in await session.rows(
        statement.format(marks(len(order_ids)), marks(len(owners))), (*order_ids, *owners)
    ):
        found[document_id].append(tuple(row))
    return found


T = TypeVar("T")


def in_parts(things: Sequence[T]) -> list[Sequence[T]]:
    """Cut a list into pieces that fit into one query."""
    return [things[start : start + _MOST_IDS] for start in range(0, len(things), _MOST_IDS)]
