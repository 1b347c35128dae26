"""The door: who is it, may they sign in, and out again."""

import math

from counterfoil.access import integration, token, user
from counterfoil.access.app_role import APP_ROLES, SAME_ROLE
from counterfoil.access.apps import Apps
from counterfoil.access.identity import GUEST, Identity, IdentityKind
from counterfoil.access.known import Known, Together
from counterfoil.access.oauth import OAuth, OAuthRefusal
from counterfoil.access.oauth_secrets import KeyFile
from counterfoil.access.password import Passwords
from counterfoil.access.role import rights
from counterfoil.access.sign_in import Account, SignInFailed, sign_in
from counterfoil.access.signed_request import SignedRequest
from counterfoil.access.token import ADMIN_LIFETIME_S, CUSTOMER_LIFETIME_S, Token
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Records, Transaction

CUSTOMER_KIND = "customer"
"""The kind of record that stands for a customer; the checkout room writes them."""

KNOWN_FOR_S = 5.0
MAX_KNOWN = 10_000
MAX_TOKEN_LENGTH = 512
PRUNE_EVERY_S = 300.0


class Access:
    """Tells who sends a request, gives tokens for passwords, and takes tokens back."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        passwords: Passwords | None = None,
        known_for_s: float = KNOWN_FOR_S,
        key_file: KeyFile | None = None,
    ) -> None:
        """Make the door of one process.

        Args:
            ledger: where users, integrations and tokens are kept.
            passwords: hashes and checks passwords.
            known_for_s: how long an identity is believed without looking at the database again.
            key_file: what the secrets of signed requests are made from.
        """
        self._ledger = ledger
        self._passwords = passwords or Passwords()
        self._known: Known[Identity] = Known(time_to_live_s=known_for_s, max_entries=MAX_KNOWN)
        # Kept apart, so that a flood of made-up tokens does not push out the good ones.
        self._unknown: Known[Identity] = Known(time_to_live_s=known_for_s, max_entries=MAX_KNOWN)
        self._together: Together[Identity] = Together()
        self._revocations = 0
        self._oauth = OAuth(ledger, key_file, identify=self.identify, known_for_s=known_for_s)
        self._apps = Apps(ledger, known_for_s=known_for_s, max_known=MAX_KNOWN)
        self._pruned_at_s = -math.inf

    async def identify(self, bearer_token: str | None) -> Identity:
        """Return who brings this token; `GUEST` without one, or if it is unknown, over or revoked."""
        if not bearer_token or len(bearer_token) > MAX_TOKEN_LENGTH:
            return GUEST
        hashed = token.digest(bearer_token)
        now_s = self._ledger.clock.monotonic_s()
        known = self._known.get(hashed, now_s) or self._unknown.get(hashed, now_s)
        if known is not None:
            return known
        return await self._together.look(hashed, lambda: self._look_up(hashed, now_s))

    async def identify_signed(self, request: SignedRequest) -> Identity | OAuthRefusal:
        """Return who signed this request, or why nobody did. Raises a `Fault`."""
        return await self._oauth.identify(request)

    async def app_key(self, app_key: str, app_token: str) -> Identity | None:
        """Return whose app key and app token these are (VTEX); None if nobody's. Raises a `Fault`."""
        return await self._apps.identify(app_key, app_token)

    async def app_bearer(self, bearer_token: str | None) -> Identity | None:
        """Return who brings this bearer token to the VTEX dialect; None if it is not good. Raises a `Fault`.

        Their role counts as the one like it there. Whoever has resources one by one has none there, for they
        are names from another list; neither have customers, who may see what is their own.
        """
        identity = await self.identify(bearer_token)
        if identity.kind == "guest":
            return None
        role = SAME_ROLE.get(identity.role or "")
        resources = frozenset() if role is None else APP_ROLES[role]
        return Identity(identity.kind, identity.id, identity.name, resources, role=role)

    async def sign_in_admin(self, username: str, password: str) -> str | SignInFailed:
        """Return a new token for an admin user, good for four hours. Raises a `Fault`."""
        async with self._ledger.reading() as reader:
            found = await user.named(reader.records, username)
        account = None
        if found is not None:
            hashed = found.user.password_hash
            account = Account("admin", found.id, found.name, hashed, ADMIN_LIFETIME_S, found.version)
        return await self._sign_in(account, password)

    async def sign_in_customer(
        self, email: str, password: str, *, customer_id: int | None, password_hash: str | None
    ) -> str | SignInFailed:
        """Return a new token for a customer, good for one hour. Raises a `Fault`.

        Args:
            email: what the customer is called from now on.
            password: what was typed.
            customer_id: the customer of that address, None if there is none.
            password_hash: what `hash_password` made of the customer's password, None if there is none.
        """
        account = None
        if customer_id is not None and password_hash is not None:
            account = Account("customer", customer_id, email, password_hash, CUSTOMER_LIFETIME_S)
        return await self._sign_in(account, password)

    async def hash_password(self, password: str) -> str:
        """Return the hash to store for ``password``. Raises `Busy`."""
        return await self._passwords.hash(password)

    async def verify_password(self, password_hash: str, password: str) -> bool:
        """Tell whether ``password`` is the one that was hashed. Raises `Busy`. Counts no attempts."""
        return await self._passwords.verify(password_hash, password)

    async def revoke_tokens(self, kind: IdentityKind, subject_id: int) -> int:
        """Revoke every token of one account and return how many there were.

        This process refuses them at once, others within `KNOWN_FOR_S` seconds.
        """
        revoked = 0

        async def work(transaction: Transaction) -> Body:
            nonlocal revoked
            revoked = await token.revoke_all(transaction.records, kind, subject_id)
            return Body(b"null")

        await self._ledger.transact(work)
        self._revocations += 1
        self._known.forget()
        self._together.forget()
        return revoked

    def close(self) -> None:
        """Let the threads go."""
        self._passwords.close()

    async def _look_up(self, hashed: str, now_s: float) -> Identity:
        now = self._ledger.clock.epoch_s()
        revocations = self._revocations
        async with self._ledger.reading() as reader:
            found = await token.find(reader.records, hashed, now)
            identity = GUEST if found is None else await _bearer(reader.records, found)
        if found is None or identity is GUEST:
            self._unknown.put(hashed, GUEST, now_s, at_most_s=math.inf)
            return GUEST
        if revocations != self._revocations:
            return identity  # right when it was read, and perhaps not any more
        rest_s = math.inf if found.expires_at is None else found.expires_at - now
        self._known.put(hashed, identity, now_s, at_most_s=rest_s)
        return identity

    async def _sign_in(self, account: Account | None, password: str) -> str | SignInFailed:
        result = await sign_in(self._ledger, self._passwords, account, password)
        now_s = self._ledger.clock.monotonic_s()
        if now_s - self._pruned_at_s > PRUNE_EVERY_S:
            self._pruned_at_s = now_s
            await token.prune(self._ledger)
        return result


async def _bearer(records: Records, found: Token) -> Identity:
    """Return whose token it is, with the rights they have now; `GUEST` if they are gone."""
    match found.kind:
        case "admin":
            admin = await user.get(records, found.subject_id)
            if admin is not None:
                resources, read_only = rights(admin.user.grant)
                role = admin.user.grant.role
                return Identity("admin", admin.id, admin.name, resources, read_only, role)
        case "integration":
            program = await integration.get(records, found.subject_id)
            if program is not None:
                resources, read_only = rights(program.integration.grant)
                role = program.integration.grant.role
                return Identity("integration", program.id, program.name, resources, read_only, role)
        case "customer":
            if await records.get(CUSTOMER_KIND, found.subject_id) is not None:
                return Identity("customer", found.subject_id, found.subject_name)
        case _:
            pass
    return GUEST
