"""What Changes have made of an order, all of them together (contract vtex §3.10, route 25).

Only Changes that were applied count. What an order had at first are its rows but for those that Changes
have added, which come after them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.vtex import change_document, dates
from counterfoil.dialects.vtex.money import cents
from counterfoil.dialects.vtex.order_data_document import items
from counterfoil.domain.attachments import AT_ONCE, DONE, Change
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.wanted import rows_of

_TOTALS = ("Items", "Discounts", "Shipping", "Tax")


def render(order: Order) -> dict[str, Any]:
    """Return the summary. ``order`` has its rows, particulars and Changes."""
    done = sorted(
        (change for change in order.changes.values() if change.status == DONE),
        key=lambda change: (change.created_at, change.updated_at),
    )
    rows = rows_of(order)
    moved = sum(cents(change.delta) for change in done)
    return {
        "original": _original(order, sum(len(change.added) for change in done)),
        "added": [_item(line, rows) for change in done for line in _added(change)],
        "removed": [_item(line, rows) for change in done for line in _removed(change)],
        "replaced": [_replaced(pair, rows) for change in done for pair in change.given.get("replace", ())],
        "manualDiscountValueAggregated": cents(sum(change.manual_discount for change in done)),
        "manualIncrementValueAggregated": cents(sum(change.manual_increment for change in done)),
        "totalChangeValueAggregated": moved,
        "totalChangesValueAggregated": moved,
        "totals": _totals(order, done),
        "lastChange": dates.of_stored(done[-1].updated_at if done else order.created_at),
    }


def _totals(order: Order, done: Sequence[Change]) -> list[dict[str, Any]]:
    """Return by how much each total has moved. Manual values count as discount and as tax."""
    moved = dict.fromkeys(_TOTALS, 0)
    for change in done:
        for total in change_document.totals(order, change):
            if total["id"] in moved:
                moved[total["id"]] += total["value"]
        moved["Discounts"] -= cents(change.manual_discount)
        moved["Tax"] += cents(change.manual_increment)
    return [
        {"id": name, "name": f"{name} Total", "value": value, "alternativeTotals": None}
        for name, value in moved.items()
    ]


def _original(order: Order, added: int) -> list[dict[str, Any]]:
    # Changes of the first generation leave items as they were ordered.
    shown = items(replace(order, change_generation=AT_ONCE))
    first = shown[: len(shown) - added]
    return [
        {**item, "itemIndex": index, "totalQuantity": item["quantity"], "deliveryIds": []}
        for index, item in enumerate(first)
    ]


def _added(change: Change) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = change.given.get(
        "itemsAdded" if change.generation == AT_ONCE else "add", ()
    )
    return found


def _removed(change: Change) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = change.given.get(
        "itemsRemoved" if change.generation == AT_ONCE else "remove", ()
    )
    return found


def _replaced(pair: Mapping[str, Any], rows: Sequence[OrderItem]) -> dict[str, Any]:
    kind = _kind(pair["from"], pair["to"])
    return {
        "replaceType": kind,
        "userInputType": kind,
        "from": {"items": [_item(line, rows) for line in pair["from"]], "shippingData": None},
        "to": {"items": [_item(line, rows) for line in pair["to"]], "shippingData": None},
        "type": "UserInput",
    }


def _kind(gone: Sequence[Mapping[str, Any]], came: Sequence[Mapping[str, Any]]) -> str:
    if [line["id"] for line in gone] != [line["id"] for line in came]:
        return "ItemReplacement"
    same = [line["quantity"] for line in gone] == [line["quantity"] for line in came]
    return "PriceChange" if same else "QuantityChange"


def _item(given: Mapping[str, Any], rows: Sequence[OrderItem]) -> dict[str, Any]:
    shown = change_document.line(given, rows)
    return {
        **shown,
        "price": shown["price"] or 0,
        "sellingPrice": shown["sellingPrice"] or 0,
        "name": shown["name"] or shown["id"],
        "totalQuantity": shown["quantity"],
        "refId": shown["id"],
        "priceTags": list(given.get("priceTags", ())),
        "deliveryIds": [],
    }
