"""Large totals, remembered for a moment: every page of a list tells the total, but it is counted once."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

LARGE = 10_000
"""Totals up to this are counted every time: that is fast, and they are the ones that programs act upon."""

KEPT_S = 30.0
"""How old a remembered total can be."""

_MOST = 256


class Walk(NamedTuple):
    """How many documents there were above an id, on a walk from id to id."""

    after: int
    total: int
    counted_s: float


class Totals:
    """What one process remembers. Times are seconds on any clock that does not go back."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Walk] = OrderedDict()

    def recall(self, search: bytes, now_s: float) -> int | None:
        """Return the total of a search (see `name_of`) if it is known and not old."""
        known = self.walked(search, now_s)
        return known.total if known else None

    def remember(self, search: bytes, total: int, now_s: float) -> None:
        """Keep a total that was counted at ``now_s``."""
        self.begin(search, 0, total, now_s)

    def walked(self, search: bytes, now_s: float) -> Walk | None:
        """Return how far the last walk over what a search finds has come, if it is not old."""
        known = self._known.get(search)
        return known if known and now_s - known.counted_s < KEPT_S else None

    def begin(self, search: bytes, after: int, total: int, counted_s: float) -> None:
        """Keep that ``total`` documents were above the id ``after`` at ``counted_s``; forget the oldest."""
        self._known.pop(search, None)
        self._known[search] = Walk(after, total, counted_s)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


def name_of(purpose: str, condition: str, parameters: Sequence[Any]) -> bytes:
    """Return a short name for what is searched for."""
    return hashlib.blake2b(repr((purpose, condition, parameters)).encode(), digest_size=16).digest()
