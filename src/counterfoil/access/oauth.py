"""Who signed a request (OAuth 1.0a, contract adobe §2.6)."""

import math
from collections.abc import Awaitable, Callable

from msgspec import Struct

from counterfoil.access import consumer, nonces, signed_request, token
from counterfoil.access.consumer import Consumer
from counterfoil.access.identity import Identity
from counterfoil.access.nonces import Claim, Claimed, Nonces
from counterfoil.access.oauth_secrets import KeyFile
from counterfoil.access.signed_request import FormRefusal, Signature, SignedRequest
from counterfoil.ledger.faults import Unavailable
from counterfoil.ledger.ledger import Ledger

MAX_KNOWN = 10_000


class ConsumerUnknown(Struct, frozen=True):
    """Refusal: nobody has this consumer key."""


class TokenUnknown(Struct, frozen=True):
    """Refusal: nobody has this access token, or it has been revoked."""


class TokenOfAnother(Struct, frozen=True):
    """Refusal: the access token is good, and belongs to somebody else than the consumer key."""


class SignatureInvalid(Struct, frozen=True):
    """Refusal: the signature is not that of this request, or was made with other secrets."""


class NonceReused(Struct, frozen=True):
    """Refusal: this consumer has sent this nonce before."""

    consumer_id: int


OAuthRefusal = FormRefusal | ConsumerUnknown | TokenUnknown | TokenOfAnother | SignatureInvalid | NonceReused


class OAuth:
    """Verifies the signed requests of one process."""

    def __init__(
        self,
        ledger: Ledger,
        key_file: KeyFile | None,
        *,
        identify: Callable[[str], Awaitable[Identity]],
        known_for_s: float,
    ) -> None:
        """Make the verifier.

        Args:
            ledger: where consumers and nonces are kept.
            key_file: what secrets are made from; without one, no request can be verified.
            identify: tells whose access token it is.
            known_for_s: how long a consumer key is believed without looking at the database again. Its
                token is looked for with every request.
        """
        self._ledger = ledger
        self._key_file = key_file
        self._identify = identify
        self._known_for_s = known_for_s
        self._known: dict[str, tuple[Consumer, float]] = {}
        self._nonces = Nonces(ledger)

    async def identify(self, request: SignedRequest) -> Identity | OAuthRefusal:
        """Return who signed the request, or why nobody did. Raises a `Fault`.

        The nonce is taken last and only by a request that is good in all else, so that nobody can use up
        the nonces of others.
        """
        clock = self._ledger.clock
        signed = signed_request.read(request, clock.epoch_s())
        if not isinstance(signed, Signature):
            return signed
        found = await self._consumer(signed.consumer_key)
        if found is None:
            return ConsumerUnknown()
        identity = await self._identify(signed.token)
        if identity.kind == "guest":
            return TokenUnknown()
        if (identity.kind, identity.id) != ("integration", found.integration_id):
            return TokenOfAnother()
        if self._key_file is None:
            raise Unavailable("Signed requests cannot be checked here. Nothing was done.")
        if not signed_request.is_right(request, signed, self._key_file.secrets(found.check)):
            return SignatureInvalid()
        match await self._nonces.claim(_claim(signed, found)):
            case Claimed.FRESH:
                return identity
            case Claimed.REUSED:
                return NonceReused(found.integration_id)
            case Claimed.REVOKED:
                return TokenUnknown()

    async def _consumer(self, consumer_key: str) -> Consumer | None:
        now_s = self._ledger.clock.monotonic_s()
        known, until_s = self._known.get(consumer_key, (None, -math.inf))
        if known is not None and now_s < until_s:
            return known
        async with self._ledger.reading() as reader:
            found = await consumer.find(reader.records, consumer_key)
        self._known.pop(consumer_key, None)
        if found is not None:
            if len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[consumer_key] = found, now_s + self._known_for_s
        return found


def _claim(signed: Signature, found: Consumer) -> Claim:
    return Claim(
        nonce=nonces.digest(found.integration_id, signed.nonce),
        token=token.digest(signed.token),
        expires_at=signed_request.expires_at(signed),
    )
