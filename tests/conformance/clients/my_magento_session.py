"""What a report script does with my-magento. Runs in an environment that has only that."""

import json
import sys
from typing import Any

from magento import Client
from magento.exceptions import AuthenticationError

given = json.load(sys.stdin)


def connect(password):
    """Return a client that is not signed in yet. The library drops the port from the domain it is given."""
    client = Client(
        "127.0.0.1",
        given["user"],
        password,
        local=True,
        login=False,
        user_agent="report",
        log_level="CRITICAL",
    )
    client.BASE_URL = f"{given['url']}/rest/V1/"
    return client


def many(result):
    """Return a list: the library gives None for nothing, and one alone without a list."""
    return [] if result is None else result if isinstance(result, list) else [result]


seen: dict[str, Any] = {}
try:
    connect("wrong").authenticate()
except AuthenticationError as error:
    seen["wrong password"] = str(error)
client = connect(given["password"])
seen["signed in"] = client.authenticate()

order = client.orders.by_id(given["order_id"])
seen["order"] = [order.id, order.number, order.status, order.grand_total]
seen["items"] = [[item.sku, item.qty_ordered, item.qty_invoiced] for item in order.items]
seen["totals"] = [order.total_qty_invoiced, order.total_qty_outstanding, order.net_total]
seen["ship to"] = order.ship_to
seen["bill to"] = order.bill_to
seen["payment"] = order.payment
seen["by number"] = client.orders.by_number(order.number).id
seen["by list"] = sorted(one.id for one in many(client.orders.by_list("entity_id", [order.id, 999999])))
seen["processing"] = [one.id for one in many(client.orders.add_criteria("status", "processing").execute())]
search = client.orders.add_criteria("entity_id", 0, "gt").restrict_fields(["entity_id", "status"])
seen["restricted"] = sorted(sorted(one.data) for one in many(search.execute()))
seen["since"] = len(many(client.orders.since("2020-01-01").execute()))
seen["all"] = len(many(client.orders.get_all()))
seen["until"] = len(many(client.orders.until("2020-01-01").execute()))
seen["unknown order"] = client.orders.by_id(999999)
seen["by sku"] = sorted({one.id for one in many(client.orders.by_sku("S1"))})

invoices = many(client.invoices.by_order(order))
seen["invoices"] = [[invoice.entity_id, invoice.grand_total] for invoice in invoices]
seen["invoice by number"] = client.invoices.by_number(invoices[0].increment_id).entity_id
seen["order items"] = len(many(client.order_items.by_sku("CONF-RED")))

product = client.products.by_sku("S1")
seen["product"] = [product.sku, product.price, product.stock]
seen["products"] = sorted(one.sku for one in many(client.products.by_skulist(["S1", "S2", "NOPE"])))
seen["stock"] = client.products.get_stock("S2")
configurable = client.products.by_sku("CONF")
seen["variations"] = sorted(child.sku for child in configurable.children)
seen["other scope"] = client.get(client.url_for(f"orders/{order.id}", scope="default")).status_code

print(json.dumps(seen))
