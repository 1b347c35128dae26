"""What is searched for, and what a search finds."""

from msgspec import Struct


class Filter(Struct, frozen=True):
    """One condition of a search. ``condition`` is one of Adobe's condition types (contract adobe §2.5)."""

    field: str
    condition: str
    value: str


class Sort(Struct, frozen=True):
    """One sort key of a search."""

    field: str
    descending: bool


class Search(Struct, frozen=True):
    """A search: groups are ANDed, filters within a group ORed. ``limit`` 0 means no limit of its own."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sorts: tuple[Sort, ...] = ()
    limit: int = 0
    offset: int = 0


class Page(Struct, frozen=True):
    """The ids that a search found, in its order, and how many there are in all."""

    ids: tuple[int, ...]
    total_count: int


class UnknownField(Exception):
    """A search names a field that the document does not have."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class InvalidCondition(Exception):
    """A search uses a condition that does not exist, or a value that the condition cannot take."""

    def __init__(self, condition: str) -> None:
        super().__init__(condition)
        self.condition = condition
