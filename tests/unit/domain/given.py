"""Given an order, when a command is decided, then these events or this refusal."""

from counterfoil.domain import decider, place
from counterfoil.domain.decision import Context
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.place import PlaceOrder

NOW = "2026-11-20 10:00:00"
SERIES = (
    "order/1",
    "invoice/1",
    "order_id",
    "order_item_id",
    "order_address_id",
    "invoice_id",
    "invoice_item_id",
    "comment_id",
    "status_comment_id",
    "shipment/1",
    "shipment/2",
    "shipment_id",
    "shipment_item_id",
    "track_id",
    "creditmemo/1",
    "creditmemo/2",
    "creditmemo_id",
    "creditmemo_item_id",
    "payment_transaction_id",
)


def numbers() -> Numbers:
    return Numbers(dict.fromkeys(SERIES, 1))


def placed(draft: Order, using: Numbers | None = None) -> Order:
    event = place.decide(PlaceOrder(draft), Context(NOW, using or numbers()))
    return decider.evolve(None, event)


def when(order: Order, command: decider.Command, using: Numbers | None = None):
    """Return (the order afterwards, the event or refusal)."""
    decided = decider.decide(order, command, Context(NOW, using or numbers()))
    if isinstance(decided, decider.Event):
        return decider.evolve(order, decided), decided
    return order, decided


def top_rows(order: Order) -> list[int]:
    return [item.item_id for item in order.items.values() if item.parent_item_id is None]
