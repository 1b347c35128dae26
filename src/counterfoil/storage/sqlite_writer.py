"""Writing the books on SQLite: plain statements, one row at a time, inside the one writing transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from counterfoil.domain.decision import Scope
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import KeyName, Loaded, StockLevel, Writes
from counterfoil.storage import nonces, rows, statements
from counterfoil.storage.reader import BookReader
from counterfoil.storage.rows import ITEM_COLUMNS, KEY_COLUMNS, ORDER_COLUMNS
from counterfoil.storage.session import Session, marks

_HEAD = f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders WHERE entity_id = ?"
_ITEMS = f"SELECT {', '.join(ITEM_COLUMNS)} FROM order_item WHERE order_id = ?"
# Of bundles priced by their parts also what was canceled: the bundle is invoiced as far as all parts are.
_ITEMS_OPEN = f"{_ITEMS} AND qty_invoiced < qty_ordered - qty_canceled * (1 - children_calculated)"
_ITEMS_BELOW = f"{_ITEMS} AND top_item_id IN ({{}})"
_TOPS_OF = "SELECT DISTINCT top_item_id FROM order_item WHERE order_id = ? AND item_id IN ({})"
_KEY = f"SELECT {', '.join(KEY_COLUMNS)} FROM idempotency_key WHERE scope = ? AND key = ?"
_SERIES = "SELECT name, next_value FROM series WHERE name IN ({})"
_ATTACHMENTS = "SELECT order_id, kind, name, body FROM attachment WHERE (order_id, kind, name) IN (VALUES {})"
_MOST_NAMED = 500

T = TypeVar("T")


class SqliteTransaction(BookReader):
    """One writing transaction on SQLite. The whole database is locked, so no row needs to be."""

    def __init__(self, session: Session, commit: Callable[[int], Awaitable[None]]) -> None:
        """Make a transaction over ``session``; ``commit`` is told how many commands it commits."""
        super().__init__(session)
        self._commit = commit
        self._commands = 0
        self.wrote_tasks = False
        self.wrote_outbox = False

    async def load(
        self, scopes: Mapping[int, Scope], keys: Sequence[KeyName], *, series: Sequence[str] = (), wait: bool
    ) -> Loaded:
        """Load the orders, keys and series. Nobody else can hold an order."""
        del wait
        orders: dict[int, Order] = {}
        for order_id, scope in scopes.items():
            head = await self.session.rows(_HEAD, (order_id,))
            if head:
                orders[order_id] = rows.order(head[0], await self._load_items(order_id, scope))
        await self._add_attachments(orders, scopes)
        await self.add_rare(orders, scopes)
        found = {}
        for key in keys:
            for row in await self.session.rows(_KEY, (key.scope, key.key)):
                found[(key.scope, key.key)] = rows.stored_key(row)
        listened = bool(scopes) and await self.listened()
        return Loaded(orders, frozenset(), found, await self.lock_series(series), listened=listened)

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
        await statements.write_stock(self.session, levels)

    async def claim_nonces(self, expiries: Mapping[str, int]) -> set[str]:
        """Store digests that are not stored yet and return which those were."""
        self._commands += len(expiries)
        return await nonces.claim(self.session, expiries)

    async def forget_nonces(self, now: int, *, limit: int) -> None:
        """Remove nonces that have expired."""
        await nonces.forget(self.session, now, limit)

    async def write(self, writes: Writes) -> None:
        """Write to the books. Raises `Conflict` if an order is not at the version it was loaded at."""
        self._commands += len(writes.journal) + len(writes.tasks)
        self.wrote_tasks |= bool(writes.tasks)
        self.wrote_outbox |= bool(writes.outbox)
        for statement, parameters in (*statements.updates(writes), *statements.rare_updates(writes)):
            for values in parameters:
                await self._update(statement, values)
        for statement, parameters in statements.of(writes):
            await self.session.run_many(statement, parameters)

    async def commit(self) -> None:
        """Make everything durable."""
        await self._commit(self._commands)

    async def _update(self, statement: str, values: Sequence[Any]) -> None:
        """Update one row. Raises `Conflict` if it is not there as it was loaded."""
        if not await self.session.rows(f"{statement} RETURNING 1", values):
            raise Conflict

    async def _add_attachments(self, orders: dict[int, Order], scopes: Mapping[int, Scope]) -> None:
        wanted = [
            (order_id, kind, name)
            for order_id in orders
            for kind, names in (
                (rows.PACKAGE, scopes[order_id].packages),
                (rows.CHANGE, scopes[order_id].changes),
            )
            for name in names
        ]
        for part in _parts(wanted):
            statement = _ATTACHMENTS.format(", ".join(["(?, ?, ?)"] * len(part)))
            found = await self.session.rows(statement, [value for named in part for value in named])
            for order_id, *attachment in found:
                orders[order_id] = rows.with_attachments(orders[order_id], [tuple(attachment)])

    async def _load_items(self, order_id: int, scope: Scope) -> dict[int, OrderItem]:
        found: list[rows.Row] = []
        if scope.all_items:
            found += await self.session.rows(_ITEMS, (order_id,))
        elif scope.open_to_invoice:
            found += await self.session.rows(_ITEMS_OPEN, (order_id,))
        if scope.item_ids and not scope.all_items:
            # Nearly always parents are asked for; only ids that are none are looked up as children.
            found += await self._below(order_id, sorted(scope.item_ids))
            others = sorted(scope.item_ids - {row[0] for row in found})
            for part in _parts(others):
                tops = await self.session.rows(_TOPS_OF.format(marks(len(part))), (order_id, *part))
                found += await self._below(order_id, [row[0] for row in tops])
        items = {row[0]: rows.order_item(row) for row in found}
        return items if len(items) == 1 else dict(sorted(items.items()))

    async def _below(self, order_id: int, top_ids: Sequence[int]) -> list[rows.Row]:
        found: list[rows.Row] = []
        for part in _parts(top_ids):
            found += await self.session.rows(_ITEMS_BELOW.format(marks(len(part))), (order_id, *part))
        return found


def _parts(ids: Sequence[T]) -> list[Sequence[T]]:
    return [ids[start : start + _MOST_NAMED] for start in range(0, len(ids), _MOST_NAMED)]
