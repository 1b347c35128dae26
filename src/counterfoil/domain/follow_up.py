"""What an event wants to happen later: decided here, carried out by `delivery` after the commit."""

from typing import Any

from msgspec import Struct


class FollowUp(Struct, frozen=True):
    """A wish that is written as a task in the transaction of its event.

    ``kind`` names the handler. ``body`` is what the handler needs, as plain values that JSON knows. Tasks of
    one kind and ``queue`` are carried out one after another in the order of their creation. ``delay_s`` is
    how long to wait at least. ``group`` names what belongs together and is asked about together.
    """

    kind: str
    body: dict[str, Any]
    queue: str | None = None
    order_id: int | None = None
    delay_s: int = 0
    group: str | None = None
