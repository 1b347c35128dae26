"""What a nightly export does with vtex (requests). Runs in an environment that has only that."""

import json
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from vtex import Vtex

given = json.load(sys.stdin)
order_id = given["order_id"]
seen: dict[str, Any] = {}


class Redirect(HTTPAdapter):
    """Sends what is meant for the platform's host, which the library has by heart, to this server."""

    def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        seen["host"] = parts.netloc
        request.url = urlunsplit(parts._replace(scheme="http", netloc=f"127.0.0.1:{given['port']}"))
        return super().send(request, *arguments, **options)


def connect(token: str) -> Vtex:
    session = requests.Session()
    session.mount("https://", Redirect())
    return Vtex("acme", "vtexcommercestable", given["key"], token, session=session)


orders = connect(given["token"]).order_management


def reading() -> None:
    seen["order"] = list(orders.get_order(order_id))
    seen["unknown"] = list(orders.get_order("v1nobody-01"))
    seen["wrong token"] = list(connect("wrong").order_management.get_order(order_id))
    seen["conversation"] = list(orders.get_conversation(order_id))
    seen["transaction"] = list(orders.get_payment_transaction(order_id))


def row_ids(result: Any) -> list[Any]:
    """Return status, number of pages and the ids of the orders on the page."""
    return [result.status_code, result.total_pages, [row["orderId"] for row in result.json["list"]]]


def listing() -> None:
    created = datetime.fromisoformat(orders.get_order(order_id).json["creationDate"]).astimezone(UTC)
    past = datetime(2001, 2, 3, tzinfo=UTC)
    seen["all"] = row_ids(orders.get_list_orders())
    seen["second page"] = row_ids(orders.get_list_orders(page=2))
    seen["by page"] = row_ids(orders.get_list_orders_by_page(1))
    seen["its day"] = row_ids(orders.get_list_orders_per_day(created))
    seen["its hour"] = row_ids(orders.get_list_orders_per_hour_of_day(created, created.hour))
    minute = orders.get_list_orders_per_hour_minute_of_day(created, created.hour, created.minute)
    seen["its minute"] = row_ids(minute)
    seen["another day"] = row_ids(orders.get_list_orders_per_day(past))
    seen["another hour"] = row_ids(orders.get_list_orders_per_hour_of_day(past, 4))
    seen["another minute"] = row_ids(orders.get_list_orders_per_hour_minute_of_day(past, 4, 5))
    refused = connect("wrong").order_management.get_list_orders_by_page(1)
    seen["wrong token"] = list(refused)


{chapter.__name__: chapter for chapter in (reading, listing)}[given["chapter"]]()
print(json.dumps(seen))
