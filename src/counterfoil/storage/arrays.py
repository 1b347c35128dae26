"""PostgreSQL array literals. Made here because psycopg's general way costs several times as much."""

from collections.abc import Iterable


def integers(values: Iterable[int | None]) -> str:
    """Return ``{…}`` for whole numbers, None as NULL. Give it as a parameter cast to ``bigint[]``."""
    return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"


def truths(values: Iterable[bool]) -> str:
    """Return ``{…}`` of 0 and 1. Give it as a parameter cast to ``bigint[]``."""
    return "{" + ",".join(["1" if value else "0" for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Return ``{…}`` for texts, None as NULL. Give it as a parameter cast to ``text[]``."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
