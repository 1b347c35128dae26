"""What orders are called in VTEX's language that came through another one (contract vtex §1).

``v{sequence}cntf-01`` in the group ``v{sequence}cntf``, with the sequence counted from 500 000.
"""

from typing import Final

SEQUENCE_FROM: Final = 500_000


def sequence(entity_id: int) -> int:
    """Return the number that is inside of the derived id."""
    return SEQUENCE_FROM + entity_id


def derived(entity_id: int) -> str:
    """Return the orderId of an order that came through another dialect."""
    return f"v{sequence(entity_id)}cntf-01"


def derived_group(entity_id: int) -> str:
    """Return the orderGroup of an order that came through another dialect."""
    return f"v{sequence(entity_id)}cntf"
