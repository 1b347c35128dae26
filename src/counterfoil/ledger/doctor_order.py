"""One order before the doctor: rows against documents, journal against rows (promises 1 to 6 and 10)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import MsgspecError, Struct, json

from counterfoil.domain import decider, invariants, terms
from counterfoil.domain.decider import Event
from counterfoil.domain.documents import CreditMemo, Invoice, Shipment
from counterfoil.domain.gateway import TRANSACTION_IDS
from counterfoil.domain.invariants import Documents
from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Effect
from counterfoil.ledger.ports import JournalEntry, Reader
from counterfoil.ledger.staging import effect_of

_ENTRIES_AT_ONCE = 1000
DAMAGE = (MsgspecError, AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading and reckoning raise when the stored values are not what they should be."""

_COMPARED_APART = frozenset({"items", "invoices", "shipments", "creditmemos", "payments"})

_decode_event = json.Decoder(Event).decode


class Examined(Struct):
    """What was found about one order.

    ``ids`` are the highest ids in use, by their series; ``wishes`` the idempotency keys of its journal,
    each with the effect that must be stored under it (of a placing, whose answer is free, the version 1).
    """

    problems: list[str]
    ids: dict[str, int]
    wishes: list[tuple[str, Effect]]


async def examine_order(reader: Reader, order_id: int) -> Examined:
    """Compare one order's rows, documents and journal with each other."""
    examined = Examined([], {}, [])
    problems = examined.problems
    stored: Order | None = None
    documents = Documents()
    try:
        stored = await reader.order(order_id)
        if stored is not None:
            stored = await reader.with_attachments(stored)
        documents = Documents(
            await reader.invoices_of(order_id),
            await reader.shipments_of(order_id),
            await reader.creditmemos_of(order_id),
            await reader.payments_of(order_id),
        )
        if stored is not None:
            examined.ids = _highest_ids(stored, documents)
    except DAMAGE as error:
        problems.append(f"the stored rows cannot be read: {error!r}")
    if stored is not None:
        problems.extend(_of(invariants.broken_book, stored, documents))
    entries = await _journal(reader, order_id)
    events: list[Event] = []
    problems.extend(_of(_told, entries, events))
    if len(events) < len(entries):
        return examined
    examined.wishes = [
        (entry.idempotency_key, effect_of(order_id, entry.seq, event))
        for entry, event in zip(entries, events, strict=True)
        if entry.idempotency_key is not None
    ]
    if stored is not None:
        problems.extend(_of(_compared, stored, documents, entries, events))
    if stored is not None and not problems:
        wanted = terms.of_order(stored)
        lost = wanted - await reader.inspection.found_by(stored, wanted)
        if lost:
            problems.append(f"lists do not find it by {', '.join(sorted(lost))}")
    return examined


def _of(check: Callable[..., Iterable[str]], *arguments: object) -> Iterator[str]:
    """Yield the problems that a check finds, and its own end if the stored values make it fail."""
    try:
        yield from check(*arguments)
    except DAMAGE as error:
        yield f"the stored values make no sense: {error!r}"


async def _journal(reader: Reader, order_id: int) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    while True:
        after_seq = entries[-1].seq if entries else 0
        more = await reader.journal(order_id, after_seq=after_seq, limit=_ENTRIES_AT_ONCE)
        entries.extend(more)
        if len(more) < _ENTRIES_AT_ONCE:
            return entries


def _told(entries: Sequence[JournalEntry], events: list[Event]) -> Iterator[str]:
    """Decode the journal into ``events``, as far as it can be, and check each entry's frame."""
    for entry in entries:
        if not entry.command_id:
            yield f"journal entry {entry.seq} has no command_id"
        try:
            event = _decode_event(entry.body)
        except DAMAGE as error:
            yield f"journal entry {entry.seq} cannot be read: {error!r}"
            continue
        events.append(event)
        if entry.kind != type(event).__name__:
            yield f"journal entry {entry.seq} is called {entry.kind} and tells of {type(event).__name__}"


def _compared(
    stored: Order, documents: Documents, entries: Sequence[JournalEntry], events: Sequence[Event]
) -> Iterator[str]:
    """Replay the journal and compare (promise 10)."""
    sound = all(entry.seq == seq for seq, entry in enumerate(entries, start=1))
    if not entries or not sound or len(entries) != stored.version:
        yield f"the journal has {len(entries)} entries, the order is at version {stored.version}"
        return
    try:
        replayed = decider.replay(events)
    except DAMAGE as error:
        yield f"the journal cannot be replayed: {error!r}"
        return
    assert replayed is not None, "the journal has entries"
    yield from _differences(stored, replayed)
    yield from _document_differences("invoice", documents.invoices, replayed.invoices)
    yield from _document_differences("shipment", documents.shipments, replayed.shipments)
    yield from _document_differences("creditmemo", documents.creditmemos, replayed.creditmemos)
    if list(documents.payments) != list(replayed.payments.values()):
        yield "the payment operations are not what the journal says"


def _differences(stored: Order, replayed: Order) -> Iterator[str]:
    for name in Order.__struct_fields__:
        if name not in _COMPARED_APART and getattr(stored, name) != getattr(replayed, name):
            yield f"{name} is {getattr(stored, name)}, the journal says {getattr(replayed, name)}"
    for item_id in sorted(stored.items.keys() | replayed.items.keys()):
        if stored.items.get(item_id) != replayed.items.get(item_id):
            yield f"item {item_id} is not what the journal says"


def _document_differences(
    kind: str,
    stored: Sequence[Invoice] | Sequence[Shipment] | Sequence[CreditMemo],
    replayed: Mapping[int, Invoice] | Mapping[int, Shipment] | Mapping[int, CreditMemo],
) -> Iterator[str]:
    by_id = {document.entity_id: document for document in stored}
    for document_id in sorted(by_id.keys() | replayed.keys()):
        if by_id.get(document_id) != replayed.get(document_id):
            yield f"{kind} {document_id} is not what the journal says"


def _highest_ids(order: Order, documents: Documents) -> dict[str, int]:
    invoices, shipments, memos = documents.invoices, documents.shipments, documents.creditmemos
    remarks = [
        *(note for one in invoices for note in one.comments),
        *(note for one in shipments for note in one.comments),
        *(note for one in memos for note in one.comments),
    ]
    return {
        "order_id": order.entity_id,
        "order_item_id": max(order.items, default=0),
        "order_address_id": max(order.billing_address_id, order.shipping_address_id or 0),
        "invoice_id": _highest(invoices),
        "invoice_item_id": _highest(row for one in invoices for row in one.items),
        "shipment_id": _highest(shipments),
        "shipment_item_id": _highest(row for one in shipments for row in one.items),
        "track_id": _highest(track for one in shipments for track in one.tracks),
        "creditmemo_id": _highest(memos),
        "creditmemo_item_id": _highest(row for one in memos for row in one.items),
        "comment_id": _highest(remarks),
        "status_comment_id": _highest(order.comments),
        TRANSACTION_IDS: max((one.transaction_id or 0 for one in documents.payments), default=0),
    }


class _Identified(Protocol):
    @property
    def entity_id(self) -> int: ...


def _highest(things: Iterable[_Identified]) -> int:
    return max((thing.entity_id for thing in things), default=0)
