"""What a batch is going to write: the orders as they will be, and what their events bring along."""

from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from counterfoil.clock import Clock
from counterfoil.domain import decider, invariants, terms
from counterfoil.domain.cancel import OrderCanceled
from counterfoil.domain.change_address import AddressChanged
from counterfoil.domain.comment import DocumentCommented
from counterfoil.domain.comment_order import OrderCommented
from counterfoil.domain.credit import CreditMemoMade
from counterfoil.domain.decider import Event
from counterfoil.domain.documents import Invoice
from counterfoil.domain.gateway import OPEN
from counterfoil.domain.hold import OrderHeld, OrderReleased
from counterfoil.domain.invoice import InvoiceIssued
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.payment import PaymentWanted
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.ship import ShipmentMade
from counterfoil.domain.stock import StockMove
from counterfoil.domain.track import TrackAdded, TrackRemoved
from counterfoil.domain.update_order import OrderUpdated
from counterfoil.ledger.envelope import Accepted, Actor, Effect, IdempotencyKey
from counterfoil.ledger.inspection import StoredKey
from counterfoil.ledger.notices import OutboxEntry
from counterfoil.ledger.ports import JournalEntry, NewComment, StockLevel, Writes
from counterfoil.ledger.tasks import tasks_of

_encoder = msgspec.json.Encoder()


class BrokenPromise(AssertionError):
    """A decision would have broken a promise of the books. This is a bug; nothing was written."""


@dataclass(slots=True)
class Staged:
    """The orders of a batch as they are by now, and what will be written of them."""

    command_id: str
    at: str
    clock: Clock
    loaded: dict[int, Order]
    stock: dict[int, StockLevel]
    listened: bool = False
    orders: dict[int, Order] = field(init=False)
    levels: dict[int, StockLevel] = field(init=False)
    writes: Writes = field(default_factory=Writes)
    more_than_invoiced: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.orders = dict(self.loaded)
        self.levels = dict(self.stock)

    def apply(self, order: Order, event: Event, actor: Actor, key: IdempotencyKey | None) -> Accepted:
        """Let ``event`` happen to ``order``, and return what the client is told."""
        evolved = decider.evolve(order, event)
        self.orders[order.entity_id] = evolved
        if not isinstance(event, InvoiceIssued) or event.payment is not None or order.cancellation_requests:
            self.more_than_invoiced.add(order.entity_id)
            self._move_stock(decider.stock_moves(order, evolved, event))
        stage_event(self.writes, evolved, event)
        self.writes.journal.append(
            journal_entry(evolved, event, self.at, actor=actor, key=key, command_id=self.command_id)
        )
        if self.listened:
            self.writes.outbox.append(outbox_entry(order.workflow_status, evolved, event, self.at))
        follow_ups = decider.follow_ups(evolved, event)
        if follow_ups:
            self.writes.tasks += tasks_of(follow_ups, self.clock, place=len(self.writes.tasks))
        effect = effect_of(order.entity_id, evolved.version, event)
        if key is not None:
            answer = _encoder.encode(effect).decode()
            self.writes.keys.append(StoredKey(key.scope, key.key, key.fingerprint, answer))
        return Accepted(effect, evolved)

    def finish(self, numbers: Numbers) -> Writes:
        """Check the promises and return everything that is to be written."""
        writes = self.writes
        for order_id, evolved in self.orders.items():
            before = self.loaded[order_id]
            if evolved is before:
                continue
            known = before.items
            changed = [
                item for item_id, item in evolved.items.items() if item is not known.get(item_id, item)
            ]
            broken = [*invariants.broken_rows(changed), *invariants.broken_totals(evolved)]
            if broken:
                raise BrokenPromise(f"order {order_id}: " + "; ".join(broken))
            _stage_attachments(writes, before, evolved)
            rows = [(order_id, item) for item in changed]
            if order_id not in self.more_than_invoiced:
                writes.invoiced.append((before.version, evolved))
                writes.invoiced_items += rows
                continue
            writes.changed.append((before.version, evolved))
            writes.items += rows
            found = terms.difference(before, evolved)
            if found is not None:
                writes.terms.append(found)
            new_ids = evolved.items.keys() - known.keys()
            writes.new_items += [(evolved, evolved.items[item_id]) for item_id in sorted(new_ids)]
            if evolved.particulars is not None and evolved.particulars is not before.particulars:
                writes.particulars.append((order_id, evolved.particulars))
            writes.changed_invoices += [
                invoice
                for invoice_id, invoice in evolved.invoices.items()
                if before.invoices.get(invoice_id, invoice) is not invoice
            ]
            writes.payments += [
                operation
                for seq, operation in evolved.payments.items()
                if before.payments.get(seq) is not operation
            ]
        if self.more_than_invoiced:
            writes.invoices = [self._as_it_is_now(invoice) for invoice in writes.invoices]
        writes.series = numbers.advanced()
        return writes

    def _as_it_is_now(self, issued: Invoice) -> Invoice:
        """Return an invoice of this batch as later commands left it. Remarks are written apart."""
        now = self.orders[issued.order_id].invoices[issued.entity_id]
        return issued if now is issued else replace(now, comments=issued.comments)

    def settled(self) -> list[int]:
        """Return the orders of which something that others wait for was settled."""
        paid = [operation.order_id for operation in self.writes.payments if operation.state not in OPEN]
        changed = [
            order.entity_id
            for _, order in self.writes.changed
            if order.open_change is None and self.loaded[order.entity_id].open_change is not None
        ]
        return [*paid, *changed]

    def moved_stock(self) -> list[StockLevel]:
        """Return the stock levels that have changed."""
        return [level for product_id, level in self.levels.items() if level is not self.stock[product_id]]

    def _move_stock(self, moves: dict[int, StockMove]) -> None:
        for product_id, move in moves.items():
            level = self.levels.get(product_id)
            if level is not None:
                self.levels[product_id] = replace(
                    level,
                    qty=level.qty + move.qty if level.manage_stock else level.qty,
                    reserved=max(level.reserved + move.reserved, 0),
                )


def effect_of(order_id: int, version: int, event: Event) -> Effect:
    """Return what a client is told of ``event``, which made the order's ``version``."""
    begun = decider.payment_begun(event) if isinstance(event, PaymentWanted) else None
    return Effect(order_id, version, decider.document_id(event), begun.seq if begun else None)


def _stage_attachments(writes: Writes, before: Order, evolved: Order) -> None:
    """Add the packages and Changes of an order that are new or have changed."""
    if evolved.packages is not before.packages:
        writes.attachments += [
            (evolved.entity_id, "package", number, _encoder.encode(package).decode())
            for number, package in evolved.packages.items()
            if before.packages.get(number) is not package
        ]
    if evolved.changes is not before.changes:
        writes.attachments += [
            (evolved.entity_id, "change", request_id, _encoder.encode(change).decode())
            for request_id, change in evolved.changes.items()
            if before.changes.get(request_id) is not change
        ]


def outbox_entry(before_status: str, order: Order, event: Event, at: str) -> OutboxEntry:
    """Return what feeds and hooks are to be told of ``event``, which led to ``order``."""
    return OutboxEntry(
        order_id=order.entity_id,
        seq=order.version,
        kind=type(event).__name__,
        flow=order.flow,
        before_status=before_status,
        after_status=order.workflow_status,
        at=at,
    )


def stage_event(writes: Writes, order: Order, event: Event) -> None:
    """Add the documents that ``event`` brought to ``order`` to ``writes``."""
    order_id = order.entity_id
    match event:
        case InvoiceIssued(invoice=invoice):
            writes.invoices.append(invoice)
        case ShipmentMade(shipment=shipment):
            writes.shipments.append(shipment)
        case CreditMemoMade(creditmemo=memo):
            writes.creditmemos.append(memo)
            writes.status_comments.append((order_id, order.comments[-1]))
        case OrderCommented(comment=entry):
            writes.status_comments.append((order_id, entry))
        case DocumentCommented(document=document, document_id=document_id, comment=comment):
            writes.comments.append(NewComment(document, order_id, document_id, comment))
        case TrackAdded(shipment_id=shipment_id, track=track):
            writes.tracks.append((order_id, shipment_id, track))
        case TrackRemoved(shipment_id=shipment_id, track_id=track_id):
            writes.removed_tracks.append((order_id, shipment_id, track_id))
        case OrderPlaced():
            writes.placed.append(order)
        case OrderCanceled() | OrderHeld() | OrderReleased() | AddressChanged() | OrderUpdated():
            pass
        case _:
            pass  # payments are written from the order that they lead to


def journal_entry(
    order: Order, event: Event, at: str, *, actor: Actor, key: IdempotencyKey | None, command_id: str
) -> JournalEntry:
    """Return the journal's line for ``event``, which led to ``order``."""
    return JournalEntry(
        order_id=order.entity_id,
        seq=order.version,
        kind=type(event).__name__,
        at=at,
        actor=actor.name,
        channel=actor.channel,
        idempotency_key=key.key if key else None,
        command_id=command_id,
        body=_encoder.encode(event).decode(),
    )
