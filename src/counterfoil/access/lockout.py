"""The lock-out: six wrong passwords close an account for half an hour (contract adobe §2.6).

An attempt is opened before the password is checked and closed with what came of it. Wrong answers and
open attempts together never exceed six, so guesses sent all at the same moment, to any number of
processes, get no more tries than guesses sent one after another. Who has the right password is not
punished for asking often: attempts beyond six wait for an open one to close.
"""

from enum import Enum

import msgspec
from msgspec import Struct

MAX_FAILURES = 6
LOCK_S = 1800

FORGET_S = 1800
"""Failures count together if they come within this time of the first one."""

ABANDONED_S = 60
"""An attempt open for longer belonged to a process that died. It counts as a failure."""


class Verdict(Enum):
    """Whether an attempt may go on to check the password."""

    ADMITTED = "admitted"
    LOCKED = "locked"
    WAIT = "wait"


class Lockout(Struct, frozen=True):
    """The attempts on one account. Times are seconds since 1970; ``open`` maps attempts to their start.

    ``refused`` counts attempts on the closed account since it was closed.
    """

    failures: int = 0
    first_failure_at: int = 0
    locked_until: int = 0
    refused: int = 0
    open: dict[str, int] = {}

    def is_locked(self, now: int) -> bool:
        """Tell whether the account is closed at ``now``."""
        return now < self.locked_until


def begin(lockout: Lockout, attempt: str, now: int) -> tuple[Lockout, Verdict]:
    """Open an attempt on the account if it may have one."""
    lockout = _at(lockout, now)
    if lockout.is_locked(now):
        return msgspec.structs.replace(lockout, refused=lockout.refused + 1), Verdict.LOCKED
    if lockout.failures + len(lockout.open) >= MAX_FAILURES:
        return lockout, Verdict.WAIT
    return msgspec.structs.replace(lockout, open={**lockout.open, attempt: now}), Verdict.ADMITTED


def end(lockout: Lockout, attempt: str, now: int, *, right: bool) -> tuple[Lockout, bool]:
    """Close an attempt and return whether the account is open to it: the password was right, in time."""
    lockout = _at(lockout, now)
    if attempt not in lockout.open:
        return lockout, False
    still_open = {other: since for other, since in lockout.open.items() if other != attempt}
    if right and not lockout.is_locked(now):
        return Lockout(open=still_open), True
    return _failed(msgspec.structs.replace(lockout, open=still_open), now), False


def _at(lockout: Lockout, now: int) -> Lockout:
    """Return the account's attempts as they stand at ``now``: what is over is over."""
    if lockout.locked_until and not lockout.is_locked(now):
        lockout = Lockout(open=lockout.open)
    if lockout.failures and not lockout.locked_until and now - lockout.first_failure_at > FORGET_S:
        lockout = Lockout(open=lockout.open)
    abandoned = [attempt for attempt, since in lockout.open.items() if now - since > ABANDONED_S]
    for attempt in abandoned:
        still_open = {other: since for other, since in lockout.open.items() if other != attempt}
        lockout = _failed(msgspec.structs.replace(lockout, open=still_open), now)
    return lockout


def _failed(lockout: Lockout, now: int) -> Lockout:
    failures = lockout.failures + 1
    return msgspec.structs.replace(
        lockout,
        failures=failures,
        first_failure_at=lockout.first_failure_at if lockout.failures else now,
        locked_until=now + LOCK_S if failures >= MAX_FAILURES else lockout.locked_until,
    )
