"""What tests of the books share: an actor, keys, and looks at what is stored."""

from typing import Any

from counterfoil.ledger.doctor import Finding, examine
from counterfoil.ledger.envelope import Actor, IdempotencyKey
from counterfoil.ledger.ledger import Ledger

TESTER = Actor("tester", "test")

TABLES = (
    *("orders", "order_item", "invoice", "invoice_item", "invoice_comment", "journal"),
    *("order_comment", "shipment", "shipment_item", "shipment_track", "shipment_comment"),
    *("creditmemo", "creditmemo_item", "creditmemo_comment"),
    *("idempotency_key", "series", "record", "stock", "task", "mail_sent", "oauth_nonce"),
    *("outbox", "notice", "notice_fired", "hook_health"),
)


def key(name: str, fingerprint: str = "same") -> IdempotencyKey:
    return IdempotencyKey("test", name, fingerprint)


def session_of(reader: Any) -> Any:
    """Return the session below a reader or a transaction, to look at rows as they are."""
    return reader.session


async def findings(ledger: Ledger) -> list[Finding]:
    return [step async for step in examine(ledger) if isinstance(step, Finding)]


async def everything(ledger: Ledger) -> dict[str, list]:
    """Return every row of every table, to compare before and after."""
    async with ledger.reading() as reader:
        return {
            table: sorted(map(repr, await session_of(reader).rows(f"SELECT * FROM {table}")))
            for table in TABLES
        }


async def execute_sql(ledger: Ledger, statement: str, parameters=()) -> None:
    """Change rows behind the ledger's back."""
    async with ledger.engine.transaction() as transaction:
        await session_of(transaction).run(statement, parameters)
        await transaction.commit()
