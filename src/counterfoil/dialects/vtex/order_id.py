"""What orders are called on this wire (contract vtex §1).

An order that came through another dialect is called by its id in the books: ``v{sequence}cntf-01`` in the
group ``v{sequence}cntf``, with the sequence counted from 500 000. One that came through this dialect has
the id that it was placed under, which a record of the kind ``vtex-order`` keeps unique and findable. An id
of the derived form always means the order it is derived from.
"""

import re
from typing import Final

import msgspec

from counterfoil.domain.order_name import SEQUENCE_FROM, derived, derived_group, sequence
from counterfoil.ledger.ports import Reader

__all__ = [
    "MAX_LENGTH",
    "RECORD",
    "Named",
    "Target",
    "derived",
    "derived_group",
    "find",
    "find_group",
    "named",
    "says",
    "sequence",
]

RECORD: Final = "vtex-order"
"""The kind of record whose name is an orderId and whose owner is its orderGroup."""

MAX_LENGTH: Final = 255

_OWN = re.compile(r"v(\d{6,18})cntf-01", re.IGNORECASE | re.ASCII)
_SEQUENCE = re.compile(r"seq(\d{1,18})", re.IGNORECASE | re.ASCII)
_GROUP = re.compile(r"v(\d{6,18})cntf", re.IGNORECASE | re.ASCII)


class Named(msgspec.Struct, frozen=True):
    """The body of the record: the order's id in the books."""

    order_id: int


class Target(msgspec.Struct, frozen=True):
    """An order that a path names: its id in the books, and what it is called in answers."""

    entity_id: int
    order_id: str


_decode = msgspec.json.Decoder(Named).decode


def says(text: str) -> Target | None:
    """Return the order that an id names by itself, None if it is not derived from one."""
    entity_id = _entity_id(_OWN.fullmatch(text.strip()))
    return None if entity_id is None else Target(entity_id, derived(entity_id))


async def named(reader: Reader, text: str) -> Target | None:
    """Return the order that is called so (``seq…`` names it by its sequence).

    The order need not exist: an id that is derived says by itself which order it means.
    """
    own = says(text)
    name = text.strip()
    if own is not None or not name or len(name) > MAX_LENGTH:
        return own
    entity_id = _entity_id(_SEQUENCE.fullmatch(name))
    if entity_id is not None:
        placed_as = await reader.notices.order_forms([entity_id])
        return Target(entity_id, placed_as.get(entity_id) or derived(entity_id))
    record = await reader.records.named(RECORD, name)
    return None if record is None else Target(_decode(record.body).order_id, name)


async def find(reader: Reader, text: str) -> int | None:
    """Return the id in the books of the order that is called so, as `named` finds it."""
    target = await named(reader, text)
    return None if target is None else target.entity_id


async def find_group(reader: Reader, text: str) -> list[int]:
    """Return the ids in the books of the orders of a group, in their order."""
    name = text.strip()
    if not name or len(name) > MAX_LENGTH:
        return []
    records = await reader.records.owned(RECORD, name)
    if records:
        return [_decode(record.body).order_id for record in records]
    entity_id = _entity_id(_GROUP.fullmatch(name))
    return [] if entity_id is None else [entity_id]


def _entity_id(match: re.Match[str] | None) -> int | None:
    entity_id = int(match[1]) - SEQUENCE_FROM if match is not None else 0
    return entity_id if entity_id > 0 else None
