"""What clients say of a package: an invoice notification, a tracking number, a courier's entries.

Source: contract vtex §3.3 to §3.6. The classic route names lines by SKU and gives the price of one unit; the
document route names them by their place and gives the price of the line.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from counterfoil.dialects.vtex import body, dates, money
from counterfoil.dialects.vtex.errors import invalid, required
from counterfoil.domain.attachments import INPUT, OUTPUT
from counterfoil.domain.money import SCALE
from counterfoil.domain.package import Tracking
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.wanted import WantedLine

MAX_NUMBER: Final = 255
MAX_LINES: Final = 10_000
MAX_EVENTS: Final = 200

_TEXTS = ("invoiceKey", "invoiceUrl", "embeddedInvoice", "courier", "trackingNumber", "trackingUrl", "cfop")
_TRACKING = ("trackingNumber", "trackingUrl", "dispatchedDate", "courier")
_ITEM = ("id", "itemIndex", "price", "quantity", "description")
_NAMES = (
    *("type", "issuanceDate", "issuedDate", "invoiceNumber", "invoiceValue", "items", "dispatchedDate"),
    *("volumes", "extraValue", "EnableInferItems"),
    *_TEXTS,
)
_TYPES = {"output": OUTPUT, "input": INPUT}


def invoice(sent: Any, *, by_index: bool) -> RegisterInvoice | RegisterReturn:
    """Return the command that an invoice notification is. Raises `VtexError` 400.

    Args:
        sent: the body, an object.
        by_index: lines are named by their place and priced as a whole (the document route).
    """
    given = body.read(sent, _NAMES)
    kind = _TYPES.get(_needed_text(given, "type").lower())
    if kind is None:
        raise invalid("type", "The field Type must be Output or Input.")
    number = _number(given)
    value = _whole_value(given)
    lines = _lines(given.get("items"), by_index=by_index)
    details = _details(given) | {"issuanceDate": _issued(given, by_index=by_index)}
    if kind == INPUT:
        return RegisterReturn(number, value, lines, details)
    return RegisterInvoice(number, value, lines, details)


def number_of(text: str) -> str:
    """Return an invoice's number as it is kept: without white space around it (known issue 631970)."""
    return text.strip()


def details(sent: Any) -> dict[str, Any]:
    """Return what a PATCH of an invoice tells; what is null or missing it does not tell.

    Only tracking can be changed so: a body that repeats the whole invoice changes nothing else of it.
    Raises `VtexError` 400.
    """
    return _details(body.read(sent, (*_TRACKING, "invoiceKey", "invoiceUrl")))


def courier(sent: Any, now: str) -> Tracking:
    """Return what a tracking request tells.

    Args:
        sent: the body, an object.
        now: the time for entries that have none, ``YYYY-MM-DD HH:MM:SS``.

    Raises `VtexError` 400.
    """
    given = body.read(sent, ("isDelivered", "deliveredDate", "events"))
    delivered = _flag(given.get("isDelivered"), "isDelivered")
    events = _list(given.get("events"), "events", MAX_EVENTS)
    data = tuple(_event(event, now) for event in events)
    date = _date(given.get("deliveredDate"), "deliveredDate")
    return Tracking(delivered, date, data)


def reason(sent: Mapping[str, Any]) -> tuple[str, bool]:
    """Return why, and whether the shopper asked, of a request to cancel. Raises `VtexError` 400."""
    return _text(sent.get("reason"), "reason") or "", bool(
        _flag(sent.get("requestedByUser"), "requestedByUser")
    )


def needed_text(sent: Mapping[str, Any], name: str) -> str:
    """Return a text that has to be there. Raises `VtexError` 400."""
    return _needed_text(sent, name)


def _number(given: Mapping[str, Any]) -> str:
    number = number_of(_needed_text(given, "invoiceNumber"))
    if len(number) > MAX_NUMBER:
        raise invalid("invoiceNumber", f"The field InvoiceNumber has more than {MAX_NUMBER} characters.")
    return number


def _whole_value(given: Mapping[str, Any]) -> int:
    value = given.get("invoiceValue")
    if value is None or value == "":
        raise required("invoiceValue")
    return money.scaled(value, "invoiceValue", least=1)


def _issued(given: Mapping[str, Any], *, by_index: bool) -> str:
    """Return when the invoice was issued. Either route's name for it is taken on both."""
    name, other = ("issuedDate", "issuanceDate") if by_index else ("issuanceDate", "issuedDate")
    date = _date(given.get(name), name) or _date(given.get(other), other)
    if date is None:
        raise required(name)
    return date


def _details(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _TEXTS:
        text = given.get(name)
        if text is not None:
            found[name] = _text(text, name)
    dispatched = _date(given.get("dispatchedDate"), "dispatchedDate")
    if dispatched is not None:
        found["dispatchedDate"] = dispatched
    for name, most in (("volumes", money.MAX_UNITS), ("extraValue", money.MAX_CENTS)):
        if given.get(name) is not None:
            found[name] = money.whole(given[name], name, least=0, most=most)
    infer = _flag(given.get("EnableInferItems"), "EnableInferItems")
    return found if infer is None else {**found, "EnableInferItems": infer}


def _lines(items: Any, *, by_index: bool) -> tuple[WantedLine, ...]:
    return tuple(
        _line(item, f"items[{place}]", by_index=by_index)
        for place, item in enumerate(_list(items, "items", MAX_LINES))
    )


def _line(item: Any, where: str, *, by_index: bool) -> WantedLine:
    if not isinstance(item, dict):
        raise invalid(where, f"The field {where} must be an object.")
    given = body.read(item, _ITEM)
    qty = money.quantity(given.get("quantity"), f"{where}.quantity")
    price = given.get("price")
    amount = None if price is None else money.scaled(price, f"{where}.price")
    description = _text(given.get("description"), f"{where}.description")
    if by_index:
        index = money.whole(given.get("itemIndex"), f"{where}.itemIndex", least=0, most=MAX_LINES)
        unit = None if amount is None else amount * SCALE // qty
        return WantedLine(qty, index=index, price=unit, description=description)
    sku = (_text(given.get("id"), f"{where}.id") or "").strip()
    if not sku:
        raise required(f"{where}.id")
    return WantedLine(qty, sku=sku, price=amount, description=description)


def _event(event: Any, now: str) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise invalid("events", "The field Events must hold objects.")
    given = body.read(event, ("city", "state", "description", "date"))
    at = _date(given.get("date"), "date") or dates.of_stored(now)
    texts = {name: _text(given.get(name), name) or "" for name in ("city", "state", "description")}
    return {"lastChange": at, **texts, "createDate": at}


def _list(value: Any, name: str, most: int) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(name, f"The field {name[:1].upper() + name[1:]} must be a list.")
    if len(value) > most:
        raise invalid(name, f"The field {name[:1].upper() + name[1:]} has more than {most} entries.")
    return value


def _needed_text(given: Mapping[str, Any], name: str) -> str:
    text = (_text(given.get(name), name) or "").strip()
    if not text:
        raise required(name)
    return text


def _text(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise invalid(name, f"The field {name[:1].upper() + name[1:]} must be a text.")


def _flag(value: Any, name: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise invalid(name, f"The field {name[:1].upper() + name[1:]} must be true or false.")


def _date(value: Any, name: str) -> str | None:
    text = (_text(value, name) or "").strip()
    if not text:
        return None
    try:
        return _wire(text)
    except ValueError:
        raise invalid(name, f"The field {name[:1].upper() + name[1:]} must be an ISO 8601 date.") from None


@lru_cache(maxsize=256)
def _wire(text: str) -> str:
    """Return a time as answers have it. Clients send that of a day, or of a batch, again and again."""
    return dates.wire(dates.instant(text))
