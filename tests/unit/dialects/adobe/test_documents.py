"""What is printed of an order and an invoice, against what Magento 2.4.7 printed of the same."""

import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from counterfoil.dialects.adobe.invoice_document import invoice_document
from counterfoil.dialects.adobe.order_document import item_documents, order_document
from counterfoil.dialects.adobe.render import encode
from counterfoil.domain.order import ItemTax
from tests.drafts import draft, row
from tests.unit.dialects.adobe.recorded import body, invoice_of, order_of, walks

ORDERS = [209, 211, 213, 224, 227, 302, 306, 312, 328, 335, 752, 756]
INVOICES = [214, 226, 311, 758]
PLACED = [(name, walk["order_initial"]) for name, walk in walks()]
ISSUED = [
    (f"{name}-{step['n']}", step["document"])
    for name, walk in walks()
    for step in walk["steps"]
    if step["op"] == "invoice" and step["http"] == 200
]


def printed(document):
    """Return the document as a client reads it."""
    return json.loads(encode(document), parse_float=Decimal)


def meant(document):
    """Return a recorded order without what ours leaves out, and with ids that follow from the position."""
    if isinstance(document, list):
        return [meant(entry) for entry in document]
    if not isinstance(document, dict):
        return document
    kept = {key: meant(value) for key, value in document.items()}
    if kept.get("account_status", 0) is None:
        kept["entity_id"] = kept["parent_id"]  # the payment of an order has the order's id
    for own in ("tax_id", "tax_item_id"):
        if own in kept:
            kept[own] = 0
    return kept


def without_times(document):
    """Drop the times of rows, which are the order's here."""
    if isinstance(document, list):
        return [without_times(entry) for entry in document]
    if not isinstance(document, dict):
        return document
    kept = {key: without_times(value) for key, value in document.items()}
    if "item_id" in kept and "sku" in kept:
        kept.pop("created_at", None)
        kept.pop("updated_at", None)
    for own in ("tax_id", "tax_item_id"):
        if own in kept:
            kept[own] = 0
    return kept


def assert_same(ours, recorded):
    ours, recorded = without_times(ours), without_times(meant(recorded))
    assert ours == recorded
    assert json.dumps(ours, default=str) == json.dumps(recorded, default=str), (
        "the keys come in the same order"
    )


@pytest.mark.parametrize("number", ORDERS)
def test_an_order_is_printed_as_recorded(number):
    recorded = body(number)
    assert_same(printed(order_document(order_of(recorded), mailed=True)), recorded)


@pytest.mark.parametrize("recorded", [document for _, document in PLACED], ids=[name for name, _ in PLACED])
def test_an_order_with_taxes_coupons_and_virtual_rows_is_printed_as_recorded(recorded):
    assert_same(printed(order_document(order_of(recorded), mailed=True)), recorded)


@pytest.mark.parametrize("number", INVOICES)
def test_an_invoice_is_printed_as_recorded(number):
    recorded = body(number)
    assert_same(printed(invoice_document(invoice_of(recorded))), recorded)


@pytest.mark.parametrize("recorded", [document for _, document in ISSUED], ids=[name for name, _ in ISSUED])
def test_an_invoice_of_a_walk_is_printed_as_recorded(recorded):
    assert_same(printed(invoice_document(invoice_of(recorded))), recorded)


def test_a_listed_invoice_is_printed_as_recorded():
    for recorded in body(215)["items"]:
        assert_same(printed(invoice_document(invoice_of(recorded))), recorded)


def test_rows_alone_leave_out_the_taxes():
    order = order_of(body(211))
    alone = list(item_documents(order, order.items.values()))
    assert all("extension_attributes" not in row for row in alone)
    assert alone[1]["parent_item"] == alone[0]


def test_a_mirrored_row_asked_for_alone_still_holds_its_parent():
    order = order_of(body(211))
    (alone,) = item_documents(order, [order.items[2]])
    assert alone["parent_item"]["item_id"] == 1


def test_a_virtual_order_has_no_shipping_address():
    made = draft(row("V1", 500, virtual=True), shipping=0)
    assert made.particulars is not None
    made = replace(made, particulars=replace(made.particulars, shipping_address=None))
    document = printed(order_document(made))
    shipping = document["extension_attributes"]["shipping_assignments"][0]["shipping"]
    assert shipping.keys() == {"total"}
    assert "shipping_description" not in document
    assert document["is_virtual"] == 1


def test_taxes_on_shipping_are_shown_apart():
    made = draft(row("TX1", 999))
    assert made.particulars is not None
    tax = ItemTax("US-NY", "US-NY", 83_750, 4_200, "shipping")
    made = replace(made, particulars=replace(made.particulars, shipping_taxes=(tax,)))
    extension = printed(order_document(made))["extension_attributes"]
    assert extension["item_applied_taxes"][0]["type"] == "shipping"
    (itemized,) = extension["additional_itemized_taxes"]
    assert itemized["taxable_item_type"] == "shipping"
    assert "item_id" not in itemized
    assert extension["taxes"][0]["amount"] == Decimal("0.42")
