"""Users, roles, tokens and the lock-out: who is asking, and what they may do."""

from counterfoil.access.access import Access
from counterfoil.access.identity import ANONYMOUS, EVERYTHING, GUEST, SELF, Identity
from counterfoil.access.sign_in import SignInFailed

__all__ = ["ANONYMOUS", "EVERYTHING", "GUEST", "SELF", "Access", "Identity", "SignInFailed"]
