"""Admin users: people who sign in with a name and a password."""

import re

import msgspec
from msgspec import Struct

from counterfoil.access import attempt, token
from counterfoil.access.lockout import Lockout
from counterfoil.access.role import Grant
from counterfoil.ledger.envelope import Answered, Refused
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Record, Records, Transaction
from counterfoil.ledger.searching import Search

KIND = "user"
MAX_LISTED = 1000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}", re.ASCII)


class User(Struct, frozen=True):
    """An admin user as stored. ``password_hash`` is argon2id; ``created_at`` is UTC."""

    password_hash: str
    grant: Grant
    created_at: str

    def __repr__(self) -> str:
        return f"User(grant={self.grant!r})"


class StoredUser(Struct, frozen=True):
    """A user with its place in the store."""

    id: int
    name: str
    version: int
    user: User


class NameMalformed(Struct, frozen=True):
    """Refusal: a name is 1 to 100 letters, digits and ``. _ @ + -``, and begins with a letter or a digit."""

    name: str


class NameInUse(Struct, frozen=True):
    """Refusal: somebody has this name already."""

    name: str


class NameUnknown(Struct, frozen=True):
    """Refusal: nobody has this name."""

    name: str


_decode = msgspec.json.Decoder(User).decode


async def named(records: Records, name: str, *, lock: bool = False) -> StoredUser | None:
    """Return the user of this name. What cannot be a name is nobody's."""
    if not NAME.fullmatch(name):
        return None
    record = await records.named(KIND, name, lock=lock)
    return None if record is None else _stored(record)


async def get(records: Records, user_id: int, *, lock: bool = False) -> StoredUser | None:
    """Return the user of this id."""
    record = await records.get(KIND, user_id, lock=lock)
    return None if record is None else _stored(record)


async def listed(records: Records) -> list[tuple[StoredUser, Lockout]]:
    """Return all users in the order of their creation, with what is counted against each."""
    found, _ = await records.search(KIND, {}, Search(limit=MAX_LISTED))
    users = [_stored(record) for record in found]
    return [(user, await attempt.of(records, token.owner("admin", user.id))) for user in users]


async def any_exists(records: Records) -> bool:
    """Tell whether there is an admin user at all."""
    _, total_count = await records.search(KIND, {}, Search(limit=1))
    return total_count > 0


async def create(
    ledger: Ledger, *, name: str, password_hash: str, grant: Grant
) -> int | NameMalformed | NameInUse:
    """Create a user and return its id."""
    if not NAME.fullmatch(name):
        return NameMalformed(name)
    user = User(password_hash, grant, ledger.clock.now())

    async def work(transaction: Transaction) -> Body:
        user_id = await transaction.records.insert(KIND, msgspec.json.encode(user), name=name)
        return Body(msgspec.json.encode(user_id))

    try:
        answer = await ledger.transact(work)
    except NameTaken:
        return NameInUse(name)
    assert isinstance(answer, Answered)
    return msgspec.json.decode(answer.body, type=int)


async def set_password(ledger: Ledger, *, name: str, password_hash: str) -> NameUnknown | None:
    """Give a user another password, open the account if it was closed, and revoke the user's tokens."""

    async def work(transaction: Transaction) -> Body | NameUnknown:
        stored = await named(transaction.records, name, lock=True)
        if stored is None:
            return NameUnknown(name)
        user = msgspec.structs.replace(stored.user, password_hash=password_hash)
        record = Record(KIND, stored.id, name, None, stored.version, msgspec.json.encode(user))
        await transaction.records.update(record)
        await attempt.forget(transaction.records, token.owner("admin", stored.id))
        await token.revoke_all(transaction.records, "admin", stored.id)
        return Body(b"null")

    return _refusal(await ledger.transact(work))


async def delete(ledger: Ledger, *, name: str) -> NameUnknown | None:
    """Delete a user and revoke the user's tokens."""

    async def work(transaction: Transaction) -> Body | NameUnknown:
        stored = await named(transaction.records, name, lock=True)
        if stored is None:
            return NameUnknown(name)
        await transaction.records.delete(KIND, stored.id)
        await attempt.forget(transaction.records, token.owner("admin", stored.id))
        await token.revoke_all(transaction.records, "admin", stored.id)
        return Body(b"null")

    return _refusal(await ledger.transact(work))


async def unlock(ledger: Ledger, *, name: str) -> NameUnknown | None:
    """Forget the wrong passwords of a user, which ends a lock-out."""

    async def work(transaction: Transaction) -> Body | NameUnknown:
        stored = await named(transaction.records, name)
        if stored is None:
            return NameUnknown(name)
        await attempt.forget(transaction.records, token.owner("admin", stored.id))
        return Body(b"null")

    return _refusal(await ledger.transact(work))


def _stored(record: Record) -> StoredUser:
    assert record.name is not None
    return StoredUser(record.id, record.name, record.version, _decode(record.body))


def _refusal(answer: Answered | Refused | NameUnknown) -> NameUnknown | None:
    return answer if isinstance(answer, NameUnknown) else None
