"""Collects an order with everything that documents tell of it."""

from msgspec.structs import replace

from counterfoil.domain.order import Order
from counterfoil.ledger.ports import Reader


async def whole(reader: Reader, order_id: int) -> Order | None:
    """Return the order with its rows, particulars, invoices, credit memos, packages and Changes."""
    order = await reader.order(order_id)
    if order is None:
        return None
    invoices = await reader.invoices_of(order_id) if order.invoice_count else []
    memos = await reader.creditmemos_of(order_id) if order.creditmemo_count else []
    with_documents = replace(
        order,
        invoices={invoice.entity_id: invoice for invoice in invoices},
        creditmemos={memo.entity_id: memo for memo in memos},
    )
    return await reader.with_attachments(with_documents)
