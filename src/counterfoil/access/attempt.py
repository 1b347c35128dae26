"""Attempts to sign in as the database keeps them: one record per account, locked while it is counted."""

import msgspec
from msgspec import Struct

from counterfoil.access import lockout
from counterfoil.access.lockout import Lockout, Verdict
from counterfoil.ledger.ports import Record, Records, WritableRecords

KIND = "lockout"

NOBODY = "nobody"
"""The account of names that do not exist. It is counted so that it costs the same time, and never closes."""

_decode = msgspec.json.Decoder(Lockout).decode


class _Counted(Struct, frozen=True):
    record: Record | None
    lockout: Lockout


async def begin(records: WritableRecords, account: str, attempt: str, now: int) -> Verdict:
    """Open an attempt on ``account`` and write that down, or tell why it cannot be opened."""
    counted = await _locked(records, account)
    changed, verdict = lockout.begin(counted.lockout, attempt, now)
    if verdict is not Verdict.WAIT:
        await _write(records, account, counted, changed)
    return verdict


async def end(records: WritableRecords, account: str, attempt: str, now: int, *, right: bool) -> bool:
    """Close an attempt, write that down, and tell whether the account is open to it."""
    counted = await _locked(records, account)
    changed, is_open = lockout.end(counted.lockout, attempt, now, right=right)
    await _write(records, account, counted, changed)
    return is_open


async def of(records: Records, account: str) -> Lockout:
    """Return the attempts on ``account``, for people to look at."""
    record = await records.named(KIND, account)
    return Lockout() if record is None else _decode(record.body)


async def forget(records: WritableRecords, account: str) -> None:
    """Delete what is counted against ``account``, which opens it if it was closed."""
    record = await records.named(KIND, account, lock=True)
    if record is not None:
        await records.delete(KIND, record.id)


async def _locked(records: WritableRecords, account: str) -> _Counted:
    record = await records.named(KIND, account, lock=True)
    return _Counted(record, Lockout() if record is None else _decode(record.body))


async def _write(records: WritableRecords, account: str, counted: _Counted, changed: Lockout) -> None:
    body = msgspec.json.encode(changed)
    if counted.record is None:
        await records.insert(KIND, body, name=account)
    else:
        await records.update(msgspec.structs.replace(counted.record, body=body))
