"""What a measurement asks for in VTEX's language, and its own look into the packages."""

from collections.abc import Sequence

import msgspec

from counterfoil.access.app_key import AppCredentials
from counterfoil.dialects.vtex import order_id
from counterfoil.lab.books import Source, integer
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.load import SERIAL, Request
from counterfoil.lab.orders import Prepared

INVOICE_CENTS = 1500
"""What each invoice is worth by its client's word: more than its unit, less than that with the shipping."""

_ISSUED = "2026-11-20T14:00:00"


def headers(credentials: AppCredentials) -> dict[str, str]:
    """Return what a program shows with every request."""
    return {
        "X-VTEX-API-AppKey": credentials.app_key,
        "X-VTEX-API-AppToken": credentials.app_token,
    }


def order_path(order: Prepared) -> str:
    """Return the path of an order."""
    return f"/api/oms/pvt/orders/{order_id.derived(order.order_id)}"


def invoice_requests(orders: Sequence[Prepared], *, times: int = 1, kind: str = "") -> list[Request]:
    """Return invoice notifications of one line each, visiting every order before any again.

    Each has a number of its own, and the line moves on with every visit. ``times`` is the number of visits.
    """
    requests = []
    for visit in range(times):
        for place_in_row, order in enumerate(orders):
            line = (visit + place_in_row) % len(order.item_ids) + 1
            body = invoice_body(INVOICE_CENTS, [{"id": f"BENCH-{line}", "price": 1000 + line, "quantity": 1}])
            requests.append(Request("POST", f"{order_path(order)}/invoice", body, kind))
    return requests


def one_invoice(order: Prepared, number: str) -> tuple[str, dict[str, object]]:
    """Return path and body of an invoice of the first line."""
    items = [{"id": "BENCH-1", "price": 1001, "quantity": 1}]
    return f"{order_path(order)}/invoice", _invoice(number, INVOICE_CENTS, items)


def invoice_body(cents: int, items: Sequence[object]) -> str:
    """Return an invoice notification of the classic route, with a number that no other has."""
    return msgspec.json.encode(_invoice(SERIAL, cents, items)).decode()


def _invoice(number: str, cents: int, items: Sequence[object]) -> dict[str, object]:
    return {
        "type": "Output",
        "issuanceDate": _ISSUED,
        "invoiceNumber": number,
        "invoiceValue": cents,
        "items": items,
    }


_PACKAGES = "SELECT COUNT(*) FROM attachment WHERE kind = 'package'"


def packages(source: Source) -> int:
    """Return how many packages there are."""
    [(count,)] = source.rows(_PACKAGES)
    return integer(count)


def check_packages(source: Source, before: int, accepted: int) -> None:
    """Compare how many packages came since ``before`` with the answers of success. Raises `WrongBooks`."""
    written = packages(source) - before
    if written != accepted:
        raise WrongBooks(
            f"{accepted} invoices were answered with success, {written} packages are in the books"
        )
