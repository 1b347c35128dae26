"""Idempotency keys before the doctor: what the journal did under a key is stored under it (promise 6).

An order command stores its effect as the answer, so that can be compared exactly. Placing an order
stores a body of its caller's, in the words of a dialect: here a row under its key has to exist, one for
each placing. The journal has no scope and no fingerprint, so those cannot be compared.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

from msgspec import DecodeError, Raw, json

from counterfoil.ledger.envelope import Effect
from counterfoil.ledger.inspection import StoredKey
from counterfoil.ledger.ledger import Ledger

MOST = 100_000
"""The most wishes that are kept in memory; then all stored keys are looked through."""

_KEYS_AT_ONCE = 1000
_PLACED = 1
"""The version of an order that was just placed; the effect of placing is never stored as such."""

_decode_effect = json.Decoder(Effect).decode
_decode_any = json.Decoder(Raw).decode
Problem = tuple[int | None, str]


class Wishes:
    """Keys that the journal names and that have not been found among the stored ones yet."""

    def __init__(self) -> None:
        self._effects: set[tuple[str, Effect]] = set()
        self._placings: defaultdict[str, list[int]] = defaultdict(list)
        self._count = 0

    @property
    def are_many(self) -> bool:
        """Whether it is time to settle."""
        return self._count >= MOST

    def add(self, key: str, effect: Effect) -> None:
        """Note that the journal says ``effect`` came about under ``key``."""
        self._count += 1
        if effect.version == _PLACED:
            self._placings[key].append(effect.order_id)
        else:
            self._effects.add((key, effect))

    async def settle(self, ledger: Ledger, *, look_at_all: bool = False) -> AsyncIterator[Problem]:
        """Look through all stored keys and yield (order id, problem) for every wish without one.

        Begun after the journal was read, it finds all keys of it, because keys are never removed. With
        ``look_at_all`` the keys themselves are checked, too.
        """
        after = ("", "")
        while True:
            async with ledger.reading() as reader:
                page = await reader.inspection.keys(after=after, limit=_KEYS_AT_ONCE)
            for stored in page:
                self._find(stored)
                if look_at_all:
                    for problem in _faults(stored):
                        yield None, problem
            if len(page) < _KEYS_AT_ONCE:
                break
            after = (page[-1].scope, page[-1].key)
        for order_id, problem in sorted(self._unanswered()):
            yield order_id, problem
        self._effects.clear()
        self._placings.clear()
        self._count = 0

    def _find(self, stored: StoredKey) -> None:
        try:
            self._effects.remove((stored.key, _decode_effect(stored.answer)))
        except (DecodeError, KeyError):
            # Some other answer. It may be that of placing an order.
            if self._placings.get(stored.key):
                self._placings[stored.key].pop()

    def _unanswered(self) -> Iterator[tuple[int, str]]:
        for key, effect in self._effects:
            yield (
                effect.order_id,
                f"idempotency key {key!r} of journal entry {effect.version} is not stored with its effect",
            )
        for key, order_ids in self._placings.items():
            for order_id in order_ids:
                yield order_id, f"idempotency key {key!r} of placing the order is not stored"


def _faults(stored: StoredKey) -> Iterator[str]:
    name = f"idempotency key {stored.key!r} of {stored.scope!r}"
    if not stored.fingerprint:
        yield f"{name} has no fingerprint"
    try:
        _decode_any(stored.answer)
    except DecodeError as error:
        yield f"{name} has an answer that cannot be read: {error}"
