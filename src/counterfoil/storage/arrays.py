"""PostgreSQL array literals. Made here because psycopg's general way costs several times as much."""

from collections.abc import Sequence


def array(values: Sequence[int | str | None]) -> str:
    """Return ``{…}`` for integers and texts, None as NULL. Give it as a parameter cast to the array type."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: int | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
