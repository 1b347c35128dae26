"""Numbers and ids that a decision hands out, as a cursor over series that the ledger has locked.

The cursor is given to a decision as an argument; a decision that ends in a refusal takes nothing
from it. What was taken is written back in the same transaction, so series have no holes and run
in the order of commitment (promise 8).
"""

_DIGITS = 9
_DEFAULT_STORE = 1


def number_series(document: str, store_id: int) -> str:
    """Name the series that printed numbers of a document type of one store come from."""
    return f"{document}/{store_id}"


def printed(number: int, store_id: int) -> str:
    """Print a document number the way Adobe does: nine digits, later stores with their id in front.

    Source: contract adobe §8.
    """
    prefix = "" if store_id == _DEFAULT_STORE else str(store_id)
    return f"{prefix}{number:0{_DIGITS}d}"


class Numbers:
    """The next free value of each locked series."""

    __slots__ = ("_first", "_next")

    def __init__(self, next_values: dict[str, int], first: dict[str, int] | None = None) -> None:
        self._first = dict(next_values if first is None else first)
        self._next = dict(next_values)

    def take(self, series: str, count: int = 1) -> int:
        """Take ``count`` consecutive values and return the first. KeyError if the series is not locked."""
        first = self._next[series]
        self._next[series] = first + count
        return first

    def advanced(self) -> dict[str, int]:
        """Return the next value of every series that something was taken from."""
        return {name: value for name, value in self._next.items() if value != self._first[name]}

    def trial(self) -> "Numbers":
        """Return a cursor that stands where this one does, for a decision that may not be carried out."""
        return Numbers(self._next, self._first)

    def adopt(self, trial: "Numbers") -> None:
        """Take what ``trial``, made of this cursor, has taken."""
        self._next.update({name: trial.take(name, 0) for name in self._next})
