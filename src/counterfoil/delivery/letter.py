"""What a message to a customer says: the facts of its document, and the words from the templates.

Names, comments and addresses come from strangers. In HTML they are escaped; in a line of text they lose
everything that could begin another line.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from counterfoil.domain import quantity
from counterfoil.domain.documents import CreditMemo, Invoice, Shipment
from counterfoil.domain.mail import Mail
from counterfoil.domain.money import priced, shown
from counterfoil.domain.order import Address, Order
from counterfoil.ledger.ports import Reader

MOST_ROWS = 200
"""So many rows of a document are written out; the rest is counted."""

MOST_TEXT = 10_000
"""So many characters of a remark are passed on."""

_BLANKS = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SUBJECTS = {
    "order": "Your order {order}",
    "invoice": "Invoice {number} for your order {order}",
    "shipment": "Shipment {number} of your order {order}",
    "creditmemo": "Credit memo {number} for your order {order}",
}
_UPDATES = {
    "order": "News about your order {order}",
    "invoice": "News about invoice {number} for your order {order}",
    "shipment": "News about shipment {number} of your order {order}",
    "creditmemo": "News about credit memo {number} for your order {order}",
}


class Letter(Struct, frozen=True):
    """A message without its envelope. ``name`` and ``address`` are as they were given."""

    name: str
    address: str
    subject: str
    text: str
    html: str


class Row(Struct, frozen=True):
    """One row of a document as it is printed. A shipment's have no amount."""

    name: str
    sku: str
    qty: str
    amount: str = ""


async def written(reader: Reader, mail: Mail) -> Letter | None:
    """Return the message that is wanted, None if what it is about is not there."""
    order = await reader.order(mail.order_id)
    if order is None or order.particulars is None:
        return None
    document: Order | Invoice | Shipment | CreditMemo | None = order
    if mail.about != "order":
        document = await _document(reader, mail)
    if document is None:
        return None
    remarks = {remark.entity_id: remark.comment for remark in document.comments}
    person = order.particulars
    name = " ".join(part for part in (person.customer_firstname, person.customer_lastname) if part)
    number = {"order": order.increment_id, "number": document.increment_id}
    subject = (_SUBJECTS if mail.is_news else _UPDATES)[mail.about].format(**number)
    values: dict[str, Any] = {
        "subject": subject,
        "name": name,
        "order": order,
        "number": document.increment_id,
        "remark": _remark(remarks.get(mail.comment_id or 0)),
        "tracks": document.tracks if isinstance(document, Shipment) else (),
        **_facts(order, document),
    }
    template = mail.about if mail.is_news else "comment"
    text, html = (_templates.get_template(f"{template}.{form}").render(values) for form in ("txt", "html"))
    return Letter(line(name), person.customer_email, line(subject), _sound(text), _sound(html))


def line(text: str | None) -> str:
    """Return a text as one line without control characters, signs that turn it round, or halves of signs."""
    return _BLANKS.sub(" ", "".join(" " if _unseen(sign) else sign for sign in text or "")).strip()


def lines(text: str | None) -> list[str]:
    """Return each line of a text as `line` does."""
    return [line(part) for part in (text or "").splitlines()]


async def _document(reader: Reader, mail: Mail) -> Invoice | Shipment | CreditMemo | None:
    found: Sequence[Invoice | Shipment | CreditMemo]
    match mail.about:
        case "invoice":
            found = await reader.invoices([mail.document_id])
        case "shipment":
            found = await reader.shipments([mail.document_id])
        case _:
            found = await reader.creditmemos([mail.document_id])
    return found[0] if found else None


def _facts(order: Order, document: Order | Invoice | Shipment | CreditMemo) -> dict[str, Any]:
    """Return the rows, totals and addresses to be printed."""
    particulars = order.particulars
    assert particulars is not None, "a message shows the whole order"
    rows = list(_rows(order, document))
    addresses = [("Billing address", _address(particulars.billing_address))]
    if particulars.shipping_address is not None:
        addresses.append(("Shipping address", _address(particulars.shipping_address)))
    return {
        "rows": rows[:MOST_ROWS],
        "more_rows": max(len(rows) - MOST_ROWS, 0),
        "totals": [] if isinstance(document, Shipment) else _totals(order.currency, document),
        "addresses": addresses,
        "payment": particulars.payment.title,
        "shipping": particulars.shipping_description,
    }


def _rows(order: Order, document: Order | Invoice | Shipment | CreditMemo) -> Iterable[Row]:
    """Yield the rows that stand for something; those that repeat others are left out."""
    if isinstance(document, Shipment):
        for sent in document.items:
            yield Row(sent.name, sent.sku, shown(sent.qty))
    elif isinstance(document, Order):
        for item in document.items.values():
            if not quantity.is_dummy(item):
                amount = priced(item.row_total, order.currency)
                yield Row(item.name, item.sku, shown(item.qty_ordered), amount)
    else:
        for row in document.items:
            if row.row_total is not None:
                yield Row(row.name, row.sku, shown(row.qty), priced(row.row_total, order.currency))


def _totals(currency: str, document: Order | Invoice | CreditMemo) -> list[tuple[str, str]]:
    """Return the sums below the rows; those that are nothing are left out, but for the last."""
    sums = [("Subtotal", document.subtotal)]
    sums.append(("Discount", document.discount_amount))
    sums.append(("Shipping", document.shipping_amount or 0))
    sums.append(("Tax", document.tax_amount))
    if isinstance(document, CreditMemo):
        sums.append(("Adjustment refund", document.adjustment_positive or 0))
        sums.append(("Adjustment fee", -(document.adjustment_negative or 0)))
    sums.append(("Grand total", document.grand_total))
    kept = [sums[0], *(one for one in sums[1:-1] if one[1]), sums[-1]]
    return [(label, priced(amount, currency)) for label, amount in kept]


def _address(address: Address) -> list[str]:
    """Return an address as the lines of its label."""
    names = (address.prefix, address.firstname, address.middlename, address.lastname, address.suffix)
    place = " ".join(part for part in (address.city, address.region, address.postcode) if part)
    label = [" ".join(name for name in names if name), address.company, *address.street, place]
    return [part for part in map(line, [*label, address.country_id, address.telephone]) if part]


def _remark(text: str | None) -> list[str]:
    """Return the lines of a remark, cut to what is passed on."""
    return lines((text or "").strip()[:MOST_TEXT])


def _unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN or sign in _TURNING


def _sound(text: str) -> str:
    """Return a text that can be encoded, whatever halves of signs somebody has put into it."""
    return text.encode("utf-8", "replace").decode("utf-8")


_templates = Environment(
    loader=PackageLoader("counterfoil.delivery"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["line"] = line
