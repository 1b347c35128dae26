"""The headers, the path and the query of a request, read once (contract vtex §1)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl

from counterfoil.access.identity import Identity
from counterfoil.dialects import idempotency
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.ledger.envelope import IdempotencyKey

MAX_QUERY_BYTES = 32 * 1024
MAX_QUERY_PAIRS = 1000

APP_KEY = b"x-vtex-api-appkey"
APP_TOKEN = b"x-vtex-api-apptoken"
COOKIE = b"vtexidclientautcookie"

_ONCE = (APP_KEY, APP_TOKEN, COOKIE, b"idempotency-key")
_ACCOUNT = frozenset({"an", "accountname"})
_WAIT = re.compile(r"\s*wait\s*=\s*\"?(\d{1,6})\"?\s*", re.ASCII)


def refuse_repeated(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a header that decides something and comes twice: others may go by the other one."""
    names = [name for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise VtexError(400, f"The {name.decode()} header was sent more than once.")


def cookie_token(headers: dict[bytes, bytes]) -> str | None:
    """Return the token of a signed-in user: a header of that name, or a cookie."""
    header = headers.get(COOKIE)
    if header is not None:
        return header.decode("latin-1").strip() or None
    for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == COOKIE.decode():
            return value.strip().strip('"') or None
    return None


def key_name(headers: dict[bytes, bytes], identity: Identity) -> str:
    """Return the app key that the caller has shown, or who they are if they came by another way."""
    if identity.kind == "app":
        return headers[APP_KEY].decode("latin-1").strip()
    return f"{identity.kind}:{identity.name}"


def pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Return the decoded pairs of the query in their order, without those that only name the account.

    There is one account here, so whichever is named is this one. Raises `VtexError` 400.
    """
    if not query_string:
        return []
    if len(query_string) > MAX_QUERY_BYTES:
        raise VtexError(400, f"The query string is longer than {MAX_QUERY_BYTES} bytes.")
    try:
        found = parse_qsl(
            query_string.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY_PAIRS,
        )
    except UnicodeDecodeError:
        raise VtexError(400, "The query string is not valid UTF-8.") from None
    except ValueError:
        raise VtexError(400, f"The query string has more than {MAX_QUERY_PAIRS} fields.") from None
    if any("\0" in name or "\0" in value for name, value in found):
        raise VtexError(400, "The query string contains a null character.")
    return [(name, value) for name, value in found if name.lower() not in _ACCOUNT]


@lru_cache(maxsize=64)
def preferred_wait_s(prefer: bytes | None) -> int | None:
    """Return how many seconds the client would wait (``Prefer: wait=10``, RFC 7240 §4.3), None if unsaid."""
    for part in (prefer or b"").decode("latin-1").lower().split(","):
        match = _WAIT.fullmatch(part.partition(";")[0])
        if match is not None:
            return int(match[1])
    return None


def idempotency_key(header: bytes, identity: Identity, request: tuple[bytes, ...]) -> IdempotencyKey:
    """Return the key under which the effect of a request is remembered. Raises `VtexError` 400.

    Args:
        header: the ``Idempotency-Key`` header.
        identity: who calls; different callers have different keys.
        request: what a repeat must have in common: method, path, query, body.
    """
    text = idempotency.key_text(header)
    if text is None:
        most = idempotency.MAX_KEY_LENGTH
        raise VtexError(400, f"The Idempotency-Key header must have 1 to {most} printable characters.")
    scope = f"vtex:{identity.kind}:{identity.id}"
    return IdempotencyKey(scope, text, idempotency.fingerprint(request))
