"""The one owner of time, randomness and ids."""

import random
import secrets
import time
import uuid
from datetime import UTC, datetime


def document_time(precise: str) -> str:
    """Return the time of `Clock.now_precise` in the form of `Clock.now`, so that both name one moment."""
    return f"{precise[:10]} {precise[11:19]}"


class Clock:
    """The real world. Tests put their own in its place."""

    def now(self) -> str:
        """Return the time as UTC ``YYYY-MM-DD HH:MM:SS``, the form that documents carry."""
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def now_precise(self) -> str:
        """Return the time as UTC ISO 8601 with microseconds, the form that the journal carries."""
        return datetime.now(UTC).isoformat(timespec="microseconds")

    def epoch_s(self) -> int:
        """Return whole seconds since 1970, for expiry times."""
        return int(time.time())

    def epoch_us(self) -> int:
        """Return whole microseconds since 1970, for when things are due and what came first."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back, for deadlines."""
        return time.monotonic()

    def jitter(self, upto_s: float) -> float:
        """Return a random pause between 0 and ``upto_s`` seconds."""
        return random.uniform(0, upto_s)  # noqa: S311 -- spreads retries, keeps no secret

    def unique_id(self) -> str:
        """Return a new id of 32 hexadecimal digits."""
        return uuid.uuid4().hex

    def uuid(self) -> str:
        """Return a new id in the form ``8-4-4-4-12`` hexadecimal digits, for clients that expect a UUID."""
        return str(uuid.uuid4())

    def secret(self, length: int = 32) -> str:
        """Return an unguessable string of letters and digits."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(secrets.choice(alphabet) for _ in range(length))
