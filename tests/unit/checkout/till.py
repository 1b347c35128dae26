"""Units of work of the checkout in tests: what was refused leaves nothing behind, as in the service."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from counterfoil.ledger.envelope import Answered
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction
from tests.unit.checkout.floor import Floor


async def attempt(
    floor: Floor, work: Callable[[Transaction], Awaitable[Any]], *successes: type[Struct]
) -> Any:
    """Run ``work`` and return what it returned. Only a success (or None) is committed."""
    results: list[Any] = []

    async def run(transaction: Transaction) -> Body | Any:
        result = await work(transaction)
        results.append(result)
        return Body(b"true") if result is None or isinstance(result, successes) else result

    answer = await floor.ledger.transact(run)
    return results[-1] if isinstance(answer, Answered) else answer
