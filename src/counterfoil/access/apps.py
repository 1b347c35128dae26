"""Who sends an app key and an app token (contract vtex §1)."""

import math

from msgspec import Struct

from counterfoil.access import app_key as app_keys
from counterfoil.access import integration
from counterfoil.access.app_key import AppKey
from counterfoil.access.app_role import app_rights
from counterfoil.access.identity import GUEST, Identity
from counterfoil.access.known import Known, Together
from counterfoil.ledger.ledger import Ledger


class _App(Struct, frozen=True):
    key: AppKey
    identity: Identity


class Apps:
    """Verifies app keys and app tokens for one process.

    What is remembered is whose key it is, never that a token was right: the token is compared with every
    request. A wrong one is therefore refused from memory and costs nobody else anything, and no number of
    them closes a key to its owner; 64 random characters need no lock-out.
    """

    def __init__(self, ledger: Ledger, *, known_for_s: float, max_known: int) -> None:
        """Make the verifier; it believes what it read from ``ledger`` for ``known_for_s`` seconds."""
        self._ledger = ledger
        self._known: Known[_App] = Known(time_to_live_s=known_for_s, max_entries=max_known)
        # Kept apart, so that a flood of made-up keys does not push out the good ones.
        self._unknown: Known[Identity] = Known(time_to_live_s=known_for_s, max_entries=max_known)
        self._together: Together[_App | None] = Together()

    async def identify(self, app_key: str, app_token: str) -> Identity | None:
        """Return whose these are; None if nobody's, revoked, or of two different keys. Raises a `Fault`."""
        if not app_keys.can_be(app_key, app_token):
            return None
        now_s = self._ledger.clock.monotonic_s()
        if self._unknown.get(app_key, now_s):
            return None
        app = self._known.get(app_key, now_s)
        if app is None:
            app = await self._together.look(app_key, lambda: self._look_up(app_key, now_s))
        if app is None or not app_keys.is_right(app.key, app_token):
            return None
        return app.identity

    async def _look_up(self, app_key: str, now_s: float) -> _App | None:
        async with self._ledger.reading() as reader:
            found = await app_keys.find(reader.records, app_key)
            program = None if found is None else await integration.get(reader.records, found.integration_id)
        if found is None or program is None:
            self._unknown.put(app_key, GUEST, now_s, at_most_s=math.inf)
            return None
        grant = program.integration.grant
        identity = Identity("app", program.id, program.name, app_rights(grant), role=grant.role)
        app = _App(found, identity)
        self._known.put(app_key, app, now_s, at_most_s=math.inf)
        return app
