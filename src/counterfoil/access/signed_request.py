"""A request signed with OAuth 1.0a (RFC 5849): what it must carry, and whether its signature is right.

Contract adobe §2.6: HMAC-SHA256 and no other method. The body is not part of the signature.
"""

import re
from collections import Counter

from msgspec import Struct
from oauthlib.oauth1.rfc5849 import signature

from counterfoil.access.oauth_secrets import LENGTH, OAuthSecrets

METHOD = "HMAC-SHA256"
VERSION = "1.0"
REQUIRED = (
    "oauth_consumer_key",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_token",
)

MAX_AHEAD_S = 600
MAX_BEHIND_S = 600
"""How far a timestamp may be from our clock. What is older is refused, so that its nonce can be forgotten."""

CLOCKS_APART_S = 300
"""How far the clocks of several hosts may be apart: a nonce is kept so much longer."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NOT_IN_PATHS = frozenset("?#")

Pairs = tuple[tuple[str, str], ...]


class SignedRequest(Struct, frozen=True):
    """What the signature of a request covers, and the signature.

    ``header`` are the decoded parameters of the header. ``origins`` are the addresses (scheme, host, what
    a proxy takes away) that the client may have sent it to, and ``queries`` the ways to read its query
    string; the signature has to be right for one of each. ``path`` is as it was sent.
    """

    method: str
    origins: tuple[str, ...]
    path: str
    queries: tuple[Pairs, ...]
    header: Pairs


class ParametersMissing(Struct, frozen=True):
    """Refusal: these parameters are not there."""

    names: tuple[str, ...]


class ParameterRepeated(Struct, frozen=True):
    """Refusal: a parameter may be sent once."""

    name: str


class VersionUnsupported(Struct, frozen=True):
    """Refusal: there is only version 1.0."""

    version: str


class TokenMalformed(Struct, frozen=True):
    """Refusal: access tokens have 32 characters."""


class MethodUnsupported(Struct, frozen=True):
    """Refusal: there is only HMAC-SHA256."""

    method: str


class ConsumerKeyMalformed(Struct, frozen=True):
    """Refusal: consumer keys have 32 characters."""


class TimestampRefused(Struct, frozen=True):
    """Refusal: the timestamp is no number above 0, or more than 600 seconds away from our clock."""


FormRefusal = (
    ParametersMissing
    | ParameterRepeated
    | VersionUnsupported
    | TokenMalformed
    | MethodUnsupported
    | ConsumerKeyMalformed
    | TimestampRefused
)


class Signature(Struct, frozen=True):
    """The parameters of a request that could be good, read once. ``timestamp`` is in seconds since 1970."""

    consumer_key: str
    token: str
    nonce: str
    timestamp: int


def read(request: SignedRequest, now: int) -> Signature | FormRefusal:
    """Return what the request says of itself, or the first thing that is wrong with that."""
    times = Counter(name for name, _ in request.header if name.startswith("oauth_"))
    times.update(name for name, _ in request.queries[0] if name in times)
    repeated = [name for name, count in times.items() if count > 1]
    if repeated:
        return ParameterRepeated(repeated[0])
    found = dict(request.header)
    version = found.get("oauth_version", VERSION)
    if version != VERSION:
        return VersionUnsupported(version)
    missing = tuple(name for name in REQUIRED if name not in found)
    if missing:
        return ParametersMissing(missing)
    if len(found["oauth_token"]) != LENGTH:
        return TokenMalformed()
    if found["oauth_signature_method"] != METHOD:
        return MethodUnsupported(found["oauth_signature_method"])
    if len(found["oauth_consumer_key"]) not in {0, LENGTH}:
        return ConsumerKeyMalformed()
    timestamp = found["oauth_timestamp"]
    when = int(timestamp) if _TIMESTAMP.fullmatch(timestamp) else 0
    if when <= 0 or not now - MAX_BEHIND_S <= when <= now + MAX_AHEAD_S:
        return TimestampRefused()
    return Signature(found["oauth_consumer_key"], found["oauth_token"], found["oauth_nonce"], when)


def expires_at(signed: Signature) -> int:
    """Return from when on, in seconds since 1970, no process takes this timestamp any more."""
    return signed.timestamp + MAX_BEHIND_S + CLOCKS_APART_S


class _Request(Struct, frozen=True):
    """A request as the library wants it."""

    http_method: str
    uri: str
    params: list[tuple[str, str]]
    signature: str


def is_right(request: SignedRequest, signed: Signature, secrets: OAuthSecrets) -> bool:
    """Tell whether whoever signed the request knows both secrets, and signed this address and query."""
    if not _NOT_IN_PATHS.isdisjoint(request.path):
        return False
    consumer_secret = secrets.of_consumer(signed.consumer_key)
    token_secret = secrets.of_token(signed.token)
    given = [pair for pair in request.header if pair[0] not in {"oauth_signature", "realm"}]
    sent = dict(request.header)["oauth_signature"]
    try:
        return any(
            signature.verify_hmac_sha256(
                _Request(request.method, origin + request.path, [*given, *query], sent),
                consumer_secret,
                token_secret,
            )
            for query in request.queries
            for origin in request.origins
        )
    except ValueError:  # an address or text that cannot be signed
        return False
