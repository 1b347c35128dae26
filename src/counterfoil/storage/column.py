"""What a searchable document is made of: columns, the indexes that find them, and the table below."""

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How a column is stored and compared."""

    INTEGER = "integer"
    TEXT = "text"
    TIME = "time"
    """Text of the form ``YYYY-MM-DD HH:MM:SS``, which sorts as time does."""

    DECIMAL = "decimal"
    """An integer of 1/10 000, shown as a decimal number."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name to the outside, and the SQL expression over the table's own columns."""

    name: str
    kind: Kind
    expression: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index that begins with some column: its name, and the column that it is ordered by next.

    Names are SQLite's, which is told them (`counterfoil.storage.finding`); that of the table itself, where
    it is kept in the order of its key, is empty.
    """

    name: str
    then: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A searchable document: its table and key, its columns, and the view that shows it.

    ``indexes`` holds, by the name of its first column, every index that searches may use.
    """

    table: str
    key: str
    view: str
    columns: dict[str, Column]
    indexes: dict[str, Index] = field(default_factory=dict)
