"""``counterfoil users``: the people who sign in."""

import sys
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from counterfoil.access import user
from counterfoil.access.lockout import Lockout
from counterfoil.access.password import (
    MAX_LENGTH,
    Passwords,
    PasswordTooLong,
    PasswordTooShort,
    generate,
    unfit,
)
from counterfoil.access.user import NameInUse, NameMalformed, NameUnknown, StoredUser
from counterfoil.clock import Clock
from counterfoil.commands.answer import CommandRefused, UsageError, books, say, say_json, say_table
from counterfoil.commands.grants import read_grant, shown
from counterfoil.commands.options import AsJson, DatabaseUrl, PasswordFromStdin, ResourceNames, RoleName

Name = Annotated[str, Parameter(help="The name that the user signs in with.")]

app = App(name="users", help="Create, list and delete the people who sign in.", help_epilogue="")


@app.command(
    help_epilogue="""Examples:
  counterfoil users create ann
  counterfoil users create bob --role viewer
  counterfoil users create eve --resource Magento_Sales::invoice --resource Magento_Sales::actions_view
  printf %s "$PASSWORD" | counterfoil users create ci --password-stdin --json
"""
)
async def create(
    name: Name,
    /,
    *,
    password_stdin: PasswordFromStdin = False,
    role: RoleName = None,
    resource: ResourceNames = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a user. Without --password-stdin the password is random and shown once."""
    granted = read_grant(role, resource or [])
    password = _read_password() if password_stdin else generate(Clock())
    hashed = await _hashed(password)
    async with books(database_url) as ledger:
        created = await user.create(ledger, name=name, password_hash=hashed, grant=granted)
    match created:
        case NameMalformed():
            raise UsageError(
                f'"{name}" cannot be a name. Use 1 to 100 letters, digits and . _ @ + - '
                "and begin with a letter or a digit."
            )
        case NameInUse():
            raise CommandRefused(
                f'There is a user "{name}" already. Choose another name, or give that user another '
                f"password: counterfoil users set-password {name}"
            )
        case int():
            shown_once = {} if password_stdin else {"password": password}
            if as_json:
                rights = {"role": granted.role, "resources": granted.resources}
                say_json({"id": created, "name": name, **rights, **shown_once})
            else:
                say(f'Created user "{name}" ({shown(granted)}).')
                _say_password(**shown_once)


@app.command(name="list", help_epilogue="Example:\n  counterfoil users list --json")
async def list_users(*, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """List the users, what each may do, and who is locked out."""
    async with books(database_url) as ledger:
        now = ledger.clock.epoch_s()
        async with ledger.reading() as reader:
            listed = await user.listed(reader.records)
    if as_json:
        say_json([_as_json(found, lockout, now) for found, lockout in listed])
    elif listed:
        rows = [
            (found.name, shown(found.user.grant), found.user.created_at, _locked_until(lockout, now) or "")
            for found, lockout in listed
        ]
        say_table(("NAME", "MAY", "CREATED (UTC)", "LOCKED UNTIL (UTC)"), rows)
    else:
        say("There are no users yet. Create one: counterfoil users create NAME")


@app.command(help_epilogue="Example:\n  counterfoil users delete bob")
async def delete(name: Name, /, *, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """Delete a user and revoke the user's tokens. A running service forgets them within 5 seconds."""
    async with books(database_url) as ledger:
        _known(await user.delete(ledger, name=name))
    if as_json:
        say_json({"name": name, "deleted": True})
    else:
        say(f'Deleted user "{name}".')


@app.command(
    name="set-password",
    help_epilogue="""Examples:
  counterfoil users set-password ann
  printf %s "$PASSWORD" | counterfoil users set-password ann --password-stdin
""",
)
async def set_password(
    name: Name,
    /,
    *,
    password_stdin: PasswordFromStdin = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a user another password. Ends a lock-out and revokes the user's tokens."""
    password = _read_password() if password_stdin else generate(Clock())
    hashed = await _hashed(password)
    async with books(database_url) as ledger:
        _known(await user.set_password(ledger, name=name, password_hash=hashed))
    shown_once = {} if password_stdin else {"password": password}
    if as_json:
        say_json({"name": name, **shown_once})
    else:
        say(f'User "{name}" has another password.')
        _say_password(**shown_once)


@app.command(help_epilogue="Example:\n  counterfoil users unlock ann")
async def unlock(name: Name, /, *, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """End a lock-out. Six wrong passwords lock a user out for half an hour."""
    async with books(database_url) as ledger:
        _known(await user.unlock(ledger, name=name))
    if as_json:
        say_json({"name": name, "locked_until": None})
    else:
        say(f'User "{name}" is not locked out.')


def _read_password() -> str:
    password = sys.stdin.readline(MAX_LENGTH + 2).rstrip("\r\n")
    match unfit(password):
        case PasswordTooShort(limit):
            raise UsageError(f"The password on standard input must have at least {limit} characters.")
        case PasswordTooLong(limit):
            raise UsageError(f"The password on standard input must have at most {limit} characters.")
        case None:
            return password


async def _hashed(password: str) -> str:
    passwords = Passwords(parallel=1)
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def _say_password(password: str = "") -> None:
    if password:
        say(f"Password: {password}\nIt is shown this once and cannot be read again.")


def _known(refusal: NameUnknown | None) -> None:
    if refusal is not None:
        raise CommandRefused(f'There is no user "{refusal.name}". See who there is: counterfoil users list')


def _locked_until(lockout: Lockout, now: int) -> str | None:
    if not lockout.is_locked(now):
        return None
    return datetime.fromtimestamp(lockout.locked_until, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _as_json(found: StoredUser, lockout: Lockout, now: int) -> dict[str, object]:
    return {
        "id": found.id,
        "name": found.name,
        "role": found.user.grant.role,
        "resources": found.user.grant.resources,
        "created_at": found.user.created_at,
        "locked_until": _locked_until(lockout, now),
    }
