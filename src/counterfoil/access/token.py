"""Bearer tokens: random strings. Only their SHA-256 is stored, so the database gives none of them away."""

import hashlib

import msgspec
from msgspec import Struct

from counterfoil.access.identity import IdentityKind
from counterfoil.clock import Clock
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Records, Transaction, WritableRecords
from counterfoil.ledger.searching import Filter, Search, Sort

KIND = "token"
LENGTH = 32

ADMIN_LIFETIME_S = 4 * 3600
CUSTOMER_LIFETIME_S = 3600
"""Contract adobe §2.6. Tokens of integrations are good until they are revoked."""

PRUNE_AT_ONCE = 500
_PAGE = 500
_EXPIRY = {"expires_at": "expires_at:integer"}


class Token(Struct, frozen=True):
    """Whose token it is and how long it is good, in seconds since 1970; None is for ever."""

    kind: IdentityKind
    subject_id: int
    subject_name: str
    issued_at: int
    expires_at: int | None = None

    def is_good(self, now: int) -> bool:
        """Tell whether the token can be used at ``now``."""
        return self.expires_at is None or now < self.expires_at


_decode = msgspec.json.Decoder(Token).decode


def draw(clock: Clock) -> str:
    """Return a new token of 32 letters and digits (190 bits)."""
    return clock.secret(LENGTH)


def digest(secret: str) -> str:
    """Return the name under which a token is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def owner(kind: IdentityKind, subject_id: int) -> str:
    """Return the name that groups the tokens of one account, and that its attempts are counted under."""
    return f"{kind}:{subject_id}"


async def store(records: WritableRecords, secret: str, token: Token) -> None:
    """Store a new token."""
    body = msgspec.json.encode(token)
    await records.insert(KIND, body, name=digest(secret), owner=owner(token.kind, token.subject_id))


async def find(records: Records, hashed: str, now: int) -> Token | None:
    """Return the token of this digest if there is one and it can be used."""
    record = await records.named(KIND, hashed)
    if record is None:
        return None
    token = _decode(record.body)
    return token if token.is_good(now) else None


async def revoke_all(records: WritableRecords, kind: IdentityKind, subject_id: int) -> int:
    """Delete every token of one account and return how many there were."""
    revoked = 0
    while page := await records.owned(KIND, owner(kind, subject_id), limit=_PAGE):
        for record in page:
            await records.delete(KIND, record.id)
        revoked += len(page)
    return revoked


async def prune(ledger: Ledger) -> None:
    """Delete tokens that are over, the oldest first, up to 500 of them."""
    over = Search(
        groups=((Filter("expires_at", "lteq", str(ledger.clock.epoch_s())),),),
        sorts=(Sort("id", descending=False),),
        limit=PRUNE_AT_ONCE,
    )
    async with ledger.reading() as reader:
        found, _ = await reader.records.search(KIND, {"id": "id", **_EXPIRY}, over)
    if not found:
        return

    async def work(transaction: Transaction) -> Body:
        for record in found:
            await transaction.records.delete(KIND, record.id)
        return Body(b"null")

    await ledger.transact(work)
