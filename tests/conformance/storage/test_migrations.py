import asyncio

import psycopg
import pytest

from counterfoil.clock import Clock
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ledger import Body
from counterfoil.main import engine_for, migrate, open_ledger
from counterfoil.storage import schema
from counterfoil.storage.sqlite import DatabaseInUse, SqliteEngine
from tests.drafts import draft, row
from tests.storage import TESTER, everything, execute_sql, findings, session_of


async def test_migrating_twice_changes_nothing(database_url):
    engine = engine_for(database_url)
    assert await migrate(engine, Clock()) == list(range(1, schema.LATEST + 1))
    assert await migrate(engine, Clock()) == []
    await engine.close()


async def test_a_migration_on_postgresql_may_take_longer_than_a_request(postgres_url, monkeypatch):
    look = (
        "CREATE TABLE limits AS "
        "SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') AS found"
    )
    monkeypatch.setattr(schema, "statements", lambda after, dialect: [(1, [look])])
    engine = engine_for(postgres_url)
    assert await engine.migrate() == [1]
    await engine.close()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT found FROM limits").fetchall() == [("0 5s",)]


async def test_two_migrations_at_once_apply_each_version_once(database_url):
    engines = [engine_for(database_url) for _ in range(2)]
    applied = await asyncio.gather(*(engine.migrate() for engine in engines), return_exceptions=True)
    done = [versions for versions in applied if isinstance(versions, list)]
    assert sorted(version for versions in done for version in versions) == list(range(1, schema.LATEST + 1))
    for engine in engines:
        await engine.close()


async def test_a_database_newer_than_the_program_is_refused(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:
        newer = schema.LATEST + 1
        await execute_sql(ledger, "INSERT INTO schema_version (version, at) VALUES (?, 'now')", (newer,))
        before = await everything(ledger)
    with pytest.raises(schema.DatabaseTooNew, match=f"schema version {newer}, this program knows"):
        async with open_ledger(database_url):
            pass
    engine = engine_for(database_url)
    with pytest.raises(schema.DatabaseTooNew):
        await engine.migrate()
    await engine.close()
    assert before


async def test_sqlite_is_migrated_at_start_and_postgresql_says_what_to_do(sqlite_url, postgres_url):
    async with open_ledger(sqlite_url) as ledger, ledger.reading() as reader:
        assert await reader.order_ids() == []
    with pytest.raises(schema.DatabaseTooOld, match="counterfoil migrate"):
        async with open_ledger(postgres_url):
            pass


async def test_a_second_server_on_one_file_is_refused(sqlite_url):
    async with open_ledger(sqlite_url, exclusive=True):
        with pytest.raises(DatabaseInUse, match="in use by another counterfoil serve"):
            async with open_ledger(sqlite_url, exclusive=True):
                pass
        async with open_ledger(sqlite_url):  # a command beside the server is fine
            pass
    async with open_ledger(sqlite_url, exclusive=True):
        pass


async def test_sqlite_is_asked_to_survive_power_cuts(sqlite_url):
    async with open_ledger(sqlite_url) as ledger, ledger.engine.transaction() as transaction:
        assert await session_of(transaction).rows("PRAGMA synchronous") == [(2,)]
        assert await session_of(transaction).rows("PRAGMA journal_mode") == [("wal",)]
    assert isinstance(ledger.engine, SqliteEngine)


async def test_orders_of_before_get_the_terms_they_are_found_by(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:
        for number in range(3):

            async def work(transaction, number=number):
                await ledger.place(transaction, draft(row(f"SKU-{number}", 2000)), actor=TESTER)
                return Body(b"true")

            await ledger.transact(work)
        outcome = await ledger.execute(2, IssueInvoice(), actor=TESTER)
        assert isinstance(outcome, Accepted), outcome
        before = await _terms(ledger)
        await execute_sql(ledger, "DROP TABLE order_term")
        await _back_to_before(ledger, schema.TERMS)
    assert await engine.migrate() == list(range(schema.TERMS, schema.LATEST + 1))
    await engine.close()
    async with open_ledger(database_url) as ledger:
        after = await _terms(ledger)
        assert [name for name, _ in after if name.startswith("invoiced:")]
        assert [one for one in after if not one[0].startswith("invoiced:")] == before


async def test_orders_of_before_know_what_went_before_they_were_canceled(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:

        async def work(transaction):
            for _ in range(3):
                await ledger.place(transaction, draft(row("SKU", 2000, 3)), actor=TESTER)
            return Body(b"true")

        await ledger.transact(work)
        for order_id, command in (
            (1, CancelOrder()),
            (2, IssueInvoice({await _first_row(ledger, 2): SCALE})),
            (2, CancelOrder()),
        ):
            outcome = await ledger.execute(order_id, command, actor=TESTER)
            assert isinstance(outcome, Accepted), outcome
        await _back_to_before(ledger, schema.TERMS + 1)
    assert await engine.migrate() == list(range(schema.TERMS + 1, schema.LATEST + 1))
    await engine.close()
    async with open_ledger(database_url) as ledger:
        assert await findings(ledger) == []
        async with ledger.reading() as reader:
            gone = await session_of(reader).rows("SELECT qty_gone, total_gone FROM orders ORDER BY entity_id")
    assert [tuple(one) for one in gone] == [(0, 0), (2 * SCALE, 4000 * 100), (0, 0)]


async def _first_row(ledger, order_id):
    async with ledger.reading() as reader:
        ((item_id,),) = await session_of(reader).rows(
            f"SELECT item_id FROM order_item WHERE order_id = {order_id}"
        )
    return item_id


async def _back_to_before(ledger, version):
    """Undo what the migrations from this version on have made, but for tables."""
    for table, column in (("orders", "qty_gone"), ("orders", "total_gone"), ("order_item", "qty_gone")):
        await execute_sql(ledger, f"ALTER TABLE {table} DROP COLUMN {column}")
    await execute_sql(ledger, f"DELETE FROM schema_version WHERE version >= {version}")


async def _terms(ledger):
    async with ledger.reading() as reader:
        found = await session_of(reader).rows("SELECT term, order_id FROM order_term")
    return sorted(tuple(one) for one in found)
