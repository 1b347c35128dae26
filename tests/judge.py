"""A judge who shares no code with the service: the promises of the books as plain SQL over the views.

Every statement returns what breaks a promise; for clean books all of them return nothing.
"""

from tests import books

INVOICED = """
SELECT item.item_id, item.qty_invoiced, item.row_invoiced, item.tax_invoiced, item.discount_invoiced,
       SUM(row.qty), SUM(row.row_total), SUM(row.tax_amount), SUM(row.discount_amount)
FROM sales_order_item item LEFT JOIN sales_invoice_item row ON row.order_item_id = item.item_id
GROUP BY item.item_id, item.qty_invoiced, item.row_invoiced, item.tax_invoiced, item.discount_invoiced
HAVING ROUND(item.qty_invoiced - COALESCE(SUM(row.qty), 0), 4) <> 0
    OR ROUND(item.row_invoiced - COALESCE(SUM(row.row_total), 0), 4) <> 0
    OR ROUND(item.tax_invoiced - COALESCE(SUM(row.tax_amount), 0), 4) <> 0
    OR ROUND(item.discount_invoiced - COALESCE(SUM(row.discount_amount), 0), 4) <> 0
"""

TOTALS = """
SELECT o.entity_id, o.grand_total, o.total_invoiced, o.total_paid, SUM(i.grand_total)
FROM sales_order o LEFT JOIN sales_invoice i ON i.order_id = o.entity_id
GROUP BY o.entity_id, o.grand_total, o.total_invoiced, o.total_paid
HAVING ROUND(COALESCE(o.total_invoiced, 0) - COALESCE(SUM(i.grand_total), 0), 4) <> 0
    OR ROUND(COALESCE(o.total_paid, 0) - COALESCE(SUM(i.grand_total), 0), 4) <> 0
    OR ROUND(o.grand_total - COALESCE(SUM(i.grand_total), 0), 4) < 0
"""

PARTS = """
SELECT i.entity_id, i.grand_total, i.subtotal, SUM(row.row_total)
FROM sales_invoice i JOIN sales_invoice_item row ON row.parent_id = i.entity_id
GROUP BY i.entity_id, i.grand_total, i.subtotal, i.tax_amount, i.shipping_amount, i.discount_amount
HAVING ROUND(i.subtotal - SUM(row.row_total), 4) <> 0
    OR ROUND(i.grand_total - i.subtotal - i.tax_amount - COALESCE(i.shipping_amount, 0)
        - i.discount_amount, 4) <> 0
"""

STATEMENTS = {
    "rows hold what their invoices say": INVOICED,
    "orders hold what their invoices say": TOTALS,
    "invoices are the sum of their parts": PARTS,
    "no row is invoiced above what was ordered": """
        SELECT item_id, qty_ordered, qty_invoiced FROM sales_order_item
        WHERE qty_invoiced < 0 OR qty_invoiced > qty_ordered - COALESCE(qty_canceled, 0)""",
    "a variation is invoiced as much as its parent": """
        SELECT child.item_id FROM sales_order_item child
        JOIN sales_order_item parent ON parent.item_id = child.parent_item_id
        WHERE child.qty_invoiced <> parent.qty_invoiced""",
    "an invoice has rows": """
        SELECT entity_id FROM sales_invoice
        WHERE entity_id NOT IN (SELECT parent_id FROM sales_invoice_item)""",
    "shipping is on one invoice of an order": """
        SELECT order_id, COUNT(*) FROM sales_invoice WHERE shipping_amount > 0
        GROUP BY order_id HAVING COUNT(*) > 1""",
    "a cart became one order": """
        SELECT quote_id, COUNT(*) FROM sales_order GROUP BY quote_id HAVING COUNT(*) > 1""",
    "an order's state follows from its facts": """
        SELECT entity_id, state, total_invoiced FROM sales_order
        WHERE (state = 'new') <> (COALESCE(total_invoiced, 0) = 0 AND entity_id NOT IN
            (SELECT order_id FROM sales_invoice))""",
}
NUMBERS = {
    "orders": "SELECT increment_id FROM sales_order WHERE store_id = 1 ORDER BY entity_id",
    "invoices": "SELECT increment_id FROM sales_invoice WHERE store_id = 1 ORDER BY entity_id",
}


def assert_promises_kept(database_url: str) -> None:
    """See that the stored books keep their promises."""
    for promise, statement in STATEMENTS.items():
        broken = books.query(database_url, statement)
        assert not broken, f"broken: {promise}: {broken[:5]}"
    for what, statement in NUMBERS.items():
        numbers = [int(number) for (number,) in books.query(database_url, statement)]
        assert numbers == list(range(1, len(numbers) + 1)), f"{what} are not numbered without holes"
