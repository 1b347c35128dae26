"""Reads the orders that clients place: items with their prices, who buys, where it goes, how it is paid.

Money is whole cents. ``price`` is for one unit. ``priceTags`` move the whole row: ``TAX@…`` is tax, other
tags are discounts where they are negative and surcharges where they are positive; a percentage is of
price times quantity. ``DISCOUNT@SHIPPING…`` says why shipping is cheaper, which its ``sellingPrice`` has
already. An item without tags may say its ``sellingPrice`` instead, and without tax tags the ``tax`` of
the row (contract vtex §7 and §8).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from msgspec import Struct

from counterfoil.checkout.given_order import GivenRow
from counterfoil.dialects.vtex import body
from counterfoil.dialects.vtex.errors import VtexError, invalid, required
from counterfoil.dialects.vtex.money import MAX_CENTS, whole
from counterfoil.dialects.vtex.order_shapes import ITEM, ORDER
from counterfoil.dialects.vtex.shape import MAX_ENTRIES, TEXT, kept, shaped
from counterfoil.domain.money import MINOR, SCALE

MAX_QUANTITY: Final = 1_000_000
"""The most units of one item that can be ordered at once."""

_PRICED: Final = ("quantity", "price", "sellingPrice", "tax")


class Delivery(Struct, frozen=True):
    """What the delivery of one item costs (scaled money), and its ``logisticsInfo`` as given."""

    cost: int
    form: dict[str, Any]


class Wanted(Struct, frozen=True):
    """One order as a client wants it: rows, the delivery of each, and everything else as an order form."""

    rows: tuple[GivenRow, ...]
    deliveries: tuple[Delivery, ...]
    form: dict[str, Any]

    @property
    def shipping(self) -> int:
        """What all deliveries cost (scaled money)."""
        return sum(delivery.cost for delivery in self.deliveries)


def wanted_order(value: Any) -> Wanted:
    """Return the order that a JSON object describes. Raises `VtexError` 400."""
    if not isinstance(value, dict):
        raise VtexError(400, "An order must be a JSON object.")
    found = body.read(value, ("items", "openTextField"))
    form = shaped(value, ORDER, "")
    items = found.get("items")
    if not items:
        raise required("items")
    if not isinstance(items, list) or len(items) > MAX_ENTRIES:
        raise invalid("items", f"The field items must be a list of {MAX_ENTRIES} entries or less.")
    rows = tuple(_row(item, f"items[{index}]") for index, item in enumerate(items))
    _need(form, "clientProfileData", "email firstName lastName")
    shipping = _need(form, "shippingData", "address logisticsInfo")
    text = _open_text(found.get("openTextField"))
    if text is not None:
        form["openTextField"] = text
    return Wanted(rows, _deliveries(shipping.pop("logisticsInfo"), len(rows)), form)


def _need(form: Mapping[str, Any], part: str, names: str) -> dict[str, Any]:
    found: dict[str, Any] = form.get(part) or {}
    if not found:
        raise required(part)
    for name in names.split():
        if not found.get(name):
            raise required(f"{part}.{name}")
    return found


def _open_text(value: Any) -> dict[str, str] | None:
    """Return the note to the order in the form that documents have it: an object of texts."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: kept(entry, TEXT, "openTextField") for key, entry in value.items() if entry is not None}
    return {"value": kept(value, TEXT, "openTextField")}


def _row(value: Any, field: str) -> GivenRow:
    form = shaped(value, ITEM, field)
    found = body.read(value, _PRICED)
    if not form.get("id"):
        raise required(f"{field}.id")
    quantity = whole(found.get("quantity"), f"{field}.quantity", least=1, most=MAX_QUANTITY)
    price = _cents(found.get("price"), f"{field}.price")
    services = sum(entry.get("price", 0) for entry in form.get("bundleItems", ()))
    if services < 0:
        raise invalid(field, f"The prices of {field}.bundleItems must be 0 or more.")
    unit = price + services
    tags = _Tags(form.get("priceTags", ()), unit * quantity, field)
    surcharge, discount, tax = tags.surcharge, tags.discount, tags.tax
    if found.get("sellingPrice") is not None:
        selling = form["sellingPrice"] = _cents(found["sellingPrice"], f"{field}.sellingPrice")
        if not form.get("priceTags"):
            discount = max(price - selling, 0) * quantity
            surcharge = max(selling - price, 0) * quantity
    if not tags.taxed and found.get("tax") is not None:
        tax = _cents(found["tax"], f"{field}.tax")
    row_total = unit * quantity + surcharge
    if discount > row_total:
        raise invalid(field, f"The discount of {field} is more than its price.")
    return GivenRow(
        sku=form["id"],
        name=form.get("name", ""),
        qty=quantity * SCALE,
        price=unit * MINOR,
        row_total=row_total * MINOR,
        discount=discount * MINOR,
        tax=tax * MINOR,
        order_form={**form, "price": price, "tagDiscount": discount, "tagTax": tax},
    )


def _cents(value: Any, field: str) -> int:
    if value is None:
        raise required(field)
    return whole(value, field, least=0, most=MAX_CENTS)


class _Tags:
    """What price tags come to, in cents: ``discount`` is positive."""

    def __init__(self, tags: Any, total: int, field: str) -> None:
        self.surcharge = self.discount = self.tax = 0
        self.taxed = False
        for index, tag in enumerate(tags):
            name = str(tag.get("name", "")).upper()
            amount = _tag_amount(tag, total, f"{field}.priceTags[{index}]")
            if name.startswith("TAX@"):
                self.taxed = True
                self.tax += amount
            elif name.startswith("DISCOUNT@SHIPPING"):
                continue
            elif amount < 0:
                self.discount -= amount
            else:
                self.surcharge += amount
        if self.tax < 0:
            raise invalid(field, f"The tax of {field} must be 0 or more.")


def _tag_amount(tag: Mapping[str, Any], total: int, field: str) -> int:
    """Return what a tag moves, in cents. ``rawValue`` is ``value`` with its point two digits further left."""
    value, raw = tag.get("value"), tag.get("rawValue")
    if value is None and raw is None:
        return 0
    hundredfold = Decimal(str(value)) if value is not None else Decimal(str(raw)) * 100
    if tag.get("isPercentual"):
        hundredfold = hundredfold * total / 10_000
    elif hundredfold != hundredfold.to_integral_value():
        raise invalid(field, f"The value of {field} must be a whole number of cents.")
    amount = int(hundredfold.quantize(Decimal(1), ROUND_HALF_UP))
    if abs(amount) > MAX_CENTS:
        raise invalid(field, f"The value of {field} is too large.")
    return amount


def _deliveries(entries: list[dict[str, Any]], items: int) -> tuple[Delivery, ...]:
    """Return the delivery of each item. One that nothing is said of costs nothing."""
    found: dict[int, Delivery] = {}
    for position, entry in enumerate(entries):
        index = entry.get("itemIndex", position)
        field = f"shippingData.logisticsInfo[{position}]"
        if not 0 <= index < items:
            raise invalid(field, f"The itemIndex of {field} is that of no item.")
        if index in found:
            raise invalid(field, f"The itemIndex of {field} has been given before.")
        cents = entry.get("sellingPrice", entry.get("price", 0))
        if cents < 0:
            raise invalid(field, f"The price of {field} must be 0 or more.")
        found[index] = Delivery(cents * MINOR, {**entry, "itemIndex": index})
    nothing = Delivery(0, {})
    return tuple(found.get(index, nothing) for index in range(items))
