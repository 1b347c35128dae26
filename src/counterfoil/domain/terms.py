"""The terms by which orders are found in VTEX's lists: ``payment:visa``, ``word:nadia``, ``total:…``. Pure.

A term is a name and a value. Values are kept without regard to case and accents. What can be sorted by is
written so that texts sort as the numbers do. Terms follow from the order alone; an order gets them when
it is placed, and others when what they say has changed. There is one thing without a term of its own: when
an order became invoiced, which invoices say anyhow (see `difference`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from counterfoil.domain import order_name
from counterfoil.domain.attachments import AT_ONCE
from counterfoil.domain.order import SELLER as SELLER_FLOW
from counterfoil.domain.order import Order, OrderItem, OrderParticulars

ORDER_ID: Final = "order"
ORIGIN: Final = "origin"
TOTAL: Final = "total"
UNITS: Final = "units"
AUTHORIZED: Final = "authorized"
INVOICED: Final = "invoiced"
ESTIMATE: Final = "estimate"
"""The day by which everything of the order should have arrived."""

SELLER: Final = "seller"
CHANNEL: Final = "channel"
AFFILIATE: Final = "affiliate"
PAYMENT: Final = "payment"
SOURCE: Final = "source"
PROMOTION: Final = "promotion"
OPERATOR: Final = "operator"
IN_STORE: Final = "in-store"
SKU: Final = "sku"
TRANSACTION: Final = "tid"
PAYMENT_ID: Final = "payment-id"
GIFT_LIST: Final = "list"
WORD: Final = "word"

OWN_SELLER: Final = "1"
"""The seller that the shop is itself."""

MARKETPLACE: Final = "Marketplace"
FULFILLMENT: Final = "Fulfillment"

MOST_WORDS: Final = 40
LONGEST: Final = 200

_PARTS: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"[\d./ -]*\d[\d./ -]*", re.ASCII)
_DAYS: Final = re.compile(r"(\d{1,3})\s*(bd|d|h|m)", re.IGNORECASE | re.ASCII)
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"

Form = Mapping[str, Any]


class TermChange(Struct, frozen=True):
    """What an event means for the terms of one order."""

    order_id: int
    created_at: str
    gone: frozenset[str]
    new: frozenset[str]


def term(name: str, value: str) -> str:
    """Return the term that says so."""
    return f"{name}:{folded(value)}"[:LONGEST]


def folded(text: str) -> str:
    """Return a text without regard to case, accents and extra spaces."""
    if text.isascii():
        return " ".join(text.lower().replace("\0", "").split())
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    return " ".join(plain.replace("\0", "").split())


def total_term(value: int) -> str:
    """Return the term for an order's value (scaled money)."""
    return f"{TOTAL}:{max(value, 0):020d}"


def shown_value(order: Order) -> int:
    """Return what documents say an order is worth (scaled): a canceled one what it was worth at its end."""
    return order.grand_total - order.total_gone


def shows_what_is_left(order: Order) -> bool:
    """Tell whether documents leave out units that went, as they do unless a Change of generation 1 came."""
    return order.change_generation != AT_ONCE


def shown_units(order: Order) -> int:
    """Return how many units (scaled) documents say an order has; a canceled one those at its end."""
    return order.qty_ordered - (order.qty_gone if shows_what_is_left(order) else 0)


def origin(flow: str) -> str:
    """Return what VTEX calls where an order of this flow came from."""
    return FULFILLMENT if flow == SELLER_FLOW else MARKETPLACE


def of_order(order: Order) -> frozenset[str]:
    """Return all terms of an order, which has all its rows and its particulars."""
    assert order.particulars is not None, "a whole order is written"
    found = {*_of_head(order), *_of_particulars(order, order.particulars), *_of_items(order.items.values())}
    return frozenset(found)


def difference(before: Order, after: Order) -> TermChange | None:
    """Return which terms came and went; None if none did.

    It is not asked about events that are invoices and nothing else, lest they cost more: all that these
    could change is when the order became invoiced.
    """
    old, new = set(_of_head(before)), set(_of_head(after))
    if before.invoiced_at != after.invoiced_at:
        old |= _invoiced(before)
        new |= _invoiced(after)
    if before.particulars and after.particulars and before.particulars is not after.particulars:
        old |= set(_of_particulars(before, before.particulars))
        new |= set(_of_particulars(after, after.particulars))
    new_ids = after.items.keys() - before.items.keys()
    new |= set(_of_items(after.items[item_id] for item_id in new_ids))
    if old == new:
        return None
    return TermChange(after.entity_id, after.created_at, frozenset(old - new), frozenset(new - old))


def words(text: str) -> set[str]:
    """Return the words by which a text is found: the words themselves, and their parts."""
    found: set[str] = set()
    for word in folded(text).split():
        found.add(word)
        found.update(_PARTS.findall(word.partition("@")[0]))
    if _NUMBER.fullmatch(text):
        found.add(digits(text))
    return found


def digits(text: str) -> str:
    """Return the digits of a number that is written with points and strokes."""
    return "".join(char for char in text if char.isdecimal())


def asked_words(text: str) -> list[frozenset[str]]:
    """Return what a full text search means: of each set of terms an order must have one."""
    found = []
    for word in folded(text).split():
        named = {f"{ORDER_ID}:{word}", f"{ORDER_ID}:{word}-01", f"{WORD}:{word}"}
        if _NUMBER.fullmatch(word):
            number = digits(word)
            named |= {f"{WORD}:{number}", f"{ORDER_ID}:v{number}cntf-01"}
        found.append(frozenset(one[:LONGEST] for one in named))
    return found


def invoiced_term(order: Order) -> frozenset[str]:
    """Return the term for when the order became invoiced, for orders that are looked at as a whole."""
    return frozenset(_invoiced(order))


def estimates(order: Order) -> list[str]:
    """Return by when the deliveries of an order should arrive (UTC), earliest first; [] if nobody said so.

    An estimate is a time, or a number of days or hours from the payment's approval on.
    """
    form = order.particulars.order_form if order.particulars else None
    deliveries = ((form or {}).get("shippingData") or {}).get("logisticsInfo") or ()
    begin = order.authorized_at or order.created_at
    found = (_estimate(delivery, begin) for delivery in deliveries)
    return sorted({one for one in found if one})


def payment_names(particulars: OrderParticulars) -> list[str]:
    """Return the names of the payments of an order, each once."""
    payments = _payments(particulars.order_form or {})
    names = (payment.get("paymentSystemName") or payment.get("paymentSystem") for payment in payments)
    return list(dict.fromkeys(str(name) for name in names if name)) or [particulars.payment.title]


def is_in_store(particulars: OrderParticulars) -> bool:
    """Tell whether an order was placed in a physical store: its marketing tags say so."""
    marketing = (particulars.order_form or {}).get("marketingData") or {}
    tags = marketing.get("marketingTags") or ()
    return any("instore" in str(tag).lower().replace("-", "") for tag in tags)


def _of_head(order: Order) -> Iterator[str]:
    yield total_term(shown_value(order))
    yield f"{UNITS}:{max(shown_units(order), 0):020d}"
    if order.authorized_at:
        yield f"{AUTHORIZED}:{order.authorized_at}"


def _invoiced(order: Order) -> set[str]:
    return {f"{INVOICED}:{order.invoiced_at}"} if order.invoiced_at else set()


def _of_particulars(order: Order, particulars: OrderParticulars) -> Iterator[str]:
    form: Form = particulars.order_form or {}
    yield term(ORDER_ID, form.get("orderId") or order_name.derived(order.entity_id))
    yield term(ORIGIN, origin(order.flow))
    yield term(CHANNEL, form.get("salesChannel") or ("1" if form else str(order.store_id)))
    for name in payment_names(particulars):
        yield term(PAYMENT, name)
    for name, value in (
        (AFFILIATE, form.get("affiliateId")),
        (SOURCE, (form.get("marketingData") or {}).get("utmSource")),
        (PROMOTION, particulars.coupon_rule_name),
        (OPERATOR, (form.get("callCenterOperatorData") or {}).get("userName")),
        (OPERATOR, (form.get("callCenterOperatorData") or {}).get("email")),
        (GIFT_LIST, (form.get("giftRegistryData") or {}).get("giftRegistryId")),
        (IN_STORE, "true" if is_in_store(particulars) else None),
    ):
        if value:
            yield term(name, str(value))
    for payment in _payments(form):
        for name, key in ((TRANSACTION, "tid"), (PAYMENT_ID, "id")):
            if payment.get(key):
                yield term(name, str(payment[key]))
    if order.authorization_id:
        yield term(TRANSACTION, order.authorization_id)
    dates = estimates(order)
    if dates:
        yield f"{ESTIMATE}:{dates[-1][:10]}"
    yield from sorted(f"{WORD}:{word}"[:LONGEST] for word in _words_of(particulars, form))[:MOST_WORDS]


def _words_of(particulars: OrderParticulars, form: Form) -> set[str]:
    profile = form.get("clientProfileData") or {}
    billing = particulars.billing_address
    texts: Sequence[Any] = (
        particulars.customer_email,
        particulars.customer_firstname or billing.firstname,
        particulars.customer_lastname or billing.lastname,
        billing.vat_id,
        *(profile.get(name) for name in ("email", "firstName", "lastName", "document", "corporateDocument")),
        profile.get("corporateName"),
        form.get("sequence"),
        form.get("marketplaceOrderId"),
        form.get("orderGroup"),
    )
    return {word for text in texts if text for word in words(str(text))}


def _of_items(items: Iterable[OrderItem]) -> Iterator[str]:
    for item in items:
        form = item.particulars.order_form if item.particulars else None
        yield term(SELLER, (form or {}).get("seller") or OWN_SELLER)
        yield term(SKU, item.sku)
        for tag in (form or {}).get("priceTags") or ():
            if tag.get("identifier"):
                yield term(PROMOTION, str(tag["identifier"]))


def _payments(form: Form) -> list[Form]:
    given = form.get("paymentData") or {}
    listed = given.get("payments") or [
        payment for entry in given.get("transactions") or () for payment in entry.get("payments") or ()
    ]
    return list(listed)


def _estimate(delivery: Form, begin: str) -> str | None:
    given = delivery.get("shippingEstimateDate")
    try:
        if given:
            moment = datetime.fromisoformat(str(given).strip())
            return f"{(moment.astimezone(UTC) if moment.tzinfo else moment):{_FORMAT}}".rjust(19, "0")
        match = _DAYS.match(str(delivery.get("shippingEstimate") or "").strip())
        if match is None:
            return None
        unit = {"h": "hours", "m": "minutes"}.get(match[2].lower(), "days")
        moment = datetime.fromisoformat(begin) + timedelta(**{unit: int(match[1])})
    except (ValueError, OverflowError):
        return None
    return f"{moment:{_FORMAT}}"
