"""Signatures of what hooks are sent, in the form of Standard Webhooks (v1: HMAC-SHA256)."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
SHORTEST = 24
LONGEST = 64


def key_of(secret: str) -> bytes | None:
    """Return the key that ``whsec_`` and base64 of 24 to 64 bytes spell; None if this is no secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if secret.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST else None


def headers(message_id: str, at_s: int, body: bytes, secret: str | None) -> dict[str, str]:
    """Return the headers that say which message this is, sent when; signed if there is a secret."""
    said = {"webhook-id": message_id, "webhook-timestamp": str(at_s)}
    key = key_of(secret) if secret is not None else None
    if key is not None:
        signed = f"{message_id}.{at_s}.".encode() + body
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        said["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return said
