"""The body of a request, of bounded size and within a bounded time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

WITHIN_S: Final = 30.0
"""How long a client may take to send its body."""


class Disconnected(Exception):
    """The client went away before it had sent its body. Nobody waits for an answer."""


class TooLarge(Exception):
    """The body is larger than it may be."""


class TooLate(Exception):
    """The body did not arrive in time."""


async def content(headers: dict[bytes, bytes], receive: Receive, *, most: int, within_s: float) -> bytes:
    """Return the body; nothing if the head announces none.

    Args:
        headers: of the request, by lower-case name.
        receive: the server's (ASGI 3).
        most: how many bytes it may have.
        within_s: how long it may take.

    Raises `TooLarge`, `TooLate` or `Disconnected`.
    """
    length = headers.get(b"content-length")
    if length == b"0" or (length is None and b"transfer-encoding" not in headers):
        return b""
    if length is not None and length.isdigit() and int(length[:20]) > most:
        raise TooLarge
    try:
        async with asyncio.timeout(within_s):
            return await _all(receive, most)
    except TimeoutError:
        raise TooLate from None


async def _all(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)
