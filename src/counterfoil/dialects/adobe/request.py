"""The headers and the path of a request, read once (contract adobe §2.1, §2.2, §2.6)."""

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from counterfoil.access.identity import Identity
from counterfoil.dialects import idempotency
from counterfoil.dialects.adobe.errors import NOT_PROCESSED, AdobeError
from counterfoil.ledger.envelope import IdempotencyKey

ADMIN_SCOPE = "all"
"""The store code of the admin scope, whose id is 0."""

_LATER = re.compile(r"([^/]+/)?async/(bulk/)?(?=V\d)")
_VERSIONED = re.compile(r"(?:V\d+|schema)(?:/|$)")
_MEDIA_TYPE = re.compile(r"[0-9a-z*+\-]+(?:/[0-9a-z*+\-.]+)?", re.IGNORECASE)
_QUALITY = re.compile(r"\d(?:\.\d+)?")
_VERSION = re.compile(r'(?:W/)?"(\d{1,18})"|(\d{1,18})')


class Format(Enum):
    """The forms an answer can have. The schema has one of its own, whatever the client likes."""

    JSON = "application/json; charset=utf-8"
    XML = "application/xml; charset=utf-8"
    SCHEMA = "application/json"


class Way(Enum):
    """When a request is carried out: at once, later, or later and many at a time (contract adobe §2.1)."""

    AT_ONCE = ""
    ASYNC = "/async"
    BULK = "/async/bulk"


@lru_cache(maxsize=256)
def accepted(accept: bytes | None) -> Format | None:
    """Return the form that the client likes best, or None if it takes none that there is."""
    if not accept:
        return Format.JSON
    wanted: list[tuple[float, str]] = []
    for definition in accept.decode("latin-1").split(","):
        media_type, *parameters = (part.strip() for part in definition.split(";"))
        if not _MEDIA_TYPE.fullmatch(media_type):
            continue
        quality = parameters[0].partition("=")[2].strip() if parameters else ""
        wanted.append((float(quality) if _QUALITY.fullmatch(quality) else 1.0, media_type.lower()))
    if not wanted:
        return Format.JSON
    for _, media_type in sorted(wanted, key=lambda entry: -entry[0]):
        if media_type in {"*/*", "application/*", "application/json"}:
            return Format.JSON
        if media_type in {"text/xml", "text/*", "application/xml", "application/xhtml+xml"}:
            return Format.XML
    return None


SHORTEST_GUEST_KEY = 20
"""A guest without a cart may not use a shorter key."""

_ONCE = (b"authorization", b"if-match", b"idempotency-key")


def way_and_path(path: str) -> tuple[Way, str]:
    """Return when the request is to be carried out, and the path without the words that say so.

    Args:
        path: below ``/rest/``, still url-encoded.
    """
    match = _LATER.match(path)
    if match is None:
        return Way.AT_ONCE, path
    store, bulk = match.groups()
    return Way.BULK if bulk else Way.ASYNC, f"{store or ''}{path[match.end() :]}"


def scope_and_path(path: str, stores: dict[str, int]) -> tuple[str, int, str]:
    """Return the store's code and id, and the path without ``/rest`` and the code.

    Args:
        path: below ``/rest/``, still url-encoded.
        stores: the ids of the store views by code.

    Raises `AdobeError` 400 for an unknown store and for what does not begin with a version.
    """
    if _VERSIONED.match(path):
        return "default", stores.get("default", 1), "/" + path.rstrip("/")
    code, _, rest = path.partition("/")
    store_id = 0 if code == ADMIN_SCOPE else stores.get(code)
    if store_id is None or not _VERSIONED.match(rest):
        raise AdobeError(400, NOT_PROCESSED)
    return code, store_id, "/" + rest.rstrip("/")


def bearer_token(authorization: bytes | None) -> str | None:
    """Return the token of an ``Authorization`` header of exactly two parts, or None."""
    if not authorization:
        return None
    parts = authorization.decode("latin-1").split()
    return parts[1] if len(parts) == 2 and parts[0].lower() == "bearer" else None


@lru_cache(maxsize=64)
def is_strict(prefer: bytes | None) -> bool:
    """Tell whether the client wants all or nothing (``Prefer: handling=strict``, RFC 7240)."""
    preferences = (prefer or b"").decode("latin-1").lower().split(",")
    return any(re.fullmatch(r'\s*handling\s*=\s*"?strict"?\s*', part) for part in preferences)


def key_text(header: bytes) -> str:
    """Return the idempotency key of a header, quoted or bare. Raises `AdobeError` 400."""
    text = idempotency.key_text(header)
    if text is None:
        message = "The Idempotency-Key header must have 1 to %1 printable characters."
        raise AdobeError(400, message, [idempotency.MAX_KEY_LENGTH])
    return text


def idempotency_key(
    header: bytes,
    identity: Identity,
    *,
    cart_mask: str | None,
    request: tuple[bytes, ...],
    keyless: bool = False,
) -> IdempotencyKey:
    """Return the key under which the effect of a request is remembered.

    Guests without a cart cannot be told apart, and the answer to one may be a secret (the mask of a new
    cart). So their key has to be one that nobody guesses or happens to choose too.

    Args:
        header: the ``Idempotency-Key`` header.
        identity: who calls; different callers have different keys.
        cart_mask: the cart in the path. It tells guests apart, who are all the same identity.
        request: what a repeat must have in common: method, path, query, body.
        keyless: the key will not be used.
    """
    scope = f"adobe:{identity.kind}:{identity.id}"
    text = key_text(header)
    if identity.kind == "guest":
        if cart_mask is None and len(text) < SHORTEST_GUEST_KEY and not keyless:
            message = "The Idempotency-Key header of a guest must have at least %1 characters."
            raise AdobeError(400, message, [SHORTEST_GUEST_KEY])
        scope += f":{cart_mask or ''}"
    return IdempotencyKey(scope, text, idempotency.fingerprint(request))


def refuse_repeated(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a header that decides something and comes twice: others may go by the other one."""
    names = [name for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise AdobeError(400, "The %1 header was sent more than once.", [name.decode()])


def expected_version(if_match: bytes | None) -> int | None:
    """Return the version of ``If-Match: "7"`` (also ``W/"7"``, ``7``); None without one or for ``*``."""
    if if_match is None:
        return None
    text = if_match.decode("latin-1").strip()
    if text == "*":
        return None
    match = _VERSION.fullmatch(text)
    if match is None:
        raise AdobeError(400, "The If-Match header must hold one version, as the ETag of the order shows it.")
    return int(match.group(1) or match.group(2))
