"""Which of the books' refusals is which error of this dialect (contract vtex §3)."""

from counterfoil.dialects.vtex.errors import VtexError, order_not_found
from counterfoil.domain.decider import Refusal
from counterfoil.ledger.envelope import (
    Accepted,
    KeyInFlight,
    KeyReused,
    LedgerRefusal,
    OrderUnknown,
    Outcome,
)


def accepted(outcome: Outcome, order_id: str) -> Accepted:
    """Return what took effect. Raises `VtexError` for a refusal."""
    if isinstance(outcome, Accepted):
        return outcome
    raise of_refusal(outcome.refusal, order_id)


def of_refusal(refusal: Refusal | LedgerRefusal, order_id: str) -> VtexError:
    """Return how this dialect says no to a command on the order that is called ``order_id``."""
    match refusal:
        case OrderUnknown():
            return order_not_found()
        case KeyReused(key=key):
            return VtexError(422, f'The idempotency key "{key}" has been used for another request.')
        case KeyInFlight(key=key):
            message = f'The first request with the idempotency key "{key}" is still being processed.'
            return VtexError(409, message, headers=((b"retry-after", b"1"),))
        case _:
            raise AssertionError(f"no command of this dialect is refused so: {order_id} {refusal}")
