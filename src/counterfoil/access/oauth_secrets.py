"""The secrets of signed requests: made from a key in a file, and stored nowhere.

To verify an HMAC one has to know the secret itself, so a digest is not enough. The secrets are therefore
computed from the public halves (consumer key, access token) and one key, which is in a file and never in
the database. Who has the database alone can sign nothing.
"""

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.ledger.faults import Unavailable

LENGTH = 32
"""Keys, tokens and secrets have 32 letters and digits (contract adobe §2.6)."""

_KEY_LENGTH = 64
_LONGEST_KEY = 4096
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_log = structlog.get_logger(__name__)


class OAuthSecrets:
    """Computes the secrets that belong to consumer keys and access tokens."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.check = self._made_for("check", "")[:8]
        """Tells one key from another, and says nothing about it. It is stored with each consumer."""

    def of_consumer(self, consumer_key: str) -> str:
        """Return the consumer secret of a consumer key."""
        return self._made_for("consumer", consumer_key)

    def of_token(self, access_token: str) -> str:
        """Return the access token secret of an access token."""
        return self._made_for("token", access_token)

    def _made_for(self, purpose: str, public: str) -> str:
        text = f"counterfoil oauth {purpose} {public}".encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, text, hashlib.sha512))
        letters = []
        for _ in range(LENGTH):
            number, letter = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[letter])
        return "".join(letters)


class KeyFileUnusable(Struct, frozen=True):
    """Refusal: the key file cannot be read or made. ``reason`` is what the system says."""

    path: str
    reason: str


class KeyFile:
    """The file with the key, which only its owner can read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._known: OAuthSecrets | None = None

    def read(self) -> OAuthSecrets | KeyFileUnusable | None:
        """Return what the file's key computes; None if there is no file."""
        try:
            with Path(self.path).open("rb") as file:
                key = file.read(_LONGEST_KEY).strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            return KeyFileUnusable(self.path, error.strerror or "")
        if len(key) < LENGTH:
            return KeyFileUnusable(self.path, f"The key has fewer than {LENGTH} characters")
        return OAuthSecrets(key)

    def create(self, clock: Clock) -> OAuthSecrets | KeyFileUnusable | None:
        """Make the file with a random key, unless there is one, and return what it computes."""
        path = Path(self.path)
        draft = path.with_name(f"{path.name}.{clock.unique_id()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{clock.secret(_KEY_LENGTH)}\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                # Under its name it is whole, and of two who make one at once the first is taken.
                with suppress(FileExistsError):
                    os.link(draft, path)
                _sync(path.parent)
            finally:
                draft.unlink()
        except OSError as error:
            return KeyFileUnusable(self.path, error.strerror or "")
        return self.read()

    def secrets(self, check: str) -> OAuthSecrets:
        """Return the secrets that a consumer with this ``check`` was made with.

        Raises `Unavailable` if the file is missing, cannot be read, or is another one: that is for the
        operator to mend, and no reason for a client to throw its keys away.
        """
        if self._known is None or self._known.check != check:
            found = self.read()
            if isinstance(found, OAuthSecrets) and found.check == check:
                self._known = found
            else:
                reason = found.reason if isinstance(found, KeyFileUnusable) else _why(found)
                _log.error("oauth key file", path=self.path, reason=reason)
                raise Unavailable("Signed requests cannot be checked now. Nothing was done.")
        return self._known


def _why(found: OAuthSecrets | None) -> str:
    return "There is no such file" if found is None else "It is not the file that this key was made with"


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
