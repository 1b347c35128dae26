"""Times as this dialect writes and reads them: ISO 8601 with seven digits of a second (contract vtex §1)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE | re.ASCII,
)


def instant(text: str) -> datetime:
    """Return the moment that a client means, in UTC. Without a zone it is UTC, without a time midnight.

    Raises ValueError.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    day = date.fromisoformat(match["date"])
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    moment = datetime(
        day.year,
        day.month,
        day.day,
        int(match["hour"] or 0),
        int(match["minute"] or 0),
        int(match["second"] or 0),
        int(fraction),
        _zone(match["zone"]),
    )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "z"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def wire(moment: datetime) -> str:
    """Return a moment as answers have it: ``2024-02-07T15:22:56.7612210+00:00``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0+00:00"


@lru_cache(maxsize=256)
def of_stored(text: str) -> str:
    """Return a time of the books as answers have it. Those of one second are asked for again and again.

    Takes what documents carry (``YYYY-MM-DD HH:MM:SS``) and what the journal carries (with microseconds and
    a zone).
    """
    return wire(instant(text))


def zulu(text: str) -> str:
    """Return a time of the books with a ``Z``, as the document family has it in receipts."""
    return of_stored(text).removesuffix("+00:00") + "Z"


def stored(moment: datetime) -> str:
    """Return a moment as documents carry it: UTC ``YYYY-MM-DD HH:MM:SS``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}".rjust(19, "0")
