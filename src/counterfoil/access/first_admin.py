"""The first admin user: named by whoever starts the service, or made up. There is no default password."""

from msgspec import Struct

from counterfoil.access import user
from counterfoil.access.password import Passwords, generate, unfit
from counterfoil.access.role import Grant
from counterfoil.access.user import NameMalformed
from counterfoil.ledger.ledger import Ledger

DEFAULT_NAME = "admin"


class GeneratedPassword(Struct, frozen=True):
    """A password that we made up. Show it once, to the person; it is stored nowhere in clear."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"GeneratedPassword(username={self.username!r}, password='…')"


class FirstAdminRefused(ValueError):
    """COUNTERFOIL_ADMIN_USER or COUNTERFOIL_ADMIN_PASSWORD cannot be used."""


async def ensure_admin(
    ledger: Ledger, *, username: str | None = None, password: str | None = None
) -> GeneratedPassword | None:
    """Make sure that somebody can sign in.

    With a password, the user of that name (``admin`` if none is given) is created unless it exists; one
    that exists keeps its password. Without one, a user is created only if there is none at all, with a
    random password, which is returned so that it can be shown once.

    Raises:
        FirstAdminRefused: the name or the password given cannot be a user's.
    """
    name = username or DEFAULT_NAME
    async with ledger.reading() as reader:
        if password:
            exists = await user.named(reader.records, name) is not None
        else:
            exists = await user.any_exists(reader.records)
    if exists:
        return None
    if password and (refusal := unfit(password)) is not None:
        kind = type(refusal).__name__.removeprefix("Password").lower()
        raise FirstAdminRefused(
            f"COUNTERFOIL_ADMIN_PASSWORD is {kind}; the limit is {refusal.limit} characters"
        )
    chosen = password or generate(ledger.clock)
    passwords = Passwords(parallel=1)
    try:
        hashed = await passwords.hash(chosen)
    finally:
        passwords.close()
    created = await user.create(ledger, name=name, password_hash=hashed, grant=Grant("administrator"))
    if isinstance(created, NameMalformed):
        raise FirstAdminRefused(
            f"COUNTERFOIL_ADMIN_USER cannot be {name!r}: use letters, digits and . _ @ + -"
        )
    # If another process was faster, the password is that process's to show.
    return GeneratedPassword(name, chosen) if isinstance(created, int) and not password else None
