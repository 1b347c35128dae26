"""Signed requests on the wire: the ``Authorization: OAuth …`` header, and how each refusal is told.

Texts and statuses are the platform's (contract adobe §2.4, §2.6).
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from counterfoil.access.identity import Identity
from counterfoil.access.oauth import (
    ConsumerUnknown,
    NonceReused,
    OAuthRefusal,
    SignatureInvalid,
    TokenOfAnother,
    TokenUnknown,
)
from counterfoil.access.signed_request import (
    ConsumerKeyMalformed,
    MethodUnsupported,
    Pairs,
    ParameterRepeated,
    ParametersMissing,
    SignedRequest,
    TimestampRefused,
    TokenMalformed,
    VersionUnsupported,
)
from counterfoil.dialects.adobe import errors, query
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.errors import AdobeError

MAX_LENGTH: Final = 4096
"""The longest header that is read, in bytes."""

_SHOWN = 255
_SCHEME = re.compile(rb"\s*oauth(?:\s|$)", re.IGNORECASE)
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def is_signed(authorization: bytes | None) -> bool:
    """Tell whether the header says that the request is signed."""
    return authorization is not None and _SCHEME.match(authorization) is not None


async def identify(shop: Shop, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Identity:
    """Return who signed the request. Raises `AdobeError` if nobody did."""
    found = await shop.access.identify_signed(
        SignedRequest(
            method=scope["method"],
            origins=_origins(shop.settings.base_url, scope, headers),
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            queries=_queries(scope["query_string"]),
            header=parameters(headers[b"authorization"]),
        )
    )
    if isinstance(found, Identity):
        return found
    raise _refused(found)


def parameters(authorization: bytes) -> Pairs:
    """Return the decoded parameters of the header, in their order. What is none is left out.

    Raises `AdobeError` 400 for a header that is too long.
    """
    if len(authorization) > MAX_LENGTH:
        raise AdobeError(400, "The Authorization header is longer than %1 bytes.", [MAX_LENGTH])
    _, _, listed = authorization.decode("latin-1").strip().partition(" ")
    found = []
    for part in listed.split(","):
        name, equals, value = part.partition("=")
        if equals:
            found.append((unquote(name.strip()), unquote(value.strip().strip('"'))))
    return tuple(found)


def _origins(base_url: str, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> tuple[str, ...]:
    """Return where the client may have sent it: to what it named, or to what a proxy has put that for."""
    base = base_url.rstrip("/")
    host = headers.get(b"host", b"")
    if not _HOST.fullmatch(host):
        # With a path of its own it would hide from the signature which path was asked for.
        return (base,)
    named = f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}"
    return (named,) if named == base else (named, base)


def _queries(query_string: bytes) -> tuple[Pairs, ...]:
    """Return the readings of the query: RFC 5849 takes ``+`` for a space, the platform for itself."""
    if not query_string:
        return ((),)
    by_the_standard = tuple(query.pairs(query_string))
    if b"+" not in query_string:
        return (by_the_standard,)
    return by_the_standard, tuple(query.pairs(query_string.replace(b"+", b"%2B")))


_PLAIN: Final[dict[type, tuple[int, str]]] = {
    TokenMalformed: (400, "The token length is invalid. Check the length and try again."),
    ConsumerKeyMalformed: (401, "Consumer key is not the correct length"),
    ConsumerUnknown: (401, "A consumer having the specified key does not exist"),
    TimestampRefused: (401, "Incorrect timestamp value in the oauth_timestamp parameter"),
    TokenUnknown: (401, "Specified token does not exist"),
    TokenOfAnother: (401, "Token is not associated with the specified consumer"),
    SignatureInvalid: (401, "The signature is invalid. Verify and try again."),
}


def _refused(refusal: OAuthRefusal) -> AdobeError:
    match refusal:
        case ParametersMissing(names=names):
            return errors.required(*names)
        case ParameterRepeated(name=name):
            return AdobeError(400, "The %1 parameter was sent more than once.", [name[:_SHOWN]])
        case VersionUnsupported(version=version):
            return AdobeError(400, 'The "%1" Oauth version isn\'t supported.', [version[:_SHOWN]])
        case MethodUnsupported(method=method):
            return AdobeError(400, "Signature method %1 is not supported", [method[:_SHOWN]])
        case NonceReused(consumer_id=consumer_id):
            return AdobeError(
                401, "The nonce is already being used by the consumer with ID %1", [consumer_id]
            )
        case _:
            return AdobeError(*_PLAIN[type(refusal)])
