"""Documents that are not orders, on any engine."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import NameTaken, Record
from counterfoil.ledger.searching import Search, UnknownField
from counterfoil.storage import rows, search
from counterfoil.storage.column import Column, Kind
from counterfoil.storage.rows import RECORD_COLUMNS
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, marks

_COLUMNS = ", ".join(RECORD_COLUMNS)
_SELECT = f"SELECT {_COLUMNS} FROM record WHERE kind = ?"
_MOST_IDS = 1000
_PLAIN = ("id", "name", "owner")


class StoredRecords:
    """Reads and writes records within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # SQLite keeps documents as text, PostgreSQL as JSONB which psycopg would parse for us.
        text = "body" if session.schema is SQLITE else "body::text"
        self._select = _SELECT.replace(" body ", f" {text} ")

    async def get(self, kind: str, record_id: int, *, lock: bool = False) -> Record | None:
        """Return the record, locked until the end of the transaction if ``lock``."""
        return await self._one(f"{self._select} AND id = ?", (kind, record_id), lock=lock)

    async def named(self, kind: str, name: str, *, lock: bool = False) -> Record | None:
        """Return the record of that unique name."""
        return await self._one(f"{self._select} AND name = ?", (kind, name), lock=lock)

    async def many(self, kind: str, ids: Sequence[int], *, lock: bool = False) -> dict[int, Record]:
        """Return the records that exist, by id. Locks are taken in ascending id order."""
        found: dict[int, Record] = {}
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), _MOST_IDS):
            part = wanted[start : start + _MOST_IDS]
            statement = f"{self._select} AND id IN ({marks(len(part))}) ORDER BY id"
            locked = statement + (self._session.for_update if lock else "")
            for row in await self._session.rows(locked, (kind, *part)):
                record = rows.record(row)
                found[record.id] = record
        return found

    async def owned(self, kind: str, owner: str, *, limit: int = 1000) -> list[Record]:
        """Return the records of one owner in id order."""
        found = await self._session.rows(
            f"{self._select} AND owner = ? ORDER BY id LIMIT ?", (kind, owner, limit)
        )
        return [rows.record(row) for row in found]

    async def search(self, kind: str, fields: Mapping[str, str], wanted: Search) -> tuple[list[Record], int]:
        """Return one page of records and the total count. Raises `UnknownField`, `InvalidCondition`."""
        columns = {name: _column(name, where) for name, where in fields.items()}
        condition, parameters = search.where(wanted, columns, self._session.schema)
        counted = await self._session.long_rows(
            f"SELECT COUNT(*) FROM record WHERE kind = ? AND {condition}", [kind, *parameters]
        )
        page = f" LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}" if wanted.limit else ""
        found = await self._session.long_rows(
            f"{self._select} AND {condition} ORDER BY {search.order_by(wanted.sorts, columns, 'id')}{page}",
            [kind, *parameters],
        )
        return [rows.record(row) for row in found], counted[0][0]

    async def insert(
        self, kind: str, body: bytes, *, name: str | None = None, owner: str | None = None
    ) -> int:
        """Store a new record and return its id, which counts up from 1 per kind."""
        record_id = await self._next_id(kind)
        if name is not None and await self.named(kind, name) is not None:
            raise NameTaken(name)
        await self._session.run(
            f"INSERT INTO record ({_COLUMNS}) VALUES ({marks(len(RECORD_COLUMNS))})",
            (kind, record_id, name, owner, 1, body.decode()),
        )
        return record_id

    async def update(self, record: Record) -> None:
        """Write body, name and owner; raise `Conflict` if the stored version is not the record's."""
        updated = await self._session.rows(
            "UPDATE record SET name = ?, owner = ?, version = version + 1, body = ? "
            "WHERE kind = ? AND id = ? AND version = ? RETURNING id",
            (record.name, record.owner, record.body.decode(), record.kind, record.id, record.version),
        )
        if not updated:
            raise Conflict

    async def delete(self, kind: str, record_id: int) -> None:
        """Remove the record if it is there."""
        await self._session.run("DELETE FROM record WHERE kind = ? AND id = ?", (kind, record_id))

    async def _one(self, statement: str, parameters: tuple[Any, ...], *, lock: bool) -> Record | None:
        locked = statement + (self._session.for_update if lock else "")
        # The texts are few, so the server keeps their plans; and with `several` a transaction begins by them.
        (found,) = await self._session.several([(locked, parameters)])
        return rows.record(found[0]) if found else None

    async def _next_id(self, kind: str) -> int:
        """Take the next id of a kind. The row of the series keeps two inserts of a kind apart."""
        taken = await self._session.rows(
            "INSERT INTO series (name, next_value) VALUES (?, 2) "
            "ON CONFLICT (name) DO UPDATE SET next_value = series.next_value + 1 RETURNING next_value - 1",
            (f"record/{kind}",),
        )
        return int(taken[0][0])


def _column(name: str, where: str) -> Column:
    """Make a searchable column: ``id``, ``name``, ``owner`` or ``path.to.it:number|text|integer|flag``."""
    if where in _PLAIN:
        return Column(name, Kind.INTEGER if where == "id" else Kind.TEXT, where)
    path, _, type_name = where.partition(":")
    keys = path.split(".")
    if not all(key.isidentifier() for key in keys):
        raise UnknownField(name)
    *outer, last = keys
    into = "".join(f" -> '{key}'" for key in outer)
    expression = f"(body{into} ->> '{last}')"
    match type_name:
        case "text":
            return Column(name, Kind.TEXT, expression)
        case "time":
            return Column(name, Kind.TIME, expression)
        case "integer":
            return Column(name, Kind.INTEGER, f"CAST({expression} AS BIGINT)")
        case "number":
            return Column(name, Kind.DECIMAL, f"CAST({expression} AS BIGINT)")
        case "flag":
            # SQLite reads a JSON truth value as 1 or 0, PostgreSQL as text.
            is_set = f"CAST({expression} AS TEXT) IN ('true', '1')"
            return Column(name, Kind.INTEGER, f"(CASE WHEN {is_set} THEN 1 ELSE 0 END)")
        case _:
            raise UnknownField(name)
