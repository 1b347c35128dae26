"""The promises as functions over an order and its documents (product.md, "The promises").

`broken_rows` and `broken_totals` look at what a decision has loaded and run before every write.
`broken_book` needs all rows and all documents; tests and ``doctor`` use it. Each returns sentences,
none when all is well.
"""

from collections.abc import Iterable, Iterator

from counterfoil.domain import quantity, workflow
from counterfoil.domain.order import Invoice, Order, OrderItem


def broken_rows(items: Iterable[OrderItem]) -> Iterator[str]:
    """Check promise 1 and the money columns of each row."""
    for item in items:
        available = item.qty_ordered - item.qty_canceled
        if not 0 <= item.qty_refunded <= item.qty_invoiced <= available:
            yield f"item {item.item_id}: refunded ≤ invoiced ≤ ordered − canceled does not hold"
        if not 0 <= item.qty_shipped <= available:
            yield f"item {item.item_id}: shipped ≤ ordered − canceled does not hold"
        for name in ("row", "tax", "discount", "discount_tax_compensation"):
            agreed = item.row_total if name == "row" else getattr(item, f"{name}_amount")
            if not 0 <= getattr(item, f"{name}_invoiced") <= agreed:
                yield f"item {item.item_id}: {name}_invoiced is not between 0 and what was agreed"
        if item.qty_invoiced == item.qty_ordered and not quantity.is_dummy(item):
            invoiced = (item.row_invoiced, item.tax_invoiced, item.discount_invoiced)
            if invoiced != (item.row_total, item.tax_amount, item.discount_amount):
                yield f"item {item.item_id}: the invoices of the row do not add up to the row"


def broken_totals(order: Order) -> Iterator[str]:
    """Check promises 3 and 5 on the head of the order."""
    if order.qty_to_invoice < 0 or order.qty_to_ship < 0:
        yield "more was invoiced or shipped than was ordered"
    if not 0 <= order.total_invoiced <= order.grand_total:
        yield "the invoices exceed the order"
    if order.total_paid > order.grand_total:
        yield "more is paid than the order is worth"
    if order.qty_to_invoice == 0 and order.invoice_count and order.total_invoiced != order.grand_total:
        yield "all is invoiced, but not to the cent"
    if order.state != workflow.state_of(order):
        yield f"state {order.state} is not what the facts say: {workflow.state_of(order)}"
    if order.status != workflow.DEFAULT_STATUS[order.state]:
        yield f"status {order.status} is not one of state {order.state}"


def broken_book(order: Order, invoices: Iterable[Invoice]) -> Iterator[str]:
    """Check every promise about one order against all its rows and documents (promises 1 to 5)."""
    documents = list(invoices)
    yield from broken_rows(order.items.values())
    yield from broken_totals(order)
    for item in order.items.values():
        rows = [row for document in documents for row in document.items if row.order_item_id == item.item_id]
        sums = {
            "qty_invoiced": sum(row.qty for row in rows),
            "row_invoiced": sum(row.row_total or 0 for row in rows),
            "tax_invoiced": sum(row.tax_amount or 0 for row in rows),
            "discount_invoiced": sum(row.discount_amount or 0 for row in rows),
            "discount_tax_compensation_invoiced": sum(
                row.discount_tax_compensation_amount or 0 for row in rows
            ),
        }
        for name, value in sums.items():
            if getattr(item, name) != value:
                yield f"item {item.item_id}: {name} is {getattr(item, name)}, its documents say {value}"
    heads = {
        "invoice_count": len(documents),
        "total_invoiced": sum(document.grand_total for document in documents),
        "subtotal_invoiced": sum(document.subtotal for document in documents),
        "tax_invoiced": sum(document.tax_amount for document in documents),
        "discount_invoiced": sum(document.discount_amount for document in documents),
        "shipping_invoiced": sum(document.shipping_amount or 0 for document in documents),
        "qty_to_invoice": sum(map(quantity.to_invoice, order.items.values())),
        "qty_to_ship": sum(map(quantity.to_ship, order.items.values())),
    }
    for name, value in heads.items():
        if getattr(order, name) != value:
            yield f"{name} is {getattr(order, name)}, the documents and rows say {value}"
    if len([document for document in documents if document.shipping_amount is not None]) > 1:
        yield "shipping is on more than one invoice"
