"""What clients write when they want an order changed, of both generations (contract vtex §3.9, §3.10)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from counterfoil.dialects.vtex import body, change_settings, money
from counterfoil.dialects.vtex.errors import VtexError, required
from counterfoil.domain.money import MINOR, SCALE

MAX_LINES: Final = 1_000
"""The most lines of one Change."""

MAX_TEXT: Final = 1_000
MAX_ID: Final = 255

_ITEM = (
    *("id", "quantity", "uniqueId", "itemIndex", "price", "priceTags", "seller", "measurementUnit"),
    *("manualDiscountValue", "manualIncrementValue"),
)
_TAG = ("name", "value", "isPercentual")
_V1 = ("requestId", "reason", "discountValue", "incrementValue", "itemsRemoved", "itemsAdded")
_V2 = ("reason", "add", "remove", "replace", "manualDiscountValue", "manualIncrementValue", "settings")

_DISCOUNT, _INCREMENT = "DISCOUNT@MANUALPRICE", "TAX@MANUALPRICE"


class Line(Struct, frozen=True):
    """Units of an item. ``price`` is for one unit, in scaled money; ``given`` is the line as it is shown."""

    sku: str
    qty: int
    given: dict[str, Any]
    unique_id: str | None = None
    index: int | None = None
    price: int | None = None


class Wish(Struct, frozen=True):
    """A Change as a client wants it. Money is scaled; ``given`` is what answers show again."""

    reason: str
    removed: tuple[Line, ...]
    added: tuple[Line, ...]
    discount: int
    increment: int
    given: dict[str, Any]
    request_id: str | None = None


def at_once(sent: Any) -> Wish:
    """Return the wish of a Change of generation 1. Raises `VtexError` 400."""
    found = body.read(sent, _V1)
    reason = found.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise VtexError(400, "Field reason not set", code="CHK0124")
    discount = _value(found, "discountValue", "The modification value needs to be greater or equal than zero")
    increment = _value(
        found, "incrementValue", "The modification value needs to be greater or equal than zero"
    )
    removed = _lines(found.get("itemsRemoved"), "itemsRemoved")
    added = _lines(found.get("itemsAdded"), "itemsAdded")
    if discount == increment and not removed and not added:
        raise VtexError(400, "Invalid modification for order", code="CHK0124")
    given = {
        "discountValue": money.cents(discount),
        "incrementValue": money.cents(increment),
        "itemsRemoved": _shown(removed),
        "itemsAdded": _shown(added),
    }
    named = _request_id(found.get("requestId"))
    return Wish(_limited(reason, "reason"), removed, added, discount, increment, given, named)


def settled_later(sent: Any) -> Wish:
    """Return the wish of a Change of generation 2. Raises `VtexError` 400."""
    found = body.read(sent, _V2)
    reason = text(found.get("reason"), "reason")
    add, remove = _group(found.get("add"), "add"), _group(found.get("remove"), "remove")
    replaced = [
        (_group(pair.get("from"), f"{name}.from"), _group(pair.get("to"), f"{name}.to"))
        for name, pair in _pairs(found.get("replace"))
    ]
    removed = (*remove, *(line for source, _ in replaced for line in source))
    added = (*add, *(line for _, target in replaced for line in target))
    _check_count(len(removed) + len(added))
    low = "The change value needs to be greater or equal than zero."
    discount = _value(found, "manualDiscountValue", low)
    increment = _value(found, "manualIncrementValue", low)
    given = {
        "add": _shown(add),
        "remove": _shown(remove),
        "replace": [{"from": _shown(source), "to": _shown(target)} for source, target in replaced],
        "manualDiscountValue": money.cents(discount),
        "manualIncrementValue": money.cents(increment),
        "settings": change_settings.read(found.get("settings")),
    }
    discount += sum(line.given.get("manualDiscountValue", 0) for line in added) * MINOR
    increment += sum(line.given.get("manualIncrementValue", 0) for line in added) * MINOR
    by_tag = [_tagged(line, tag) for line in added for tag in line.given.get("priceTags", ())]
    discount += sum(amount for name, amount in by_tag if name == _DISCOUNT)
    increment += sum(amount for name, amount in by_tag if name == _INCREMENT)
    return Wish(reason, removed, added, discount, increment, given)


def text(value: Any, name: str) -> str:
    """Return a text that has to be there and is not too long. Raises `VtexError` 400."""
    if not isinstance(value, str) or not value.strip():
        raise required(name)
    return _limited(value, name)


def _limited(value: str, name: str) -> str:
    if len(value) > MAX_TEXT:
        raise VtexError(400, f"The field {name} has more than {MAX_TEXT} characters.")
    return value.strip()


def _request_id(named: Any) -> str | None:
    """Return the client's name of the wish; old clients have none."""
    if isinstance(named, int) and not isinstance(named, bool):
        named = str(named)
    if named is None:
        return None
    if not isinstance(named, str) or len(named) > MAX_ID:
        raise VtexError(400, f"The field requestId must be a text of at most {MAX_ID} characters.")
    return named.strip() or None


def _pairs(value: Any) -> list[tuple[str, dict[str, Any]]]:
    pairs = _listed(value, "replace")
    return [(f"replace[{place}]", body.read(pair, ("from", "to"))) for place, pair in enumerate(pairs)]


def _group(value: Any, name: str) -> tuple[Line, ...]:
    """Return the lines of ``{"items": […]}``; a bare list is taken, too."""
    items = value if isinstance(value, list) else body.read(value, ("items",)).get("items")
    return _lines(items, name)


def _lines(value: Any, name: str) -> tuple[Line, ...]:
    return tuple(_line(item, f"{name}[{place}]") for place, item in enumerate(_listed(value, name)))


def _listed(value: Any, name: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise VtexError(400, f"The field {name} must be a list.", code="CHK0124")
    _check_count(len(value))
    return value


def _check_count(count: int) -> None:
    if count > MAX_LINES:
        raise VtexError(400, f"A change has at most {MAX_LINES} items.", code="CHK0124")


def _line(item: Any, name: str) -> Line:
    found = body.read(item, _ITEM)
    sku, unique_id, index = _word(found.get("id")), _word(found.get("uniqueId")), found.get("itemIndex")
    if index is not None:
        index = money.whole(index, f"{name}.itemIndex", least=0, most=money.MAX_UNITS)
    if sku is None and unique_id is None and index is None:
        raise VtexError(400, "Invalid id for item.", code="CHK0022")
    try:
        qty = money.quantity(found.get("quantity"), f"{name}.quantity")
    except VtexError:
        raise VtexError(400, "Invalid quantity for item.", code="CHK0023") from None
    given: dict[str, Any] = {"id": sku or "", "quantity": money.units(qty)}
    if unique_id is not None:
        given["uniqueId"] = unique_id
    low = "The change value needs to be greater or equal than zero."
    for key in ("price", "manualDiscountValue", "manualIncrementValue"):
        if found.get(key) is not None:
            given[key] = money.cents(_value(found, key, low))
    for key in ("seller", "measurementUnit"):
        word = _word(found.get(key))
        if word is not None:
            given[key] = word
    tags = [_tag(tag) for tag in _listed(found.get("priceTags"), f"{name}.priceTags")]
    if tags:
        given["priceTags"] = tags
    price = given["price"] * MINOR if "price" in given else None
    return Line(sku or "", qty, given, unique_id, index, price)


def _shown(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [line.given for line in lines]


def _word(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_ID:
        raise VtexError(400, "Invalid id for item.", code="CHK0022")
    return value.strip() or None


def _value(found: Mapping[str, Any], name: str, too_low: str) -> int:
    """Return an amount of zero or more in scaled money; left out it is zero. Raises `VtexError` 400."""
    if found.get(name) is None:
        return 0
    amount = money.scaled(found[name], name, least=-money.MAX_CENTS)
    if amount < 0:
        raise VtexError(400, too_low, code="CHK0098")
    return amount


def _tag(sent: Any) -> dict[str, Any]:
    found = body.read(sent, _TAG)
    name, percent = found.get("name"), found.get("isPercentual")
    if not isinstance(name, str) or name.upper() not in {_DISCOUNT, _INCREMENT}:
        raise VtexError(400, f"A priceTag of a change is {_DISCOUNT} or {_INCREMENT}.", code="CHK0124")
    # A discount is written with and without its minus.
    value = abs(money.whole(found.get("value"), "value", least=-money.MAX_CENTS, most=money.MAX_CENTS))
    return {"name": name.upper(), "value": value, "isPercentual": percent is True}


def _tagged(line: Line, tag: Mapping[str, Any]) -> tuple[str, int]:
    """Return by how much a tag moves the total, in scaled money.

    An amount is for the whole line; a percentage is of the line's price, which then has to be given.
    """
    if not tag["isPercentual"]:
        return tag["name"], tag["value"] * MINOR
    if line.price is None or tag["value"] > 100:
        raise VtexError(400, "A priceTag in percent needs a price, and goes up to 100.", code="CHK0124")
    cents = line.price * line.qty // SCALE // MINOR
    return tag["name"], cents * tag["value"] // 100 * MINOR
