"""Orders placed in numbers, past the carts, before a service is started on the database."""

import asyncio

from msgspec.structs import replace

from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Actor
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import StockLevel, Transaction
from counterfoil.main import open_ledger
from tests.drafts import draft, row

AT_ONCE = 100
STOCK = 10**12
PLACER = Actor("test", "test")


def two_rows(qty: int = 1) -> Order:
    """Two rows, ``qty`` of a taxed product and one variation, and shipping of 5.00."""
    return draft(row("TX1", 999, qty, tax_percent=83_750), row("CONF-RED", 3000, configurable=True))


def in_thirds() -> Order:
    """Three units for 10.00 together, with tax of 0.83 and discount of 1.00."""
    return draft(row("S1", 333, 3, row_total=1000, tax=83, discount=100), shipping=0)


def place_many(database_url: str, *kinds: tuple[Order, int]) -> list[list[int]]:
    """Place as many orders of each kind as are wanted and return their ids by kind.

    Their products are in stock, the same ones for all orders, so that orders meet there, too.
    """
    return asyncio.run(_place_many(database_url, kinds))


async def _place_many(database_url: str, kinds: tuple[tuple[Order, int], ...]) -> list[list[int]]:
    wanted = [(place, kind) for place, (kind, count) in enumerate(kinds) for _ in range(count)]
    ids: list[list[int]] = [[] for _ in kinds]
    async with open_ledger(database_url) as ledger:
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]

            async def work(transaction: Transaction, part=part, start=start) -> Body:
                products = {item.product_id for kind, _ in kinds for item in kind.items.values()}
                levels = [_level(product) for product in sorted(products)]
                await transaction.write_stock(levels)
                placed = []
                for offset, (place, kind) in enumerate(part, start=start + 1):
                    assert kind.particulars is not None
                    own = replace(kind, particulars=replace(kind.particulars, quote_id=offset))
                    order = await ledger.place(transaction, own, actor=PLACER)
                    placed.append((place, order.entity_id))
                for place, order_id in placed:
                    ids[place].append(order_id)
                return Body(b"true")

            await ledger.transact(work)
    return ids


def _level(product_id: int) -> StockLevel:
    return StockLevel(
        product_id=product_id,
        qty=STOCK,
        reserved=STOCK // 2,
        is_in_stock=True,
        manage_stock=True,
        backorders=False,
        is_qty_decimal=False,
        min_qty=0,
        min_sale_qty=10_000,
        max_sale_qty=10_000 * 10_000,
    )
