"""Bundles, virtual and downloadable products over REST on each engine: from the cart to the last invoice."""

import asyncio
import json
from typing import Any

import pytest

from counterfoil.clock import Clock
from counterfoil.ledger.doctor import Finding, examine
from counterfoil.main import engine_for, migrate, open_ledger
from tests.shop import ADDRESS, CHECK, EMAIL, SHIPPING
from tests.unit.dialects.adobe.asgi import Client
from tests.unit.dialects.adobe.shopkeeper import REST, open_client, set_up

TEN = "TEN"
"""Ten per cent off, with the recorded set-up."""


@pytest.fixture
async def client(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:
        client = await set_up(await open_client(ledger))
        yield client
        assert [finding async for finding in examine(ledger) if isinstance(finding, Finding)] == []


async def ask(client: Client, method: str, path: str, body: Any = None) -> Any:
    answer = await client.ask(method, f"{REST}/{path}", body)
    assert answer.status == 200, (method, path, answer)
    return json.loads(answer.content)


async def make_bundle(client: Client, *, price_type: int, shipment_type: int) -> dict[str, Any]:
    """One TX1 for 9.99 (taxed), and if wanted two S1 for 10 and one V1 for 5 (untaxed)."""

    def link(sku: str, qty: int, price: int, kind: int) -> dict[str, Any]:
        return {"sku": sku, "qty": qty, "price": price, "price_type": kind, "position": qty}

    options = [
        {
            "title": "Taxed",
            "required": True,
            "type": "select",
            "position": 1,
            "product_links": [link("TX1", 1, 2, 0)],
        },
        {
            "title": "Extras",
            "required": False,
            "type": "checkbox",
            "position": 2,
            "product_links": [link("V1", 1, 10, 1), link("S1", 2, 1, 0)],
        },
    ]
    product = {
        "sku": "KIT",
        "name": "Kit",
        "type_id": "bundle",
        "price": 50,
        "custom_attributes": {
            "price_type": price_type,
            "shipment_type": shipment_type,
            "tax_class_id": "2",
        },
        "extension_attributes": {
            "stock_item": {"is_in_stock": True},
            "bundle_product_options": options,
        },
    }
    made: dict[str, Any] = await ask(client, "POST", "products", {"product": product})
    return made


def kit(saved: dict[str, Any], qty: int) -> dict[str, Any]:
    """The whole kit as an item for a cart."""
    chosen = [
        {
            "option_id": option["option_id"],
            "option_qty": 1,
            "option_selections": [int(link["id"]) for link in option["product_links"]],
        }
        for option in saved["extension_attributes"]["bundle_product_options"]
    ]
    return {"sku": "KIT", "qty": qty, "product_option": {"extension_attributes": {"bundle_options": chosen}}}


async def order(client: Client, *items: dict[str, Any], coupon: str | None = None) -> dict[str, Any]:
    """Put the items into a guest's cart and order it."""
    mask = await ask(client, "POST", "guest-carts")
    path = f"guest-carts/{mask}"
    for item in items:
        await ask(client, "POST", f"{path}/items", {"cartItem": item | {"quote_id": mask}})
    if coupon:
        await ask(client, "PUT", f"{path}/coupons/{coupon}")
    await ask(client, "POST", f"{path}/shipping-information", SHIPPING)
    totals = await ask(client, "GET", f"{path}/totals")
    payment = CHECK | {"email": EMAIL, "billing_address": ADDRESS}
    order_id = await ask(client, "POST", f"{path}/payment-information", payment)
    placed: dict[str, Any] = await ask(client, "GET", f"orders/{order_id}")
    assert totals["base_grand_total"] == placed["grand_total"]
    return placed


async def invoice(client: Client, order_id: int, **quantities: Any) -> dict[str, Any]:
    items = [{"order_item_id": int(item[1:]), "qty": qty} for item, qty in quantities.items()]
    invoice_id = await ask(client, "POST", f"order/{order_id}/invoice", {"items": items})
    made: dict[str, Any] = await ask(client, "GET", f"invoices/{invoice_id}")
    return made


KINDS = [
    pytest.param(0, 0, id="dynamic-together"),
    pytest.param(0, 1, id="dynamic-separately"),
    pytest.param(1, 0, id="fixed-together"),
    pytest.param(1, 1, id="fixed-separately"),
]


@pytest.mark.parametrize("price_type,shipment_type", KINDS)
async def test_a_bundle_is_ordered_and_invoiced_to_the_cent(client, price_type, shipment_type):
    saved = await make_bundle(client, price_type=price_type, shipment_type=shipment_type)
    placed = await order(client, kit(saved, 3), coupon=TEN)
    parent, taxed, virtual, socks = placed["items"]
    assert [row["product_type"] for row in placed["items"]] == ["bundle", "simple", "virtual", "simple"]
    assert [row["qty_ordered"] for row in placed["items"]] == [3, 3, 3, 6]
    assert all(row["parent_item_id"] == parent["item_id"] for row in (taxed, virtual, socks))
    assert taxed["parent_item"]["item_id"] == parent["item_id"]
    assert (placed["total_item_count"], placed["total_qty_ordered"], parent["sku"]) == (3, 3, "KIT-TX1-V1-S1")
    assert "bundle_options" in parent["product_option"]["extension_attributes"]
    assert "product_option" not in taxed
    # Three kits, or three TX1 and six S1: what is virtual is not shipped.
    assert placed["shipping_amount"] == (45 if shipment_type else 15)
    if price_type:
        assert (parent["price"], parent["discount_amount"], placed["subtotal"]) == (59, 17.7, 177)
        assert parent["tax_amount"] == placed["tax_amount"] == 13.34
        assert [row["price"] for row in (taxed, virtual, socks)] == [0, 0, 0]
    else:
        assert (parent["price"], parent["discount_amount"], placed["subtotal"]) == (34.99, 0, 104.97)
        assert [row["price"] for row in (taxed, virtual, socks)] == [9.99, 5, 10]
        assert [row["discount_amount"] for row in (taxed, virtual, socks)] == [3, 1.5, 6]
        assert taxed["tax_amount"] == parent["tax_amount"] == placed["tax_amount"] == 2.26
    assert placed["grand_total"] == round(
        placed["subtotal"] + placed["discount_amount"] + placed["tax_amount"] + placed["shipping_amount"], 2
    )
    await _invoiced_in_parts(client, placed)


async def _invoiced_in_parts(client: Client, placed: dict[str, Any]) -> None:
    order_id, parent = placed["entity_id"], placed["items"][0]
    first = await invoice(client, order_id, **{f"i{parent['item_id']}": 1})
    assert [row["qty"] for row in first["items"]] == [1, 1, 1, 2]
    rest = await invoice(client, order_id)
    assert [row["qty"] for row in rest["items"]] == [2, 2, 2, 4]
    after = await ask(client, "GET", f"orders/{order_id}")
    assert after["total_invoiced"] == after["total_paid"] == placed["grand_total"]
    assert round(first["grand_total"] + rest["grand_total"], 2) == placed["grand_total"]
    assert [row["qty_invoiced"] for row in after["items"]] == [row["qty_ordered"] for row in after["items"]]
    over = await client.post(
        f"{REST}/order/{order_id}/invoice", {"items": [{"order_item_id": parent["item_id"], "qty": 1}]}
    )
    assert over.status == 400


async def test_the_parts_of_a_dynamic_bundle_are_invoiced_one_by_one(client):
    saved = await make_bundle(client, price_type=0, shipment_type=0)
    placed = await order(client, kit(saved, 2), coupon=TEN)
    parent, taxed, virtual, socks = (row["item_id"] for row in placed["items"])
    first = await invoice(client, placed["entity_id"], **{f"i{socks}": 3})
    assert {row["order_item_id"]: row["qty"] for row in first["items"]} == {socks: 3}
    assert first["subtotal"] == 30
    second = await invoice(client, placed["entity_id"], **{f"i{taxed}": 2, f"i{virtual}": 1})
    assert {row["order_item_id"]: row["qty"] for row in second["items"]} == {parent: 1, taxed: 2, virtual: 1}
    await invoice(client, placed["entity_id"])
    after = await ask(client, "GET", f"orders/{placed['entity_id']}")
    assert after["total_invoiced"] == placed["grand_total"]


async def test_the_last_of_a_part_is_sold_once(client):
    saved = await make_bundle(client, price_type=0, shipment_type=0)
    stock = {
        "product": {"sku": "S1", "extension_attributes": {"stock_item": {"qty": 5, "is_in_stock": True}}}
    }
    await ask(client, "PUT", "products/S1", stock)
    await order(client, kit(saved, 2))
    mask = await ask(client, "POST", "guest-carts")
    refused = await client.post(
        f"{REST}/guest-carts/{mask}/items", {"cartItem": kit(saved, 1) | {"quote_id": mask}}
    )
    assert (refused.status, refused.message) == (400, "The requested qty is not available")
    alone = await order(client, {"sku": "S1", "qty": 1})
    assert alone["subtotal"] == 10


async def test_what_is_virtual_needs_no_shipping(client):
    links = [
        {"title": f"Part {n}", "price": n, "link_type": "url", "link_url": f"https://example.com/{n}"}
        for n in (1, 2)
    ]
    product = {
        "sku": "SONGS",
        "name": "Songs",
        "type_id": "downloadable",
        "price": 3,
        "custom_attributes": {"links_purchased_separately": "1", "tax_class_id": "2"},
        "extension_attributes": {
            "stock_item": {"qty": 100, "is_in_stock": True},
            "downloadable_product_links": links,
        },
    }
    saved = await ask(client, "POST", "products", {"product": product})
    ids = [link["id"] for link in saved["extension_attributes"]["downloadable_product_links"]]
    songs = {
        "sku": "SONGS",
        "qty": 2,
        "product_option": {"extension_attributes": {"downloadable_option": {"downloadable_links": [ids[1]]}}},
    }
    placed = await order(client, songs, {"sku": "V1", "qty": 1})
    assert (placed["is_virtual"], placed["shipping_amount"], placed["subtotal"]) == (1, 0, 15)
    row, other = placed["items"]
    assert (row["is_virtual"], row["product_type"], row["price"]) == (1, "downloadable", 5)
    option = row["product_option"]["extension_attributes"]["downloadable_option"]
    assert option == {"downloadable_links": [ids[1]]}
    assert other["product_type"] == "virtual"
    await invoice(client, placed["entity_id"])
    after = await ask(client, "GET", f"orders/{placed['entity_id']}")
    assert (after["state"], after["total_due"]) == ("complete", 0)


async def test_a_mixed_cart_counts_what_is_shipped(client):
    saved = await make_bundle(client, price_type=0, shipment_type=1)
    placed = await order(client, kit(saved, 1), {"sku": "S2", "qty": 2}, {"sku": "V1", "qty": 4}, coupon=TEN)
    # One TX1, two S1 and two S2.
    assert (placed["is_virtual"], placed["shipping_amount"], placed["total_item_count"]) == (0, 25, 5)
    await invoice(client, placed["entity_id"])
    after = await ask(client, "GET", f"orders/{placed['entity_id']}")
    assert (after["state"], after["total_due"]) == ("processing", 0)


async def test_many_who_want_the_last_kit_at_once_get_it_once(client):
    saved = await make_bundle(client, price_type=0, shipment_type=0)
    stock = {
        "product": {"sku": "S1", "extension_attributes": {"stock_item": {"qty": 3, "is_in_stock": True}}}
    }
    await ask(client, "PUT", "products/S1", stock)
    masks = [await ask(client, "POST", "guest-carts") for _ in range(6)]
    for mask in masks:
        path = f"guest-carts/{mask}"
        await ask(client, "POST", f"{path}/items", {"cartItem": kit(saved, 1) | {"quote_id": mask}})
        await ask(client, "POST", f"{path}/shipping-information", SHIPPING)

    async def place(mask: str) -> int:
        body = CHECK | {"email": EMAIL, "billing_address": ADDRESS}
        url = f"{REST}/guest-carts/{mask}/payment-information"
        return int((await client.post(url, body)).status)

    assert sorted(await asyncio.gather(*map(place, masks))) == [200, 400, 400, 400, 400, 400]


async def test_choices_are_shown_changed_and_refused_in_adobes_words(client):
    await make_bundle(client, price_type=0, shipment_type=0)
    mask = await ask(client, "POST", "guest-carts")
    path = f"guest-carts/{mask}"

    def chosen(**choices: list[int]) -> dict[str, Any]:
        options = [
            {"option_id": int(option[1:]), "option_qty": 1, "option_selections": selections}
            for option, selections in choices.items()
        ]
        extension = {"extension_attributes": {"bundle_options": options}}
        return {"sku": "KIT", "qty": 1, "quote_id": mask, "product_option": extension}

    for item, message in (
        ({"sku": "KIT", "qty": 1, "quote_id": mask}, "Please specify product option(s)."),
        (chosen(o2=[2]), "Please select all required options."),
        (chosen(o1=[1, 3]), "Option type (%types) should have only one element."),
        (chosen(o1=[2]), "The options you selected are not available."),
        (chosen(o1=[1], o9=[1]), "The options you selected are not available."),
        (chosen(o1=[1]) | {"qty": 1.5}, "You cannot use decimal quantity for this product."),
    ):
        refused = await client.post(f"{REST}/{path}/items", {"cartItem": item})
        assert (refused.status, refused.message) == (400, message)
    row = await ask(client, "POST", f"{path}/items", {"cartItem": chosen(o1=[1], o2=[2, 3])})
    assert (row["sku"], row["price"], row["product_type"]) == ("KIT-TX1-V1-S1", 34.99, "bundle")
    assert row["product_option"]["extension_attributes"]["bundle_options"] == [
        {"option_id": 1, "option_qty": 1, "option_selections": [1]},
        {"option_id": 2, "option_qty": 2, "option_selections": [2, 3]},
    ]
    totals = await ask(client, "GET", f"{path}/totals")
    assert json.loads(totals["items"][0]["options"]) == [
        {"value": "1 x TX1", "label": "Taxed"},
        {"value": "1 x V1", "label": "Extras"},
        {"value": "2 x S1", "label": "Extras"},
    ]
    changed = await ask(client, "PUT", f"{path}/items/{row['item_id']}", {"cartItem": chosen(o1=[1])})
    assert (changed["item_id"], changed["sku"], changed["price"]) == (row["item_id"], "KIT-TX1", 9.99)
    (listed,) = await ask(client, "GET", f"{path}/items")
    assert listed["product_option"] == changed["product_option"]
    whole = await ask(client, "GET", f"guest-carts/{mask}")
    assert (whole["items_count"], whole["items_qty"], whole["is_virtual"]) == (1, 1, False)
