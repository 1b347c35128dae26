"""What the doctor looks at besides whole orders: strays, idempotency keys, terms, indexes."""

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from counterfoil.domain.order import Order


class StoredKey(Struct, frozen=True):
    """An idempotency key as it was stored with its effect. ``answer`` is JSON."""

    scope: str
    key: str
    fingerprint: str
    answer: str


class Stray(Struct, frozen=True):
    """Rows under an order's id that do not hang together with the rest of the books."""

    order_id: int
    problem: str


class Inspection(Protocol):
    """What the doctor looks at besides whole orders."""

    async def strays(self, *, after_id: int, up_to_id: int, limit: int = 1000) -> list[Stray]:
        """Return strays of the order ids in ``(after_id, up_to_id]``, ascending by order id."""

    async def keys(self, *, after: tuple[str, str] = ("", ""), limit: int = 1000) -> list[StoredKey]:
        """Return idempotency keys, ascending by (scope, key), for walks over all of them."""

    async def found_by(self, order: Order, terms: Collection[str]) -> set[str]:
        """Return those of the terms by which an order is found in lists."""

    async def missing_indexes(self) -> list[str]:
        """Return the names of the unique indexes that the schema has and this database has not."""
