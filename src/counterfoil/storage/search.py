"""Adobe's search criteria as SQL. Names come from tables of columns, values are always parameters.

Condition types: contract adobe §2.5. Comparison of text is exact, except that ``like`` ignores case.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any

from counterfoil.domain.money import SCALE
from counterfoil.ledger.searching import Filter, InvalidCondition, Search, Sort, UnknownField
from counterfoil.storage.column import Column, Kind
from counterfoil.storage.schema import POSTGRES, Dialect

_COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "lt": "<", "gteq": ">=", "moreq": ">=", "lteq": "<=",
                "from": ">=", "to": "<=", "seq": "=", "sneq": "<>"}  # fmt: skip
LOWER_BOUNDS = frozenset({"gt", "gteq", "moreq", "from"})
RANGES = LOWER_BOUNDS | {"lt", "lteq", "to"}
EQUALITIES = frozenset({"eq", "seq", "in"})
INDEXABLE = RANGES | EQUALITIES
_EXACT_ON_FRACTION = {"=": "1 = 0", "<>": "1 = 1"}
_MOST_VALUES = 1000
_MOST_CONDITIONS = 500
_MOST_PARAMETERS = 30_000
"""SQLite takes 32 766, PostgreSQL 65 535."""
_LONGEST_VALUE = 4000
_LARGEST = 2**63 - 1
_TEXTUAL = frozenset({Kind.TEXT, Kind.TIME})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

Compiled = tuple[str, list[Any]]


def where(search: Search, columns: Mapping[str, Column], dialect: Dialect) -> Compiled:
    """Return the WHERE expression of a search and its parameters.

    Raises `UnknownField` or `InvalidCondition`.
    """
    if sum(map(len, search.groups)) + len(search.sorts) > _MOST_CONDITIONS:
        raise InvalidCondition("too many")
    groups: list[str] = []
    parameters: list[Any] = []
    for group in search.groups:
        alternatives = []
        for condition in group:
            text, values = _condition(condition, _column(condition.field, columns), dialect)
            alternatives.append(text)
            parameters += values
        if alternatives:
            groups.append("(" + " OR ".join(alternatives) + ")")
    if len(parameters) > _MOST_PARAMETERS:
        raise InvalidCondition("too many")
    return " AND ".join(groups) or "1 = 1", parameters


def order_by(
    sorts: Sequence[Sort], columns: Mapping[str, Column], key: str, *, afterwards: bool = False
) -> str:
    """Return the ORDER BY list; the key makes the order complete, in the direction of the last sort.

    With ``afterwards`` no index can give this order, so that rows are found first and sorted then.
    Raises `UnknownField`.
    """
    parts = []
    keyed = False
    direction = "ASC"
    for sort in sorts:
        column = _column(sort.field, columns)
        direction = "DESC" if sort.descending else "ASC"
        nothing = "|| ''" if column.kind in _TEXTUAL else "+ 0"
        parts.append(f"{column.expression} {nothing if afterwards else ''} {direction}")
        keyed = keyed or column.expression == key
    return ", ".join(parts if keyed else [*parts, f"{key} {'+ 0' if afterwards else ''} {direction}"])


def integer_below(condition: Filter, column: Column) -> int:
    """Return the integer that all values above a lower bound (see `LOWER_BOUNDS`) are greater than."""
    value = Decimal(_value(condition.value, column, condition.condition))
    lower = int(value.to_integral_value(rounding="ROUND_FLOOR"))
    return lower - (condition.condition != "gt" and lower == value)


def alone(search: Search) -> Iterator[Filter]:
    """Yield the conditions that everything found must meet."""
    return (group[0] for group in search.groups if len(group) == 1)


def _column(field: str, columns: Mapping[str, Column]) -> Column:
    column = columns.get(field)
    if column is None:
        raise UnknownField(field)
    return column


def _condition(condition: Filter, column: Column, dialect: Dialect) -> Compiled:
    kind, value, sql = condition.condition, condition.value, column.expression
    if len(value) > _LONGEST_VALUE:
        raise InvalidCondition(kind)
    if kind in _COMPARISONS:
        return _compare(sql, _COMPARISONS[kind], _value(value, column, kind))
    if kind in {"null", "is"}:
        return f"{sql} IS NULL", []
    if kind == "notnull":
        return f"{sql} IS NOT NULL", []
    if kind in {"in", "nin"}:
        return _one_of(sql, kind, value, column)
    if kind in {"like", "nlike"}:
        like = "ILIKE" if dialect is POSTGRES else "LIKE"
        negated = "NOT " if kind == "nlike" else ""
        return f"{_as_text(column, dialect)} {negated}{like} ? ESCAPE '\\'", [value]
    if kind in {"finset", "nfinset"}:
        comma_list = f"(',' || {_as_text(column, dialect)} || ',')"
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return (
            f"{comma_list} {'NOT ' if kind == 'nfinset' else ''}LIKE ? ESCAPE '\\'",
            [f"%,{escaped},%"],
        )
    if kind == "regexp":
        matches = "~*" if dialect is POSTGRES else "REGEXP"
        return f"{_as_text(column, dialect)} {matches} ?", [value]
    raise InvalidCondition(kind)


def _compare(sql: str, operator: str, value: str | int | Decimal) -> Compiled:
    if isinstance(value, Decimal):
        # The column holds integers, so a bound between two of them moves down to the lower one.
        if operator in _EXACT_ON_FRACTION:
            return _EXACT_ON_FRACTION[operator], []
        lower = int(value.to_integral_value(rounding="ROUND_FLOOR"))
        return f"{sql} {'>' if operator in {'>', '>='} else '<='} ?", [lower]
    if operator == "<>":
        return f"({sql} <> ? OR {sql} IS NULL)", [value]
    return f"{sql} {operator} ?", [value]


def _one_of(sql: str, kind: str, value: str, column: Column) -> Compiled:
    listed = value.split(",")
    if len(listed) > _MOST_VALUES:
        raise InvalidCondition(kind)
    values = [_value(part.strip(), column, kind) for part in listed]
    exact = [part for part in values if not isinstance(part, Decimal)]
    negated = kind == "nin"
    if not exact:
        return ("1 = 1" if negated else "1 = 0"), []
    marks = ", ".join("?" * len(exact))
    if negated:
        return f"({sql} NOT IN ({marks}) OR {sql} IS NULL)", list(exact)
    return f"{sql} IN ({marks})", list(exact)


def _value(text: str, column: Column, kind: str) -> str | int | Decimal:
    """Return the value in the column's own unit; a Decimal if it lies between two of its integers."""
    if column.kind in _TEXTUAL:
        if "\x00" in text:
            raise InvalidCondition(kind)
        return _time(text) if column.kind is Kind.TIME else text
    try:
        number = Decimal(text.strip() or "0")
        scaled = number * SCALE if column.kind is Kind.DECIMAL else number
        if not scaled.is_finite() or abs(scaled) > _LARGEST:
            raise InvalidCondition(kind)
    except DecimalException as error:
        raise InvalidCondition(kind) from error
    whole = int(scaled)
    return whole if whole == scaled else scaled


def _time(text: str) -> str:
    """Return a time as it is stored. What is no date comes before all dates, as in MySQL."""
    return text.strip().replace("T", " ").removesuffix("Z") if _DATE.match(text.strip()) else ""


def _as_text(column: Column, dialect: Dialect) -> str:
    if column.kind in _TEXTUAL:
        return column.expression
    if column.kind is Kind.INTEGER:
        return f"CAST({column.expression} AS TEXT)"
    if dialect is POSTGRES:
        return f"CAST({dialect.decimal.format(column.expression)} AS TEXT)"
    return f"printf('%.4f', {dialect.decimal.format(column.expression)})"
