"""What the bundled test gateway has moved, next to what the books say: both must be the same, exactly."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests import books
from tests.shop import Shop, where

SCALE = 10_000
PATIENCE_S = 40


def movements(path: Path) -> list[dict[str, Any]]:
    """Return what the gateway was asked, and did or refused."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def done(path: Path, kind: str) -> Counter[tuple[str, int]]:
    """Return what the gateway did: the names of movements and their scaled amounts."""
    return Counter(
        (one["txn_id"], one["amount"])
        for one in movements(path)
        if one["kind"] == kind and one.get("txn_id") is not None
    )


def assert_money_is_in_the_books(database_url: str, path: Path) -> None:
    """See that every movement has its document and every document its movement, to the cent."""
    assert _documents(database_url, "invoice") == done(path, "capture")
    assert _documents(database_url, "creditmemo") == done(path, "refund")
    held = Counter(
        (txn_id, amount)
        for txn_id, amount in books.query(
            database_url, "SELECT authorization_id, amount_authorized FROM orders WHERE amount_authorized > 0"
        )
    )
    given_up = Counter(one["parent_txn_id"] for one in movements(path) if _voided(one))
    for (txn_id, amount), count in done(path, "authorization").items():
        assert count == 1
        assert held[txn_id, amount] == 1 or given_up[txn_id] == 1, f"{txn_id} is forgotten"
    assert held <= done(path, "authorization")
    canceled = "SELECT authorization_id, amount_canceled FROM orders WHERE amount_canceled > 0"
    of_orders = {txn_id for txn_id, _ in held}
    assert dict(books.query(database_url, canceled)) == {
        one["parent_txn_id"]: one["amount"]
        for one in movements(path)
        if _voided(one) and one["parent_txn_id"] in of_orders
    }


def wait_until_settled(database_url: str, *, within_s: float = PATIENCE_S) -> None:
    """Return when no operation and no authorisation is open any more."""
    deadline = time.monotonic() + within_s
    while True:
        waiting = books.query(
            database_url,
            "SELECT order_id, kind FROM payment_operation WHERE state IN ('wanted', 'sent', 'unknown')",
        )
        waiting += books.query(
            database_url,
            "SELECT id, kind, due_ms FROM task WHERE state = 'open' AND kind IN ('payment', 'authorization')",
        )
        if not waiting:
            return
        assert time.monotonic() < deadline, f"still open: {waiting[:5]}"
        time.sleep(0.1)


def place(shop: Shop, items: list[dict[str, Any]], *, token: str = "ok") -> int:
    """Order as a guest who pays by the test gateway, which behaves as ``token`` says."""
    return int(shop.must("PUT", order_path(shop, items), payment(token)))


def order_path(shop: Shop, items: list[dict[str, Any]]) -> str:
    """Fill a cart and return the path that places it."""
    return f"/rest/V1/guest-carts/{shop.cart(items)}/order"


def payment(token: str = "ok") -> dict[str, Any]:
    return {"paymentMethod": {"method": "testgateway", "additional_data": {"token": token}}}


def memos_of(shop: Shop, order_id: int) -> list[dict[str, Any]]:
    found = shop.must("GET", f"/rest/V1/creditmemos?{where('order_id', order_id)}")
    memos: list[dict[str, Any]] = found["items"]
    return memos


def _voided(one: dict[str, Any]) -> bool:
    return one["kind"] == "void" and one.get("txn_id") is not None


def _documents(database_url: str, table: str) -> Counter[tuple[str, int]]:
    statement = f"SELECT transaction_id, grand_total FROM {table} WHERE transaction_id IS NOT NULL"
    return Counter((txn_id, total) for txn_id, total in books.query(database_url, statement))
