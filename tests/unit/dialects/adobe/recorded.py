"""Orders and invoices of the recordings as domain values: the reverse of what the dialect prints."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from counterfoil.domain.documents import Invoice, InvoiceItem
from counterfoil.domain.order import (
    Address,
    ItemParticulars,
    ItemTax,
    Order,
    OrderItem,
    OrderParticulars,
    Payment,
)

RECORDINGS = Path(__file__).parents[3] / "conformance" / "adobe" / "recordings"
OPEN_STEPS = {"invoice"}


@cache
def exchange(number: int) -> dict[str, Any]:
    """Return a recorded exchange."""
    (path,) = RECORDINGS.glob(f"{number:03}-*.json")
    return json.loads(path.read_text(), parse_float=Decimal)


def body(number: int) -> Any:
    """Return a recorded answer."""
    return exchange(number)["response"]["body"]


@cache
def walks() -> list[tuple[str, dict[str, Any]]]:
    """Return the recorded walks by file name."""
    paths = sorted((RECORDINGS / "walks").glob("walk-*.json"))
    return [(path.stem, json.loads(path.read_text(), parse_float=Decimal)) for path in paths]


def scale(value: Any) -> int:
    """Return a JSON number as a scaled integer."""
    return int(Decimal(value) * 10_000)


def maybe(value: Any) -> int | None:
    return None if value is None else scale(value)


def order_of(document: dict[str, Any]) -> Order:
    """Return the order that a document shows."""
    items = {item["item_id"]: item_of(item) for item in document["items"]}
    shipping = document["extension_attributes"]["shipping_assignments"][0]["shipping"]
    fields: dict[str, Any] = {
        name: scale(document[name])
        for name in Order.__struct_fields__
        if name.endswith(("_amount", "_total", "_tax")) or name == "subtotal"
    }
    fields |= {
        name: scale(document.get(name, 0))
        for name in Order.__struct_fields__
        if name.endswith("_invoiced") or name == "total_paid"
    }
    return Order(
        **{name: document[name] for name in ("entity_id", "store_id", "increment_id", "state", "status")},
        **{name: document[name] for name in ("created_at", "updated_at", "billing_address_id")},
        **fields,
        version=1,
        currency=document["order_currency_code"],
        is_virtual=bool(document["is_virtual"]),
        shipping_address_id=shipping["address"]["entity_id"],
        discount_description=document.get("discount_description"),
        qty_to_invoice=0,
        qty_to_ship=0,
        invoice_count=1 if "total_invoiced" in document else 0,
        items=items,
        particulars=particulars_of(document, shipping),
    )


def particulars_of(document: dict[str, Any], shipping: dict[str, Any]) -> OrderParticulars:
    plain = {
        name: document[name]
        for name in OrderParticulars.__struct_fields__
        if name in document and isinstance(document[name], str | int) and name != "total_item_count"
    }
    for name in ("subtotal_incl_tax", "total_qty_ordered", "weight"):
        plain[name] = scale(document[name])
    plain["customer_is_guest"] = bool(document["customer_is_guest"])
    payment = document["payment"]
    title = payment["additional_information"][0]
    return OrderParticulars(
        **plain,
        billing_address=address_of(document["billing_address"]),
        shipping_address=address_of(shipping["address"]),
        shipping_method=shipping["method"],
        total_item_count=document["total_item_count"],
        payment=Payment(payment["method"], title, additional_information=(title,)),
    )


def address_of(document: dict[str, Any]) -> Address:
    fields = {name: value for name, value in document.items() if name in Address.__struct_fields__}
    return Address(**{**fields, "street": tuple(document["street"])})


def item_of(document: dict[str, Any]) -> OrderItem:
    """Return a row. The totals of a row are printed after discount (contract adobe §6.5)."""
    numbers = ("price", "price_incl_tax", "tax_amount", "discount_amount", "discount_tax_compensation_amount")
    counted = [
        name for name in OrderItem.__struct_fields__ if name.startswith("qty_") or name.endswith("invoiced")
    ]
    discount = scale(document["discount_amount"])
    taxes = document.get("extension_attributes", {}).get("itemized_taxes", [])
    fields: dict[str, Any] = {
        **{name: document.get(name) for name in ("item_id", "parent_item_id", "product_id", "product_type")},
        **{name: document[name] for name in ("sku", "name")},
        **{name: bool(document[name]) for name in ("is_virtual", "is_qty_decimal")},
        **{name: scale(document.get(name, 0)) for name in (*numbers, *counted)},
        "row_total": scale(document["row_total"]) + discount,
        "row_total_incl_tax": scale(document["row_total_incl_tax"]) + discount,
    }
    return OrderItem(
        **fields,
        particulars=ItemParticulars(
            quote_item_id=document["quote_item_id"],
            original_price=scale(document["original_price"]),
            tax_percent=scale(document["tax_percent"]),
            discount_percent=scale(document["discount_percent"]),
            weight=maybe(document.get("weight")),
            row_weight=scale(document["row_weight"]),
            applied_rule_ids=document.get("applied_rule_ids"),
            product_option=document.get("product_option"),
            taxes=tuple(
                ItemTax(tax["tax_code"], tax["tax_code"], scale(tax["tax_percent"]), scale(tax["amount"]))
                for tax in taxes
            ),
        ),
    )


def invoice_of(document: dict[str, Any]) -> Invoice:
    """Return the invoice that a document shows."""
    plain = ("entity_id", "order_id", "store_id", "increment_id", "state", "created_at", "updated_at")
    fields: dict[str, Any] = {name: document[name] for name in plain} | {
        name: maybe(document.get(name))
        for name in Invoice.__struct_fields__
        if name.endswith(("_amount", "_total", "_tax", "_qty")) or name == "subtotal"
    }
    return Invoice(
        **fields,
        currency=document["order_currency_code"],
        billing_address_id=document["billing_address_id"],
        shipping_address_id=document.get("shipping_address_id"),
        discount_description=document.get("discount_description"),
        items=tuple(invoice_item_of(item) for item in document["items"]),
    )


def invoice_item_of(document: dict[str, Any]) -> InvoiceItem:
    plain = {"entity_id", "order_item_id", "product_id", "sku", "name"}
    fields: dict[str, Any] = {
        name: document[name] if name in plain else maybe(document.get(name))
        for name in InvoiceItem.__struct_fields__
    }
    return InvoiceItem(**fields)
