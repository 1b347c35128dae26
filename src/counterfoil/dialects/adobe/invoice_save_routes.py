"""Saving invoices (contract adobe §3.1, §12.14).

There a saved invoice is a row that leaves the order as it was. Here it is issued like any other.
"""

from typing import Any

from counterfoil.dialects.adobe.call import REPLAYED, AdobeError, Call, Reply
from counterfoil.dialects.adobe.document_comments import comment_type, draft_of
from counterfoil.dialects.adobe.document_request import lenient_items, refuse_settings
from counterfoil.dialects.adobe.errors import no_entity, required
from counterfoil.dialects.adobe.invoice_document import invoice_document
from counterfoil.dialects.adobe.order_action_routes import execute
from counterfoil.dialects.adobe.refusals import INVOICE_INVALID, WITHOUT_PRODUCTS, accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.wire import (
    FLOAT,
    INT,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    scaled,
)
from counterfoil.domain.documents import Invoice
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import round_minor

_ISSUE = ("Magento_Sales::sales_invoice", "Magento_Sales::invoice")
"""Saving an invoice issues it, so whoever saves one must be allowed to issue them."""

_COMPUTED = """
    base_currency_code base_discount_amount base_discount_tax_compensation_amount
    base_shipping_amount base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax
    base_shipping_tax_amount base_subtotal base_subtotal_incl_tax base_tax_amount base_total_refunded
    base_to_global_rate base_to_order_rate billing_address_id can_void_flag created_at discount_amount
    discount_description discount_tax_compensation_amount email_sent extension_attributes
    global_currency_code increment_id is_used_for_refund order_currency_code shipping_address_id
    shipping_amount shipping_discount_tax_compensation_amount shipping_incl_tax shipping_tax_amount state
    store_currency_code store_id store_to_base_rate store_to_order_rate subtotal subtotal_incl_tax
    tax_amount total_qty transaction_id updated_at
"""
_COMPUTED_OF_ROWS = """
    additional_data base_cost base_discount_amount base_discount_tax_compensation_amount base_price
    base_price_incl_tax base_row_total base_row_total_incl_tax base_tax_amount description
    discount_amount discount_tax_compensation_amount entity_id extension_attributes name parent_id price
    price_incl_tax product_id row_total row_total_incl_tax sku tax_amount
"""
_ITEM = DataObject(
    "InvoiceItem", {**dict.fromkeys(_COMPUTED_OF_ROWS.split(), MIXED), "order_item_id": INT, "qty": FLOAT}
)
_ENTITY = Param(
    "entity",
    DataObject(
        "Invoice",
        {
            **dict.fromkeys(_COMPUTED.split(), MIXED),
            **dict.fromkeys(("grand_total", "base_grand_total"), FLOAT),
            "entity_id": INT,
            "order_id": INT,
            "items": ListOf(_ITEM),
            "comments": ListOf(comment_type("InvoiceComment")),
            "transaction_id": STRING,
        },
    ),
)


async def save(call: Call) -> Reply:
    """Issue an invoice of the rows that the entity names, and answer it.

    Its amounts are computed; if they come to another ``grand_total`` than the entity's, it is refused.
    """
    entity = call.args["entity"]
    if entity.get("entity_id"):
        raise AdobeError(400, "An invoice that was issued cannot be changed.")
    refuse_settings(entity, ("increment_id",))
    if entity.get("order_id") is None:
        raise required("order_id")
    items = lenient_items(entity.get("items"))
    if not items:
        raise AdobeError(400, f"{INVOICE_INVALID}\n{WITHOUT_PRODUCTS}")
    remarks: list[dict[str, Any]] = entity.get("comments") or []
    if len(remarks) > 1:
        raise AdobeError(400, "An invoice begins with one comment at most.")
    total = entity.get("grand_total", entity.get("base_grand_total"))
    command = IssueInvoice(
        items,
        draft_of(remarks[0]) if remarks else None,
        strict=call.strict,
        grand_total=None if total is None else round_minor(scaled(total)),
    )
    done = accepted(await execute(call, needed_id(entity["order_id"]), command))
    invoice = await _invoice(call, done.effect.document_id or 0)
    return Reply(invoice_document(invoice), headers=REPLAYED if done.replayed else ())


async def _invoice(call: Call, invoice_id: int) -> Invoice:
    async with call.shop.ledger.reading() as reader:
        found = await reader.invoices([invoice_id])
    if not found:
        raise no_entity()
    return found[0]


ROUTES: tuple[Route, ...] = (Route("POST", "/V1/invoices", save, _ISSUE, (_ENTITY,)),)
