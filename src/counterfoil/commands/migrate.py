"""`counterfoil migrate`: create or upgrade the database's tables."""

import asyncio

from cyclopts import App

from counterfoil.clock import Clock
from counterfoil.commands.answer import say
from counterfoil.commands.options import DatabaseUrl
from counterfoil.config import from_environment, without_password
from counterfoil.main import engine_for
from counterfoil.main import migrate as migrate_engine

app = App(
    name="migrate",
    help_format="plaintext",
    help_epilogue="""\
Upgrades only go forward, and all of them are applied or none. Make a backup first. `serve` does this
by itself for SQLite; PostgreSQL is upgraded by this command, before the servers are restarted.

Examples:
  counterfoil migrate
  counterfoil migrate --database-url postgresql://counterfoil@db.example.com/books
""",
)


@app.default
def migrate(*, database_url: DatabaseUrl = None) -> int:
    """Create or upgrade the database's tables."""
    settings = from_environment(database_url=database_url)
    applied = asyncio.run(_migrate(settings.database_url))
    where = without_password(settings.database_url)
    if applied:
        say(f"{where}: applied {', '.join(f'version {version}' for version in applied)}.")
    else:
        say(f"{where}: already up to date.")
    return 0


async def _migrate(database_url: str) -> list[int]:
    engine = engine_for(database_url)
    try:
        return await migrate_engine(engine, Clock())
    finally:
        await engine.close()
