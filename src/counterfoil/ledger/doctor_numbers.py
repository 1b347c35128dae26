"""Numbers and ids before the doctor: no holes, none given twice, and none to be given again (promise 8)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from counterfoil.domain.numbering import number_series, printed
from counterfoil.ledger.ports import Reader

_NUMBERS_AT_ONCE = 5000
_MOST_DIGITS = 18
_ID_SERIES = (
    *("order_id", "order_item_id", "order_address_id"),
    *("invoice_id", "invoice_item_id", "comment_id", "status_comment_id"),
    *("shipment_id", "shipment_item_id", "track_id", "creditmemo_id", "creditmemo_item_id"),
    "payment_transaction_id",
)


class _Run(Struct):
    """How far the numbers of one store have been read, in ascending order, and what was noticed."""

    store_id: int
    following: int = 1
    missing: int = 0
    first_missing: int = 0
    foreign: int = 0
    first_foreign: str = ""

    def meet(self, number: str) -> None:
        """Read the next number."""
        value = _value_of(number, self.store_id)
        if value is None or value < self.following:
            self.first_foreign = self.first_foreign or number
            self.foreign += 1
        else:
            self.skip_to(value)
            self.following = value + 1

    def skip_to(self, value: int) -> None:
        """Note that everything from where the run is up to ``value``, exclusive, is missing."""
        if value > self.following:
            self.first_missing = self.first_missing or self.following
            self.missing += value - self.following


async def examine_numbers(reader: Reader, document: str) -> list[str]:
    """Compare the numbers in use with 1, 2, 3 … up to the series' next value, store by store.

    Numbers come page by page and as text, whose order is that of the numbers as long as all numbers of a
    store have the same width, which is a thousand million of them.
    """
    runs: dict[int, _Run] = {}
    after = ("", 0)
    while numbers := await reader.document_numbers(document, after=after, limit=_NUMBERS_AT_ONCE):
        for store_id, number in numbers:
            runs.setdefault(store_id, _Run(store_id)).meet(number)
        after = (numbers[-1][1], numbers[-1][0])
    series = await reader.series()
    problems = []
    for name in series:
        kind, _, store = name.partition("/")
        if kind == document and store.isdecimal():
            runs.setdefault(int(store), _Run(int(store)))
        elif kind == document:
            problems.append(f"the series {name} belongs to no store")
    for store_id, run in sorted(runs.items()):
        next_value = series.get(number_series(document, store_id), 1)
        about = f"{document} numbers of store {store_id}"
        problems.extend(f"{about}: {problem}" for problem in _problems(run, next_value))
    return problems


def _problems(run: _Run, next_value: int) -> Iterator[str]:
    run.skip_to(next_value)
    if run.missing:
        yield f"{run.missing} missing, first {printed(run.first_missing, run.store_id)}"
    if run.foreign:
        yield f"{run.foreign} twice or not of the series, first {run.first_foreign!r}"
    if run.following > next_value:
        yield f"used up to {run.following - 1}, series is at {next_value}"


def _value_of(number: str, store_id: int) -> int | None:
    """Return the value that `printed` made ``number`` of, or None if it did not."""
    digits = number[len(printed(0, store_id)) - len(printed(0, 1)) :]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _MOST_DIGITS:
        return None
    value = int(digits)
    return value if value > 0 and printed(value, store_id) == number else None


def ids_given_again(highest: Mapping[str, int], series: Mapping[str, int]) -> Iterator[str]:
    """Check that no series will give out an id that is in use.

    Args:
        highest: the highest id in use, by series, read no later than ``series``.
        series: the next value of each series.
    """
    for name in _ID_SERIES:
        next_value = series.get(name, 1)
        if not isinstance(next_value, int):
            yield f"the series {name} is at {next_value!r}"  # SQLite keeps whatever was written by hand
        elif highest.get(name, 0) >= next_value:
            yield f"the series {name} is at {next_value}, {highest[name]} is in use"
