"""What a recorded step would have done if variations were invoiced once.

The recorded platform invoices the child row of a configurable product again and again once its parent
row is used up: documents worth nothing, and a child row with more invoiced than ordered. That breaks
the first promise of the books, so here the expectation is set right: a child row is invoiced with its
parent, as much as its parent, and a request that asks for nothing else is refused.
"""

from typing import Any

PREFIX = "Invoice Document Validation Error(s):\n"
WITHOUT_PRODUCTS = "The invoice can't be created without products. Add products and try again.\n"
NOT_ALLOWED = "The order does not allow an invoice to be created."

Document = dict[str, Any]


def parents(order: Document) -> dict[int, int]:
    """Return the parent row of every child row."""
    return {item["item_id"]: item["parent_item_id"] for item in order["items"] if "parent_item_id" in item}


def invoice(document: Document, parent_of: dict[int, int]) -> Document | None:
    """Return the invoice as it should be; None if there should be none."""
    invoiced = {row["order_item_id"]: row["qty"] for row in document["items"]}
    rows = []
    for row in document["items"]:
        parent = parent_of.get(row["order_item_id"])
        if parent is None:
            rows.append(row)
        elif parent in invoiced:
            rows.append({**row, "qty": invoiced[parent]})
    if not rows:
        return None
    return {**document, "items": rows, "total_qty": sum(row["qty"] for row in rows)}


def order(document: Document) -> Document:
    """Return the order as it should be: a child row is invoiced as much as its parent."""
    invoiced = {item["item_id"]: item["qty_invoiced"] for item in document["items"]}
    rows = [
        {**item, "qty_invoiced": invoiced[item["parent_item_id"]]} if "parent_item_id" in item else item
        for item in document["items"]
    ]
    return {**document, "items": rows}


def error(answer: Document) -> Document:
    """Return the refusal as it should be: where nothing is left, there are no products either."""
    if answer["message"] == PREFIX + NOT_ALLOWED:
        return {**answer, "message": PREFIX + WITHOUT_PRODUCTS + NOT_ALLOWED}
    return answer
