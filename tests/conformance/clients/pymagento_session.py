"""What a script of a shop's back office does with pymagento. Runs in an environment that has only that."""

import json
import sys
import time
from typing import Any

from magento import Magento
from magento.exceptions import MagentoException
from magento.queries import make_field_value_query, make_search_query

given = json.load(sys.stdin)
client = Magento(token=given["token"], base_url=given["url"])
order_id = given["order_id"]
order = client.get_order(order_id)
items = [item for item in order["items"] if "parent_item_id" not in item]
seen: dict[str, Any] = {}

seen["first invoice"] = client.create_order_invoice(
    order_id, {"items": [{"order_item_id": items[0]["item_id"], "qty": 1}]}, notify=False
)
seen["second invoice"] = client.create_order_invoice(order_id)
try:
    client.create_order_invoice(order_id)
except MagentoException as error:
    seen["third invoice"] = str(error)
try:
    client.create_order_invoice(
        given["other_order_id"], {"items": [{"order_item_id": given["other_item_id"], "qty": 9}]}
    )
except MagentoException as error:
    seen["too much"] = [error.message, error.parameters]

invoices = list(client.get_order_invoices(order_id))
seen["invoices"] = [[str(invoice["entity_id"]), invoice["grand_total"]] for invoice in invoices]
seen["invoice by number"] = client.get_invoice_by_increment_id(invoices[1]["increment_id"])["entity_id"]
seen["invoice"] = client.get_invoice(invoices[0]["entity_id"])["total_qty"]
seen["unknown invoice"] = client.get_invoice(999999, none_on_404=True)

order = client.get_order(order_id)
seen["invoiced"] = [item["qty_invoiced"] for item in order["items"]]
seen["order state"] = [order["state"], order["status"], order["total_due"]]
seen["order by number"] = client.get_order_by_increment_id(order["increment_id"])["entity_id"]
seen["orders by number"] = list(client.get_orders_by_increment_ids([order["increment_id"], "nope"]))
seen["last order"] = client.get_last_orders(limit=1)[0]["entity_id"]
seen["count"] = client.get_total_orders_count()
seen["pending"] = [one["entity_id"] for one in client.get_orders(status="pending")]
seen["not pending"] = [
    one["entity_id"] for one in client.get_orders(status="pending", status_condition_type="neq")
]
seen["page by page"] = [
    one["entity_id"]
    for one in client.get_paginated(
        "/V1/orders", query=make_search_query([], sort_orders=[("entity_id", "ASC")]), page_size=1
    )
]
by_id = make_field_value_query("entity_id", order_id)
seen["two fields"] = list(client.get_orders(query=by_id, fields="entity_id,status"))
seen["unknown order"] = client.get_order(999999, none_on_404=True)
seen["no order"] = client.get_order_by_increment_id("nope")

seen["order item"] = client.get_order_item(items[0]["item_id"])["sku"]
seen["order items"] = [item["item_id"] for item in client.get_orders_items(sku="CONF-RED")]
seen["bought"] = client.skus_were_bought(["CONF-RED", "S1", "S3"])
seen["was bought"] = [client.sku_was_bought("S1"), client.sku_was_bought("S3")]

top = [item["item_id"] for item in client.get_order(order_id)["items"] if "parent_item_id" not in item]
track = {"track_number": "1Z9", "title": "UPS", "carrier_code": "ups"}
shipment = client.ship_order(
    order_id, {"items": [{"order_item_id": top[0], "qty": 1}], "tracks": [track], "notify": False}
)
seen["shipment"] = [shipment, client.get_shipment(shipment)["tracks"][0]["track_number"]]
seen["label"] = client.get_shipment_label(shipment)
seen["shipment comments"] = list(client.get_shipment_comments(shipment))
rest = client.ship_order(order_id, {})
seen["shipments"] = [one["total_qty"] for one in client.get_order_shipments(order_id)]
try:
    client.ship_order(order_id, {})
except MagentoException as error:
    seen["third shipment"] = str(error)
seen["credit memos"] = list(client.get_credit_memos())
order = client.get_order(order_id)
seen["complete"] = [order["status"], [item["qty_shipped"] for item in order["items"]]]
seen["product"] = client.get_product("S1")["price"]
seen["unknown product"] = client.get_product("NOPE")
seen["product by id"] = client.get_product_by_id(client.get_product("S2")["id"])["sku"]
seen["products"] = sorted(product["sku"] for product in client.get_products())
seen["stock"] = client.get_product_stock_item("S1")["qty"]
item_id = client.get_product_stock_item("S1")["item_id"]
client.update_product_stock_item_quantity("S1", item_id, 77)
seen["new stock"] = client.get_product_stock_item("S1")["qty"]
seen["stock status"] = client.get_product_stock_status("S1")["stock_status"]
seen["options"] = [option["label"] for option in client.get_products_attribute_options("color")]
client.save_product(
    {"sku": "PY-1", "name": "From pymagento", "attribute_set_id": 4, "price": 12.5, "type_id": "simple"}
)
seen["saved product"] = client.get_product("PY-1")["price"]
client.update_product("PY-1", {"price": 13})
seen["updated product"] = client.get_product("PY-1")["price"]
seen["websites"] = [website["code"] for website in client.get_websites()]
seen["store configs"] = [config["code"] for config in client.get_store_configs()]

other = client.get_order(given["other_order_id"])
seen["hold"] = client.hold_order(other["entity_id"])
seen["held"] = client.get_order(other["entity_id"])["state"]
seen["unhold"] = client.unhold_order(other["entity_id"])
saved = client.set_order_status(other, "pending", external_order_id="ERP-7")
seen["status"] = [saved["state"], saved["status"], saved["ext_order_id"], saved["grand_total"]]
saved["customer_firstname"] = "Ada"
seen["saved order"] = client.save_order(saved)["customer_firstname"]
address = client.save_order_address({**saved["billing_address"], "city": "Utica"})
seen["address"] = [address["city"], address["lastname"]]

bulk = client.async_update_products(
    [{"sku": "PY-1", "price": 14}, {"sku": "NOPE-" * 20, "name": "The sku is too long", "price": 1}]
)
seen["bulk"] = [bulk["errors"], [item["status"] for item in bulk["request_items"]]]
uuid = bulk["bulk_uuid"]
for _ in range(200):
    if client.get_bulk_operation_status_count(uuid, 4) == 0:
        break
    time.sleep(0.05)
status = client.get_bulk_status(uuid)
seen["bulk status"] = [[one["id"], one["status"]] for one in status["operations_list"]]
seen["bulk head"] = [status["bulk_id"] == uuid, status["description"], status["operation_count"]]
seen["bulk detailed"] = [
    json.loads(one["result_serialized_data"])["price"] if one["status"] == 1 else one["result_message"]
    for one in client.get_bulk_detailed_status(uuid)["operations_list"]
]
by_uuid = make_field_value_query("bulk_uuid", uuid)
seen["bulk operations"] = [one["status"] for one in client.get_bulk_operations(query=by_uuid)]
seen["bulk price"] = client.get_product("PY-1")["price"]
seen["unknown bulk"] = client.get_bulk_status("nosuch", none_on_404=True)

print(json.dumps(seen))
