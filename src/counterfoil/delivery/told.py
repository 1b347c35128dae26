"""What a notice tells, in nobody's language yet: feeds and hooks put it into theirs."""

import hashlib

from msgspec import Struct

from counterfoil.ledger.notices import Place


class Told(Struct, frozen=True):
    """One step of one order. Times are the journal's: UTC ISO 8601 with microseconds.

    ``order_id`` is the order's name in the VTEX dialect. ``last_state`` is empty for the first step of all.
    """

    event_id: str
    order_id: str
    domain: str
    state: str
    last_state: str
    last_change: str
    current_change: str


def event_id(place: Place) -> str:
    """Return the id of an event: 32 hex digits, the same for whoever is told of it and however often."""
    text = f"{place.order_id}/{place.seq}/{place.step}"
    return hashlib.sha256(text.encode()).hexdigest()[:32].upper()
