"""Who was seen a moment ago: spares the database a look at every request's token."""

from counterfoil.access.identity import Identity


class Known:
    """Remembers identities by the digest of their token, for a few seconds and up to a number.

    A token revoked by another process is therefore good here for at most ``time_to_live_s`` more.
    """

    def __init__(self, *, time_to_live_s: float, max_entries: int) -> None:
        self._time_to_live_s = time_to_live_s
        self._max_entries = max_entries
        self._entries: dict[str, tuple[Identity, float]] = {}

    def get(self, hashed: str, now_s: float) -> Identity | None:
        """Return who brought this token, if that is still fresh at ``now_s`` (monotonic)."""
        entry = self._entries.get(hashed)
        if entry is None:
            return None
        identity, until_s = entry
        if now_s < until_s:
            return identity
        del self._entries[hashed]
        return None

    def put(self, hashed: str, identity: Identity, now_s: float, *, at_most_s: float) -> None:
        """Remember who brought this token, not longer than ``at_most_s`` (the rest of its life)."""
        if len(self._entries) >= self._max_entries and hashed not in self._entries:
            # The first entry was put in the longest ago.
            del self._entries[next(iter(self._entries))]
        self._entries[hashed] = identity, now_s + min(self._time_to_live_s, at_most_s)

    def forget(self) -> None:
        """Forget everybody."""
        self._entries.clear()
