"""The keys of rows of orders (contract adobe §11, recordings 209 to 221, 354, 364)."""

from functools import cache
from typing import NamedTuple

from counterfoil.dialects.adobe.table import Table, with_twins

_ITEM_NUMBERS = {
    **with_twins(
        {
            "amount_refunded": "amount_refunded",
            "discount_amount": "discount_amount",
            "discount_invoiced": "discount_invoiced",
            "price": "price",
            "row_invoiced": "row_invoiced",
            "tax_amount": "tax_amount",
            "tax_invoiced": "tax_invoiced",
        }
    ),
    "discount_percent": "particulars.discount_percent",
    "original_price": "particulars.original_price",
    "qty_canceled": "qty_canceled",
    "qty_invoiced": "qty_invoiced",
    "qty_ordered": "qty_ordered",
    "qty_refunded": "qty_refunded",
    "qty_shipped": "qty_shipped",
    "row_weight": "particulars.row_weight",
    "tax_percent": "particulars.tax_percent",
    "weight": "particulars.weight",
}
_REAL_ITEM_NUMBERS = with_twins(
    {
        "discount_tax_compensation_amount": "discount_tax_compensation_amount",
        "original_price": "particulars.original_price",
        "price_incl_tax": "price_incl_tax",
    }
)
_COMPENSATION = "discount_tax_compensation_"
_ITEM_INVOICED = with_twins({f"{_COMPENSATION}invoiced": f"{_COMPENSATION}invoiced"})
_ITEM_REFUNDED = with_twins(
    {
        "discount_refunded": "discount_refunded",
        f"{_COMPENSATION}refunded": f"{_COMPENSATION}refunded",
        "tax_refunded": "tax_refunded",
    }
)
_ITEM_CANCELED = {f"{_COMPENSATION}canceled": f"{_COMPENSATION}canceled", "tax_canceled": "tax_canceled"}
_NO_WEEE = "[]"
"""What the platform stores as the row's product taxes when it first saves the row again."""

_ITEM_PLAIN = {
    "applied_rule_ids": "particulars.applied_rule_ids",
    "item_id": "item_id",
    "name": "name",
    "parent_item_id": "parent_item_id",
    "product_id": "product_id",
    "product_type": "product_type",
    "quote_item_id": "particulars.quote_item_id",
    "sku": "sku",
}
_ITEM_FLAGS = {
    "free_shipping": "particulars.free_shipping",
    "is_qty_decimal": "is_qty_decimal",
    "is_virtual": "is_virtual",
    "no_discount": "particulars.no_discount",
}


class RowFacts(NamedTuple):
    """What has happened to a row and its order, as far as the row's keys show it.

    ``saved_again`` says that the order was invoiced, from when on a row with values lists its product
    taxes; ``canceled`` that something of the order was canceled, this row or another.
    """

    mirrored: bool
    invoiced: bool
    refunded: bool
    saved_again: bool
    canceled: bool


_KEYS = """
    amount_refunded applied_rule_ids base_amount_refunded base_discount_amount base_discount_invoiced
    base_discount_refunded base_discount_tax_compensation_amount base_discount_tax_compensation_invoiced
    base_discount_tax_compensation_refunded base_original_price base_price base_price_incl_tax
    base_row_invoiced base_row_total base_row_total_incl_tax base_tax_amount base_tax_invoiced
    base_tax_refunded created_at discount_amount discount_invoiced discount_percent discount_refunded
    free_shipping discount_tax_compensation_amount discount_tax_compensation_canceled
    discount_tax_compensation_invoiced discount_tax_compensation_refunded is_qty_decimal is_virtual item_id
    name no_discount order_id original_price parent_item_id price price_incl_tax product_id product_type
    qty_canceled qty_invoiced qty_ordered qty_refunded qty_shipped quote_item_id row_invoiced row_total
    row_total_incl_tax row_weight sku store_id tax_amount tax_canceled tax_invoiced tax_percent
    tax_refunded updated_at weee_tax_applied weight
"""
_FILLED_IN = ("base_row_total", "created_at", "order_id", "row_total", "store_id", "updated_at")
_FILLED_IN_REAL = ("base_row_total_incl_tax", "row_total_incl_tax")


@cache
def item_table(facts: RowFacts) -> Table:
    """Return a row of which ``facts`` are true.

    A mirrored row is the child of a configurable product, which repeats its parent. What depends on the
    order, and the row totals, are filled in by the document.
    """
    numbers = dict(_ITEM_NUMBERS)
    constants = {}
    if not facts.mirrored:
        numbers |= _REAL_ITEM_NUMBERS
        constants = {"weee_tax_applied": _NO_WEEE} if facts.saved_again else {}
    if facts.invoiced:
        numbers |= _ITEM_INVOICED
    if facts.refunded:
        numbers |= _ITEM_REFUNDED
    if facts.canceled:
        numbers |= _ITEM_CANCELED
    known = {*numbers, *_ITEM_PLAIN, *_ITEM_FLAGS, *constants, *_FILLED_IN}
    if not facts.mirrored:
        known.update(_FILLED_IN_REAL)
    return Table(
        " ".join(key for key in _KEYS.split() if key in known),
        numbers=numbers,
        plain=_ITEM_PLAIN,
        flags=_ITEM_FLAGS,
        constants=constants,
        optional="applied_rule_ids parent_item_id weight",
    )
