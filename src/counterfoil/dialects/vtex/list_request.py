"""Reads what a list of orders is asked for: filters, sort and page (contract vtex §3.12).

Both lists take the same names, in any case, the one in its query and the other in its body as well. A
filter that is given several times, or a list with commas, means any of the values. Filters that nobody
knows are ignored; values that cannot be meant are refused, so that nobody takes a list for filtered.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from counterfoil.dialects.vtex import dates
from counterfoil.dialects.vtex.errors import VtexError, invalid
from counterfoil.dialects.vtex.money import whole
from counterfoil.domain import order_name, terms, transitions
from counterfoil.ledger.listing import (
    Authorized,
    By,
    Condition,
    Created,
    Estimated,
    InStatus,
    InvoicedBetween,
    Invoices,
    Listing,
    Nothing,
    OneOf,
    Returns,
)

PER_PAGE: Final = 15
MOST_PER_PAGE: Final = 100
MOST_PAGES: Final = 30
MOST_VALUES: Final = 100
MOST_WORDS: Final = 20

_RANGE: Final = re.compile(
    r"(?:\w+\s*:)?\s*\[\s*(.{1,60}?)\s+TO\s+(.{1,60}?)\s*\]", re.IGNORECASE | re.DOTALL
)
_LOST_PLUS: Final = re.compile(r"(:\d\d(?:\.\d{1,9})?) (\d\d:?\d\d)$", re.ASCII)
_DAYS: Final = re.compile(r"(-?\d{1,3})\.days?", re.IGNORECASE | re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE | re.ASCII)
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_SORTS: Final = {
    "creationdate": By.CREATED,
    "orderid": By.NAME,
    "totalvalue": By.TOTAL,
    "items": By.UNITS,
    "origin": By.ORIGIN,
}
_DONE: Final = frozenset({transitions.INVOICED, transitions.CANCELED, transitions.REPLACED})
_UNDER_WAY: Final = tuple(sorted(transitions.THEN.keys() - _DONE - transitions.PASSING))


class Asker(Struct, frozen=True):
    """What filters are read against: the account's name, and what time it is."""

    account: str
    now: datetime


class Asked(Struct, frozen=True):
    """A page of the list, and how it was numbered."""

    listing: Listing
    page: int
    per_page: int


Values = Sequence[str]
Reader = Callable[[str, Values, Asker], list[Condition]]


def asked(given: Iterable[tuple[str, Any]], asker: Asker) -> Asked:
    """Return which page is meant. Raises `VtexError` 400.

    Args:
        given: names and values as they were sent: texts, or what JSON has in their place.
        asker: see `Asker`.
    """
    values: dict[str, list[str]] = {}
    for name, value in given:
        texts = values.setdefault(name.lower(), [])
        texts += [text for text in _texts(name, value) if text.strip()]
    conditions: list[Condition] = []
    for name, read in _FILTERS.items():
        if values.get(name):
            conditions += read(name, values[name], asker)
    page = _number(values, "page", 1, MOST_PAGES)
    per_page = _number(values, "per_page", PER_PAGE, MOST_PER_PAGE)
    by, descending = _sort(values.get("orderby") or ["creationDate,desc"])
    listing = Listing(
        tuple(dict.fromkeys(conditions)),
        by=by,
        descending=descending,
        limit=per_page,
        offset=(page - 1) * per_page,
    )
    return Asked(listing, page, per_page)


def _texts(name: str, value: Any) -> list[str]:
    match value:
        case None:
            return []
        case bool():
            return [str(value).lower()]
        case str() | int() | Decimal():
            return [str(value)]
        case list() if len(value) <= MOST_VALUES:
            return [text for entry in value if not isinstance(entry, list) for text in _texts(name, entry)]
    raise invalid(name, f"The field {name} must be a text.")


def _number(values: dict[str, list[str]], name: str, default: int, most: int) -> int:
    found = values.get(name)
    return whole(found[0], name, least=1, most=most) if found else default


def _sort(given: Values) -> tuple[By, bool]:
    field, _, direction = given[0].partition(",")
    by = _SORTS.get(field.strip().lower())
    wanted = direction.strip().lower() or "desc"
    if by is None or wanted not in {"asc", "desc"}:
        message = "orderBy must be creationDate, orderId, items, totalValue or origin, and ,asc or ,desc."
        raise invalid("orderBy", message)
    return by, wanted == "desc"


def _parts(name: str, values: Values) -> list[str]:
    """Return the values, and those of lists with commas. Raises `VtexError` 400."""
    found = dict.fromkeys(part.strip() for value in values for part in (value, *value.split(",")))
    if len(found) > MOST_VALUES:
        raise invalid(name, f"The field {name} must have {MOST_VALUES} values or less.")
    return [part for part in found if part]


def _status(name: str, values: Values, asker: Asker) -> list[Condition]:
    del asker
    return [InStatus(tuple(part.lower() for part in _parts(name, values) if "," not in part) or ("",))]


def _range(made: Callable[[str | None, str | None], Condition]) -> Reader:
    def read(name: str, values: Values, asker: Asker) -> list[Condition]:
        del asker
        match = _RANGE.fullmatch(values[0].strip())
        try:
            if match is None or len(values) > 1:
                raise ValueError
            return [made(_bound(match[1], last=False), _bound(match[2], last=True))]
        except ValueError:
            example = "creationDate:[2026-01-01T00:00:00.000Z TO 2026-01-31T23:59:59.999Z]"
            raise invalid(name, f"The field {name} must be like {example}.") from None

    return read


def _bound(text: str, *, last: bool) -> str | None:
    """Return one end of a range as the books write times. Raises ValueError."""
    if text.strip() == "*":
        return None
    moment = dates.instant(_LOST_PLUS.sub(r"\1+\2", text))
    if moment.microsecond and not last:
        # The books have whole seconds; the first of them that is not before the end is the next.
        try:
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        except OverflowError:
            raise ValueError(text) from None
    return dates.stored(moment)


def _one_of(term_name: str) -> Reader:
    def read(name: str, values: Values, asker: Asker) -> list[Condition]:
        del asker
        return [OneOf(tuple(sorted({terms.term(term_name, part) for part in _parts(name, values)})))]

    return read


def _sellers(name: str, values: Values, asker: Asker) -> list[Condition]:
    own = terms.folded(asker.account)
    found = {terms.term(terms.SELLER, part) for part in _parts(name, values)}
    if terms.term(terms.SELLER, own) in found:
        found.add(terms.term(terms.SELLER, terms.OWN_SELLER))
    return [OneOf(tuple(sorted(found)))]


def _payment_ids(name: str, values: Values, asker: Asker) -> list[Condition]:
    """Payments of orders from elsewhere are called by the order's id in the books."""
    del asker
    found: set[str] = set()
    for part in _parts(name, values):
        found.add(terms.term(terms.PAYMENT_ID, part))
        if _HEX.fullmatch(part) and int(part, 16) < 2**63:
            found.add(terms.term(terms.ORDER_ID, order_name.derived(int(part, 16))))
    return [OneOf(tuple(sorted(found)))]


def _flag(made: Callable[[bool], list[Condition]]) -> Reader:
    def read(name: str, values: Values, asker: Asker) -> list[Condition]:
        del asker
        flags = {_FLAGS.get(value.strip().lower()) for value in values}
        if None in flags:
            raise invalid(name, f"The field {name} must be true or false.")
        return made(True in flags) if len(flags) == 1 else []

    return read


def _estimate(name: str, values: Values, asker: Asker) -> list[Condition]:
    """Days from today on: ``0.days`` is today, ``7.days`` the seven days after it, ``-1.days`` too late."""
    match = _DAYS.fullmatch(values[0].strip())
    if match is None or len(values) > 1:
        raise invalid(name, f"The field {name} must be like 7.days, 1.days, 0.days or -1.days.")
    days = int(match[1])

    def day(later: int) -> str:
        return f"{asker.now + timedelta(days=later):%Y-%m-%d}"

    if days < 0:
        return [Estimated(None, day(-1)), InStatus(_UNDER_WAY)]
    return [Estimated(day(min(days, 1)), day(days))]


def _search(name: str, values: Values, asker: Asker) -> list[Condition]:
    del asker
    found = [alternatives for value in values for alternatives in terms.asked_words(value)]
    if len(found) > MOST_WORDS:
        raise VtexError(400, f"A search in {name} has {MOST_WORDS} words at most.")
    return [OneOf(tuple(sorted(alternatives))) for alternatives in found] or [Nothing()]


def _none(name: str, values: Values, asker: Asker) -> list[Condition]:
    """What no order here has."""
    del name, values, asker
    return [Nothing()]


_FILTERS: Final[dict[str, Reader]] = {
    "f_status": _status,
    "f_creationdate": _range(Created),
    "f_authorizeddate": _range(Authorized),
    "f_invoiceddate": _range(InvoicedBetween),
    "f_shippingestimate": _estimate,
    "f_hasinputinvoice": _flag(lambda wanted: [Returns(wanted)]),
    "f_hasoutputinvoice": _flag(lambda wanted: [Invoices(wanted)]),
    "incompleteorders": _flag(lambda wanted: [Nothing()] if wanted else []),
    "f_isinstore": _flag(lambda wanted: [OneOf((terms.term(terms.IN_STORE, "true"),), without=not wanted)]),
    "f_sellernames": _sellers,
    "f_saleschannel": _one_of(terms.CHANNEL),
    "saleschannelid": _one_of(terms.CHANNEL),
    "f_affiliateid": _one_of(terms.AFFILIATE),
    "f_paymentnames": _one_of(terms.PAYMENT),
    "f_rnb": _one_of(terms.PROMOTION),
    "f_utmsource": _one_of(terms.SOURCE),
    "f_callcenteroperatorname": _one_of(terms.OPERATOR),
    "sku_ids": _one_of(terms.SKU),
    "listid": _one_of(terms.GIFT_LIST),
    "tid": _one_of(terms.TRANSACTION),
    "pci_tid": _one_of(terms.TRANSACTION),
    "paymentid": _payment_ids,
    "nsu": _none,
    "filtererror": _none,
    "q": _search,
}
