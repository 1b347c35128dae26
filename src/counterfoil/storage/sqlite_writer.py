"""Writing the books on SQLite: plain statements, one row at a time, inside the one writing transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from counterfoil.domain.decision import Scope
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import KeyName, Loaded, StockLevel, Writes
from counterfoil.storage import inserts, rows
from counterfoil.storage.reader import BookReader
from counterfoil.storage.rows import ITEM_CHANGES, ITEM_COLUMNS, KEY_COLUMNS, ORDER_CHANGES, ORDER_COLUMNS
from counterfoil.storage.session import Session, marks

_HEAD = f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders WHERE entity_id = ?"
_ITEMS = f"SELECT {', '.join(ITEM_COLUMNS)} FROM order_item WHERE order_id = ?"
_ITEMS_OPEN = f"{_ITEMS} AND qty_invoiced < qty_ordered - qty_canceled ORDER BY item_id"
_ITEMS_NAMED = (
    f"{_ITEMS} AND top_item_id IN "
    "(SELECT top_item_id FROM order_item WHERE order_id = ? AND item_id IN ({})) ORDER BY item_id"
)
_KEY = f"SELECT {', '.join(KEY_COLUMNS)} FROM idempotency_key WHERE scope = ? AND key = ?"
_SERIES = "SELECT name, next_value FROM series WHERE name IN ({})"
_UPDATE_ORDER = (
    f"UPDATE orders SET {', '.join(f'{name} = ?' for name in ORDER_CHANGES)} "
    "WHERE entity_id = ? AND version = ?"
)
_UPDATE_ITEM = (
    f"UPDATE order_item SET {', '.join(f'{name} = ?' for name in ITEM_CHANGES)} "
    "WHERE order_id = ? AND top_item_id = ? AND item_id = ?"
)
_MOST_NAMED = 500


class SqliteTransaction(BookReader):
    """One writing transaction on SQLite. The whole database is locked, so no row needs to be."""

    def __init__(self, session: Session, commit: Callable[[Any], None]) -> None:
        super().__init__(session)
        self._commit = commit

    async def load(self, scopes: Mapping[int, Scope], keys: Sequence[KeyName], *, wait: bool) -> Loaded:
        """Load the orders and look up the keys. Nobody else can hold an order."""
        del wait
        orders: dict[int, Order] = {}
        for order_id, scope in scopes.items():
            head = await self.session.rows(_HEAD, (order_id,))
            if head:
                orders[order_id] = rows.order(head[0], await self._load_items(order_id, scope))
        found = {}
        for key in keys:
            for row in await self.session.rows(_KEY, (key.scope, key.key)):
                found[(key.scope, key.key)] = rows.stored_key(row)
        return Loaded(orders, frozenset(), found)

    async def lock_series(self, names: Sequence[str]) -> dict[str, int]:
        """Return the next values of series (1 for a new one)."""
        stored: dict[str, int] = (
            dict(await self.session.rows(_SERIES.format(marks(len(names))), names)) if names else {}
        )
        return {name: stored.get(name, 1) for name in names}

    async def lock_stock(self, product_ids: Sequence[int]) -> dict[int, StockLevel]:
        """Return stock levels."""
        return await self.stock(product_ids)

    async def write_stock(self, levels: Sequence[StockLevel]) -> None:
        """Insert or replace stock levels."""
        await inserts.write_stock(self.session, levels)

    async def write(self, writes: Writes) -> None:
        """Write to the books. Raises `Conflict` if an order is not at the version it was loaded at."""
        for version, order in writes.changed:
            changed = await self.session.rows(
                f"{_UPDATE_ORDER} RETURNING 1",
                [*rows.values(order, ORDER_CHANGES), order.entity_id, version],
            )
            if not changed:
                raise Conflict
        if writes.items:
            await self.session.run_many(
                _UPDATE_ITEM,
                [
                    [
                        *rows.values(item, ITEM_CHANGES),
                        order_id,
                        item.parent_item_id or item.item_id,
                        item.item_id,
                    ]
                    for order_id, item in writes.items
                ],
            )
        for statement, parameters in inserts.of(writes):
            await self.session.run_many(statement, parameters)

    async def commit(self) -> None:
        """Make everything durable."""
        self._commit(self.session)

    async def _load_items(self, order_id: int, scope: Scope) -> dict[int, OrderItem]:
        found: list[rows.Row] = []
        if scope.open_to_invoice:
            found = await self.session.rows(_ITEMS_OPEN, (order_id,))
        if scope.item_ids:
            named = sorted(scope.item_ids)
            for start in range(0, len(named), _MOST_NAMED):
                part = named[start : start + _MOST_NAMED]
                statement = _ITEMS_NAMED.format(marks(len(part)))
                found += await self.session.rows(statement, (order_id, order_id, *part))
        items = {row[0]: rows.order_item(row) for row in found}
        return dict(sorted(items.items()))
