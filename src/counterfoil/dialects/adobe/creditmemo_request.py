"""The bodies that ask for a credit memo (contract adobe §3.1, §6.2).

There are two forms. The services take items and arguments; nothing named means all. The whole credit memo,
for ``/V1/creditmemo/refund`` and ``/V1/creditmemo``, says itself what is given back: what it does not name,
rows or shipping, is not.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import document_comments
from counterfoil.dialects.adobe.document_request import (
    comment_type,
    item_type,
    lenient_comment,
    lenient_items,
    refuse_settings,
)
from counterfoil.dialects.adobe.errors import AdobeError, required
from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    Type,
    scaled,
)
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.money import round_minor

COMMENT = document_comments.comment_type("CreditmemoComment")
_ARGUMENTS = DataObject(
    "CreditmemoCreationArguments",
    {
        "shipping_amount": FLOAT,
        "adjustment_positive": FLOAT,
        "adjustment_negative": FLOAT,
        "extension_attributes": DataObject(
            "CreditmemoCreationArgumentsExtension", {"return_to_stock_items": ListOf(INT)}
        ),
    },
)
_SERVICE = (
    Param("items", ListOf(item_type("CreditmemoItemCreation")), required=False),
    Param("notify", BOOL, required=False, default=False),
    Param("append_comment", BOOL, required=False, default=False),
    Param("comment", comment_type("CreditmemoCommentCreation"), required=False),
    Param("arguments", _ARGUMENTS, required=False),
)
REFUND_ORDER = (Param("order_id", INT), *_SERVICE)
REFUND_INVOICE = (
    Param("invoice_id", INT),
    Param("is_online", BOOL, required=False, default=False),
    *_SERVICE,
)


def _fields(kind: Type, names: str) -> dict[str, Type]:
    return dict.fromkeys(names.split(), kind)


_AMOUNTS = """
    discount_amount discount_tax_compensation_amount shipping_amount shipping_incl_tax shipping_tax_amount
    subtotal subtotal_incl_tax tax_amount grand_total adjustment adjustment_negative adjustment_positive
"""
_WHOLE_ITEM = DataObject(
    "CreditmemoItem",
    {
        **_fields(STRING, "additional_data description name sku weee_tax_applied"),
        **_fields(INT, "entity_id order_item_id parent_id product_id"),
        **_fields(
            FLOAT,
            """
            base_cost base_discount_amount base_discount_tax_compensation_amount base_price
            base_price_incl_tax base_row_total base_row_total_incl_tax base_tax_amount
            base_weee_tax_applied_amount base_weee_tax_applied_row_amnt base_weee_tax_disposition
            base_weee_tax_row_disposition discount_amount discount_tax_compensation_amount price
            price_incl_tax qty row_total row_total_incl_tax tax_amount weee_tax_applied_amount
            weee_tax_applied_row_amount weee_tax_disposition weee_tax_row_disposition
            """,
        ),
        "extension_attributes": MIXED,
    },
)
_WHOLE = DataObject(
    "Creditmemo",
    {
        **_fields(
            STRING,
            """
            base_currency_code created_at discount_description global_currency_code increment_id
            order_currency_code store_currency_code transaction_id updated_at
            """,
        ),
        **_fields(
            INT,
            """
            billing_address_id creditmemo_status email_sent entity_id invoice_id order_id
            shipping_address_id state store_id
            """,
        ),
        **_fields(FLOAT, _AMOUNTS),
        **{f"base_{name}": FLOAT for name in _fields(FLOAT, _AMOUNTS)},
        **_fields(
            FLOAT,
            """
            base_shipping_discount_tax_compensation_amnt shipping_discount_tax_compensation_amount
            base_to_global_rate base_to_order_rate store_to_base_rate store_to_order_rate
            """,
        ),
        "items": ListOf(_WHOLE_ITEM),
        "comments": ListOf(COMMENT),
        "extension_attributes": DataObject("CreditmemoExtension", {"return_to_stock_items": ListOf(INT)}),
    },
)
REFUND_WHOLE = (
    Param("creditmemo", _WHOLE),
    Param("offline_requested", BOOL, required=False, default=False),
)
SAVE_WHOLE = (Param("entity", _WHOLE),)


def command(args: dict[str, Any], *, invoice_id: int | None = None) -> CreditOrder:
    """Return what the decoded arguments of a service ask for. Raises `AdobeError` 400."""
    arguments = args["arguments"] or {}
    return CreditOrder(
        items=_items(args["items"]) or None,
        shipping_amount=_money(arguments.get("shipping_amount")),
        adjustment_positive=_money(arguments.get("adjustment_positive")),
        adjustment_negative=_money(arguments.get("adjustment_negative")),
        comment=lenient_comment(args),
        notify=args["notify"],
        return_to_stock=_returned(arguments),
        invoice_id=invoice_id,
    )


def whole_command(memo: dict[str, Any]) -> CreditOrder:
    """Return what a whole credit memo asks for, to be given back only if it comes to its ``grand_total``.

    Its other amounts follow from rows and quantities and are not looked at. Raises `AdobeError` 400 if it
    exists already, chooses its number, has no ``items``, or more than one comment.
    """
    if memo.get("entity_id"):
        raise AdobeError(400, "We cannot register an existing credit memo.")
    refuse_settings(memo, ("increment_id",))
    if memo.get("items") is None:
        raise required("items")
    comments = memo.get("comments") or ()
    if len(comments) > 1:
        raise AdobeError(400, "A credit memo is made with one comment at most. Add the others afterwards.")
    asked = CreditOrder(
        items=_items(memo["items"]),
        shipping_amount=_money(_either(memo, "shipping_amount")) or 0,
        adjustment_positive=_money(_either(memo, "adjustment_positive")),
        adjustment_negative=_money(_either(memo, "adjustment_negative")),
        return_to_stock=_returned(memo),
        invoice_id=memo.get("invoice_id"),
        grand_total=_money(_either(memo, "grand_total")),
    )
    return replace(asked, comment=document_comments.draft_of(comments[0])) if comments else asked


def _items(sent: Sequence[dict[str, Any]] | None) -> dict[int, int]:
    """Return scaled quantities by order item id. Raises `AdobeError` 400 for a row without a quantity.

    The platform takes that for 0, and gives back the shipping alone.
    """
    items = lenient_items(sent)
    if any(item.get("order_item_id") is not None and item.get("qty") is None for item in sent or ()):
        raise required("qty")
    return items


def _returned(sent: dict[str, Any]) -> frozenset[int]:
    extension = sent.get("extension_attributes") or {}
    return frozenset(
        item_id for item_id in extension.get("return_to_stock_items") or () if item_id is not None
    )


def _either(memo: dict[str, Any], name: str) -> int | Decimal | None:
    """Return an amount or its ``base_`` twin: with one currency they are the same."""
    amount: int | Decimal | None = memo.get(name, memo.get(f"base_{name}"))
    return amount


def _money(amount: int | Decimal | None) -> int | None:
    return None if amount is None else round_minor(scaled(amount))
