"""What tests of feeds and hooks share: committed events as the ledger leaves them, and a relay on its own."""

import asyncio
from typing import Any

from counterfoil.delivery.expressions import Expressions
from counterfoil.delivery.relay import Relay
from counterfoil.delivery.subscriptions import Feed, Filter
from counterfoil.delivery.versions import Versions
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.notices import OutboxEntry
from tests.storage import session_of

AT = "2026-11-20T15:00:00.000000+00:00"
KEY = "vtexappkey-shop-ABCDEF"
COLUMNS = "order_id, seq, kind, flow, before_status, after_status, at"


def passed(order_id: int, seq: int, before: str = "handling", after: str = "invoiced") -> OutboxEntry:
    return OutboxEntry(order_id, seq, "InvoiceIssued", "complete", before, after, AT)


async def commit(ledger: Ledger, *rows: OutboxEntry) -> None:
    """Leave rows in the outbox as the ledger does."""
    async with ledger.engine.transaction() as transaction:
        for row in rows:
            values = [getattr(row, name) for name in row.__struct_fields__]
            await session_of(transaction).run(
                f"INSERT INTO outbox ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", values
            )
        await transaction.commit()


def feed(app_key: str = KEY, **filtered: Any) -> Feed:
    return Feed(app_key=app_key, filter=Filter(**filtered), visibility_s=240, retention_s=345_600)


def relay(
    ledger: Ledger, render: Any = None, expressions: Expressions | None = None, **options: Any
) -> Relay:
    """Make a relay for which every event is one step, and orders are called after their ids."""
    return Relay(
        ledger,
        Versions(render or (lambda order: {"status": order.status, "version": order.version})),
        expressions or Expressions(ledger.clock),
        **{
            "steps": lambda row: (row.after_status,),
            "name": lambda order_id: f"v{order_id}-01",
            "written": asyncio.Event(),
            "handed_on": lambda: None,
            **options,
        },
    )
