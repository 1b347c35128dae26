"""How commands answer: results on standard output, refusals on standard error with what to do next."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from counterfoil.access.oauth_secrets import KeyFile
    from counterfoil.ledger.ledger import Ledger


class CommandRefused(Exception):
    """The command was refused and nothing was changed. The message tells people why and what to do next."""


class UsageError(Exception):
    """The command was not called as it should be."""


def say(text: str) -> None:
    """Print one or more lines for people."""
    sys.stdout.write(f"{text}\n")


def say_json(value: object) -> None:
    """Print one JSON document on a line of its own, for scripts."""
    sys.stdout.write(f"{msgspec.json.encode(value).decode()}\n")


def say_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns under their heads."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@asynccontextmanager
async def books(database_url: str | None) -> "AsyncIterator[Ledger]":
    """Open the books that the flag, the environment or the default names."""
    # Here and not above, so that asking for help does not load the database drivers.
    from counterfoil.config import from_environment
    from counterfoil.main import open_ledger

    async with open_ledger(from_environment(database_url=database_url).database_url) as ledger:
        yield ledger


def key_file(database_url: str | None, path: str | None) -> "KeyFile":
    """Return the OAuth key file that the flag, the environment or the database's place names."""
    from counterfoil.access.oauth_secrets import KeyFile
    from counterfoil.config import from_environment, oauth_key_path

    found = oauth_key_path(from_environment(database_url=database_url, oauth_key_file=path))
    if found is None:
        raise UsageError("A database in memory has no OAuth keys. Give --oauth-key-file.")
    return KeyFile(found)
