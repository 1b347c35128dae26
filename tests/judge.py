"""A judge who shares no code with the service: the promises of the books as plain SQL over the views.

Every statement returns what breaks a promise; for clean books all of them return nothing.
"""

import json
from typing import Any

from tests import books

_STANDING = "(SELECT * FROM sales_invoice WHERE state <> 3)"
"""The invoices that were not canceled."""
_DOCUMENTS = {
    "invoiced": """(SELECT * FROM sales_invoice_item
        WHERE parent_id IN (SELECT entity_id FROM sales_invoice WHERE state <> 3))""",
    "refunded": "sales_creditmemo_item",
}
_ROW_TOTAL = {"invoiced": "row_invoiced", "refunded": "amount_refunded"}


def _rows(what: str) -> str:
    """Return what finds rows whose totals are not those of their documents."""
    total = _ROW_TOTAL[what]
    return f"""
SELECT item.item_id, item.qty_{what}, item.{total}, item.tax_{what}, item.discount_{what},
       SUM(row.qty), SUM(row.row_total), SUM(row.tax_amount), SUM(row.discount_amount)
FROM sales_order_item item LEFT JOIN {_DOCUMENTS[what]} row ON row.order_item_id = item.item_id
GROUP BY item.item_id, item.qty_{what}, item.{total}, item.tax_{what}, item.discount_{what}
HAVING ROUND(item.qty_{what} - COALESCE(SUM(row.qty), 0), 4) <> 0
    OR ROUND(item.{total} - COALESCE(SUM(row.row_total), 0), 4) <> 0
    OR ROUND(item.tax_{what} - COALESCE(SUM(row.tax_amount), 0), 4) <> 0
    OR ROUND(item.discount_{what} - COALESCE(SUM(row.discount_amount), 0), 4) <> 0
"""


TOTALS = f"""
SELECT o.entity_id, o.grand_total, o.total_invoiced, o.total_canceled, SUM(i.grand_total)
FROM sales_order o LEFT JOIN {_STANDING} i ON i.order_id = o.entity_id
GROUP BY o.entity_id, o.grand_total, o.total_invoiced, o.total_canceled
HAVING ROUND(COALESCE(o.total_invoiced, 0) - COALESCE(SUM(i.grand_total), 0), 4) <> 0
    OR ROUND(o.grand_total - COALESCE(o.total_canceled, 0) - COALESCE(SUM(i.grand_total), 0), 4) < 0
"""

PAID = """
SELECT o.entity_id, o.total_paid, SUM(i.grand_total)
FROM sales_order o LEFT JOIN sales_invoice i ON i.order_id = o.entity_id AND i.state = 2
GROUP BY o.entity_id, o.total_paid
HAVING ROUND(COALESCE(o.total_paid, 0) - COALESCE(SUM(i.grand_total), 0), 4) <> 0
"""

REFUNDED = """
SELECT o.entity_id, o.total_paid, o.total_refunded, o.shipping_refunded, SUM(m.grand_total)
FROM sales_order o LEFT JOIN sales_creditmemo m ON m.order_id = o.entity_id
GROUP BY o.entity_id, o.total_paid, o.total_refunded, o.shipping_invoiced, o.shipping_refunded
HAVING ROUND(COALESCE(o.total_refunded, 0) - COALESCE(SUM(m.grand_total), 0), 4) <> 0
    OR ROUND(COALESCE(o.shipping_refunded, 0) - COALESCE(SUM(m.shipping_amount), 0), 4) <> 0
    OR ROUND(COALESCE(o.total_paid, 0) - COALESCE(SUM(m.grand_total), 0), 4) < 0
    OR ROUND(COALESCE(o.shipping_invoiced, 0) - COALESCE(SUM(m.shipping_amount), 0), 4) < 0
"""

PARTS = """
SELECT i.entity_id, i.grand_total, i.subtotal, SUM(row.row_total)
FROM sales_invoice i JOIN sales_invoice_item row ON row.parent_id = i.entity_id
JOIN invoice kept ON kept.entity_id = i.entity_id
GROUP BY i.entity_id, i.grand_total, i.subtotal, i.tax_amount, i.shipping_amount, i.discount_amount
HAVING ROUND(i.subtotal - SUM(row.row_total), 4) <> 0
    OR ROUND(i.grand_total - i.subtotal - i.tax_amount - COALESCE(i.shipping_amount, 0)
        - i.discount_amount - MAX(kept.adjustment) / 10000.0, 4) <> 0
"""

MEMO_PARTS = """
SELECT m.entity_id, m.grand_total, m.subtotal, SUM(row.row_total)
FROM sales_creditmemo m LEFT JOIN sales_creditmemo_item row ON row.parent_id = m.entity_id
GROUP BY m.entity_id, m.grand_total, m.subtotal, m.tax_amount, m.shipping_amount, m.discount_amount,
    m.adjustment
HAVING ROUND(m.subtotal - COALESCE(SUM(row.row_total), 0), 4) <> 0
    OR ROUND(m.grand_total - m.subtotal - m.tax_amount - m.shipping_amount - m.discount_amount
        - m.adjustment, 4) <> 0
"""

SHIPPED = """
SELECT item.item_id, item.qty_shipped, SUM(row.qty)
FROM sales_order_item item LEFT JOIN sales_shipment_item row ON row.order_item_id = item.item_id
GROUP BY item.item_id, item.qty_shipped
HAVING ROUND(item.qty_shipped - COALESCE(SUM(row.qty), 0), 4) <> 0
"""

SHIPMENTS = """
SELECT s.entity_id, s.total_qty, SUM(row.qty)
FROM sales_shipment s LEFT JOIN sales_shipment_item row ON row.parent_id = s.entity_id
GROUP BY s.entity_id, s.total_qty
HAVING SUM(row.qty) IS NULL OR ROUND(s.total_qty - SUM(row.qty), 4) <> 0
"""

ENDED = """
SELECT o.entity_id, o.state FROM sales_order o JOIN sales_order_item item ON item.order_id = o.entity_id
WHERE o.state IN ('complete', 'closed', 'canceled') AND item.parent_item_id IS NULL
    AND item.product_type <> 'bundle' AND item.qty_invoiced + item.qty_canceled < item.qty_ordered
    AND o.entity_id IN (SELECT entity_id FROM orders WHERE declared_count = 0 AND change_count = 0)
"""

RESTING = (
    *("payment-pending", "waiting-ffmt-authorization", "payment-approved", "window-to-cancel"),
    *("ready-for-handling", "handling", "cancellation-requested", "waiting-for-seller-decision"),
    *("invoiced", "canceled", "replaced"),
)
_WHOLE = """(CASE WHEN declared_count + change_count > 0
    THEN grand_total - total_canceled <= total_invoiced ELSE qty_to_invoice = 0 END)"""
WORKFLOW = f"""
SELECT entity_id, workflow_status, stage, grand_total, total_canceled, total_invoiced FROM orders
WHERE workflow_status NOT IN {RESTING}
    OR workflow_status <> 'invoiced' AND invoice_count > 0 AND {_WHOLE}
    OR workflow_status = 'invoiced' AND (invoice_count = 0 OR grand_total - total_canceled <> total_invoiced)
    OR workflow_status = 'canceled' AND (invoice_count > 0 OR qty_to_invoice > 0)
    OR workflow_status = 'payment-approved' AND flow <> 'marketplace'
"""

STATEMENTS = {
    "rows hold what their invoices say": _rows("invoiced"),
    "rows hold what their credit memos say": _rows("refunded"),
    "rows hold what their shipments say": SHIPPED,
    "orders hold what their invoices say": TOTALS,
    "what is paid is what paid invoices say": PAID,
    "orders hold what their credit memos say": REFUNDED,
    "invoices are the sum of their parts": PARTS,
    "credit memos are the sum of their parts": MEMO_PARTS,
    "shipments are the sum of their parts": SHIPMENTS,
    "no row is invoiced, shipped or refunded above what it may be": """
        SELECT item_id, qty_ordered, qty_invoiced FROM sales_order_item
        WHERE qty_refunded < 0 OR qty_refunded > qty_invoiced
            OR qty_invoiced > qty_ordered - COALESCE(qty_canceled, 0)
            OR qty_shipped < 0 OR qty_shipped > qty_ordered - COALESCE(qty_canceled, 0)""",
    "a variation is invoiced as much as its parent": """
        SELECT child.item_id FROM sales_order_item child
        JOIN sales_order_item parent ON parent.item_id = child.parent_item_id
        WHERE parent.product_type = 'configurable'
            AND (child.qty_invoiced <> parent.qty_invoiced OR child.qty_refunded <> parent.qty_refunded)""",
    "an invoice has rows": """
        SELECT entity_id FROM invoice WHERE adjustment = 0
            AND entity_id NOT IN (SELECT parent_id FROM sales_invoice_item)""",
    "shipping is on one invoice of an order": """
        SELECT order_id, COUNT(*) FROM sales_invoice WHERE shipping_amount > 0 AND state <> 3
        GROUP BY order_id HAVING COUNT(*) > 1""",
    "a cart became one order": """
        SELECT quote_id, COUNT(*) FROM sales_order WHERE quote_id IS NOT NULL
        GROUP BY quote_id HAVING COUNT(*) > 1""",
    "a new order is one on which nothing has happened, not even an authorisation": """
        SELECT entity_id, state FROM sales_order o WHERE hold_before_state IS NULL
            AND entity_id NOT IN (SELECT order_id FROM sales_payment_transaction)
            AND (state = 'new') <> (entity_id NOT IN (SELECT order_id FROM sales_invoice)
                AND entity_id NOT IN (SELECT order_id FROM sales_shipment)
                AND COALESCE(total_canceled, 0) = 0
                AND NOT EXISTS (SELECT 1 FROM sales_order_item i
                    WHERE i.order_id = o.entity_id AND i.qty_canceled > 0))""",
    "what is invoiced or canceled is what was agreed": """
        SELECT entity_id, grand_total, total_invoiced, total_canceled FROM sales_order
        WHERE ROUND(grand_total - COALESCE(total_invoiced, 0) - COALESCE(total_canceled, 0), 4) < 0
            OR state IN ('complete', 'closed', 'canceled')
            AND ROUND(grand_total - COALESCE(total_invoiced, 0) - COALESCE(total_canceled, 0), 4) <> 0""",
    "an order that has ended has nothing left to invoice": ENDED,
    "an order is in the status of its facts, and in none that is passed": WORKFLOW,
    "a Change has come to its end": """
        SELECT entity_id, open_change FROM orders WHERE open_change IS NOT NULL""",
    "an order on hold remembers what it was": """
        SELECT entity_id FROM sales_order WHERE (state = 'holded') <> (hold_before_state IS NOT NULL)""",
}
NUMBERS = {
    "orders": "SELECT increment_id FROM sales_order WHERE store_id = 1 ORDER BY entity_id",
    "invoices": "SELECT increment_id FROM sales_invoice WHERE store_id = 1 ORDER BY entity_id",
    "shipments": "SELECT increment_id FROM sales_shipment WHERE store_id = 1 ORDER BY entity_id",
    "credit memos": "SELECT increment_id FROM sales_creditmemo WHERE store_id = 1 ORDER BY entity_id",
}


def _packages(database_url: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the packages of all orders with their orders' ids."""
    found = books.query(database_url, "SELECT order_id, body FROM attachment WHERE kind = 'package'")
    return [(order_id, json.loads(body)) for order_id, body in found]


def assert_packages_agree(database_url: str) -> None:
    """See that packages are invoices (Output) and credit memos (Input): each is one, to the cent."""
    packages = _packages(database_url)
    for kind, table, key in (("Output", "invoice", "invoice_id"), ("Input", "creditmemo", "creditmemo_id")):
        told = [(one[key], order_id, one["value"]) for order_id, one in packages if one["type"] == kind]
        assert len({place for place, _, _ in told}) == len(told), f"two {kind} packages are one document"
        kept = books.query(database_url, f"SELECT entity_id, order_id, grand_total FROM {table}")
        assert set(told) <= set(kept), f"{kind} packages without their document: {set(told) - set(kept)}"


def assert_promises_kept(database_url: str) -> None:
    """See that the stored books keep their promises."""
    assert_packages_agree(database_url)
    for promise, statement in STATEMENTS.items():
        broken = books.query(database_url, statement)
        assert not broken, f"broken: {promise}: {broken[:5]}"
    for what, statement in NUMBERS.items():
        numbers = [int(number) for (number,) in books.query(database_url, statement)]
        assert numbers == list(range(1, len(numbers) + 1)), f"{what} are not numbered without holes"
