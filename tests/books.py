"""A look into the database itself, past the service."""

from typing import Any
from urllib.parse import urlsplit

import apsw
import psycopg

Row = tuple[Any, ...]


def query(database_url: str, statement: str) -> list[Row]:
    """Run a reading statement and return all rows."""
    if database_url.startswith("sqlite:"):
        connection = apsw.Connection(sqlite_path(database_url), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(5000)
            return list(connection.execute(statement))
        finally:
            connection.close()
    with psycopg.connect(database_url) as postgres:
        return list(postgres.execute(statement))


def change(database_url: str, statement: str) -> None:
    """Run a writing statement, as a hand other than the service's."""
    if database_url.startswith("sqlite:"):
        connection = apsw.Connection(sqlite_path(database_url), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(5000)
            connection.execute(statement)
        finally:
            connection.close()
    else:
        with psycopg.connect(database_url) as postgres:
            postgres.execute(statement)


def sqlite_path(database_url: str) -> str:
    """Return the path in a URL like ``sqlite:////var/books.db`` (absolute) or ``sqlite:///books.db``."""
    return urlsplit(database_url).path.removeprefix("/")


def dump(database_url: str) -> dict[str, list[Row]]:
    """Return every row of every table, to tell whether anything at all was written in between."""
    if database_url.startswith("sqlite:"):
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    tables = [name for (name,) in query(database_url, names)]
    return {table: sorted(query(database_url, f"SELECT * FROM {table}"), key=repr) for table in tables}
