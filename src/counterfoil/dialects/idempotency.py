"""The ``Idempotency-Key`` header, and what a repeat of a request must have in common with it."""

import hashlib
import re
from collections.abc import Iterable

MAX_KEY_LENGTH = 255

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PRINTABLE = re.compile(r"[ -~]+")


def key_text(header: bytes) -> str | None:
    """Return the key of a header, quoted or bare; None unless it has 1 to 255 printable characters."""
    text = header.decode("latin-1").strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        text = re.sub(r"\\(.)", r"\1", quoted.group(1))
    return text if _PRINTABLE.fullmatch(text) and len(text) <= MAX_KEY_LENGTH else None


def fingerprint(parts: Iterable[bytes]) -> str:
    """Return a digest of the parts of a request that tells apart where one ends and the next begins."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()
