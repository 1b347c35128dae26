"""Signing in: a name and a password for a token.

Open an attempt (one transaction), check the password (a thread), close the attempt and store the token
(one transaction). Somebody who does not exist and somebody with a wrong password take the same way, so
that neither the answer nor its time tells one from the other.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from msgspec import Struct

from counterfoil.access import attempt, token, user
from counterfoil.access.identity import IdentityKind
from counterfoil.access.lockout import Verdict
from counterfoil.access.password import Passwords
from counterfoil.access.token import Token
from counterfoil.ledger.envelope import Answered, Refused
from counterfoil.ledger.faults import Busy, Conflict
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Transaction

WAIT_S = 10
"""How long an attempt waits for others on the same account to be decided."""

PAUSE_S = 0.05
_MAX_RACES = 10

_log = structlog.get_logger(__name__)
_begun: set[asyncio.Task[object]] = set()


class SignInFailed(Struct, frozen=True):
    """Refusal: unknown name, wrong password, or an account closed for a while. It never says which."""


class Account(Struct, frozen=True):
    """Whom somebody claims to be. ``version`` is the user record's; None for customers."""

    kind: IdentityKind
    id: int
    name: str
    password_hash: str
    lifetime_s: int
    version: int | None = None

    def __repr__(self) -> str:
        return f"Account(kind={self.kind!r}, id={self.id!r})"


async def sign_in(
    ledger: Ledger, passwords: Passwords, account: Account | None, password: str
) -> str | SignInFailed:
    """Return a new token for ``account`` if ``password`` is its password. Raises a `Fault`."""
    # A client that hangs up must not leave its attempt open, so what has begun runs to its end.
    task = asyncio.ensure_future(_sign_in(ledger, passwords, account, password))
    _begun.add(task)
    task.add_done_callback(_begun.discard)
    return await asyncio.shield(task)


async def _sign_in(
    ledger: Ledger, passwords: Passwords, account: Account | None, password: str
) -> str | SignInFailed:
    attempt_id = ledger.clock.unique_id()
    async with passwords.turn():
        verdict = await _begin(ledger, account, attempt_id)
        expected = account.password_hash if account is not None and verdict is Verdict.ADMITTED else None
        right = await passwords.check(expected, password)
        secret = await _end(ledger, account, attempt_id, right=right)
    if secret is not None:
        return secret
    if account is not None:
        _log.warning("sign-in refused", account=_counted_under(account), locked=verdict is Verdict.LOCKED)
    return SignInFailed()


async def _begin(ledger: Ledger, account: Account | None, attempt_id: str) -> Verdict:
    """Open the attempt. Waits while too many others on this account are undecided."""
    deadline = ledger.clock.monotonic_s() + WAIT_S

    async def work(transaction: Transaction) -> Body | Verdict:
        now = ledger.clock.epoch_s()
        verdict = await attempt.begin(transaction.records, _counted_under(account), attempt_id, now)
        return verdict if verdict is Verdict.WAIT else Body(msgspec.json.encode(verdict))

    while True:
        answer = await _first_of_its_name(ledger, work)
        if isinstance(answer, Answered):
            return msgspec.json.decode(answer.body, type=Verdict)
        if account is None:
            return Verdict.WAIT
        if ledger.clock.monotonic_s() >= deadline:
            raise Busy("Too many sign-ins to this account at once. Nothing was done. Please try again.")
        await asyncio.sleep(PAUSE_S + ledger.clock.jitter(PAUSE_S))


async def _end(ledger: Ledger, account: Account | None, attempt_id: str, *, right: bool) -> str | None:
    """Close the attempt; if the password was right and still is, store a token and return it."""
    secret = token.draw(ledger.clock)

    async def work(transaction: Transaction) -> Body:
        records, now = transaction.records, ledger.clock.epoch_s()
        entitled = right and account is not None and await _is_unchanged(transaction, account)
        is_open = await attempt.end(records, _counted_under(account), attempt_id, now, right=entitled)
        if is_open and account is not None:
            expires_at = now + account.lifetime_s
            await token.store(records, secret, Token(account.kind, account.id, account.name, now, expires_at))
        return Body(msgspec.json.encode(is_open))

    answer = await _first_of_its_name(ledger, work)
    assert isinstance(answer, Answered)
    return secret if msgspec.json.decode(answer.body, type=bool) else None


async def _is_unchanged(transaction: Transaction, account: Account) -> bool:
    """Tell whether a user is as it was when its password hash was read: not deleted, no other password."""
    if account.version is None:
        return True
    stored = await user.get(transaction.records, account.id, lock=True)
    return stored is not None and stored.version == account.version


async def _first_of_its_name(
    ledger: Ledger, work: Callable[[Transaction], Awaitable[Body | Verdict]]
) -> Answered | Refused | Verdict:
    """Run ``work`` again if another attempt made the account's record at the same moment."""
    for _ in range(_MAX_RACES):
        try:
            return await ledger.transact(work)
        except NameTaken:
            continue
    raise Conflict


def _counted_under(account: Account | None) -> str:
    return attempt.NOBODY if account is None else token.owner(account.kind, account.id)
