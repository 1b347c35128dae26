"""The nonces of signed requests, on any engine."""

from collections.abc import Mapping

from counterfoil.storage.session import Session

_CLAIM = "INSERT INTO oauth_nonce (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING digest"
_FORGET = (
    "DELETE FROM oauth_nonce WHERE digest IN "
    "(SELECT digest FROM oauth_nonce WHERE expires_at <= ? ORDER BY expires_at LIMIT ?{})"
)


async def claim(session: Session, nonces: Mapping[str, int]) -> set[str]:
    """Store the digests that are not stored yet, with their expiry, and return which those were."""
    if not nonces:
        return set()
    # In order of the digests, so that two processes which claim the same ones do not block each other.
    found = await session.several([(_CLAIM, (digest, nonces[digest])) for digest in sorted(nonces)])
    return {row[0] for rows in found for row in rows}


async def forget(session: Session, now: int, limit: int) -> None:
    """Remove up to ``limit`` nonces that have expired at ``now``, but none that somebody else removes."""
    skip_locked = f"{session.for_update} SKIP LOCKED" if session.for_update else ""
    await session.run(_FORGET.format(skip_locked), (now, limit))
