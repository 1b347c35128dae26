"""Who was seen a moment ago: spares the database a look at every request's token."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

Seen = TypeVar("Seen")


class Known(Generic[Seen]):
    """Remembers who was seen by the name they came under, for a few seconds and up to a number.

    A token revoked by another process is therefore good here for at most ``time_to_live_s`` more.
    """

    def __init__(self, *, time_to_live_s: float, max_entries: int) -> None:
        self._time_to_live_s = time_to_live_s
        self._max_entries = max_entries
        self._entries: dict[str, tuple[Seen, float]] = {}

    def get(self, name: str, now_s: float) -> Seen | None:
        """Return who came under this name, if that is still fresh at ``now_s`` (monotonic)."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        seen, until_s = entry
        if now_s < until_s:
            return seen
        del self._entries[name]
        return None

    def put(self, name: str, seen: Seen, now_s: float, *, at_most_s: float) -> None:
        """Remember who came under this name, not longer than ``at_most_s`` (the rest of a token's life)."""
        if len(self._entries) >= self._max_entries and name not in self._entries:
            # The first entry was put in the longest ago.
            del self._entries[next(iter(self._entries))]
        self._entries[name] = seen, now_s + min(self._time_to_live_s, at_most_s)

    def forget(self) -> None:
        """Forget everybody."""
        self._entries.clear()


class Together(Generic[Seen]):
    """Lets requests that come under the same name at the same time share one look at the database."""

    def __init__(self) -> None:
        self._looking: dict[str, asyncio.Task[Seen]] = {}

    async def look(self, name: str, look_up: Callable[[], Coroutine[None, None, Seen]]) -> Seen:
        """Return what ``look_up`` finds; the look that is under way is joined if there is one."""
        looking = self._looking.get(name)
        if looking is None:
            looking = asyncio.create_task(look_up())
            self._looking[name] = looking
            # By the look itself and not by who waits for it: all of them may have hung up.
            looking.add_done_callback(lambda done: self._end(name, done))
        return await asyncio.shield(looking)

    def forget(self) -> None:
        """Let nobody join the looks that are under way; those who have joined get what is found."""
        self._looking.clear()

    def _end(self, name: str, done: asyncio.Task[Seen]) -> None:
        if self._looking.get(name) is done:
            del self._looking[name]
        if not done.cancelled():
            done.exception()  # seen, also if nobody waits for it any more
