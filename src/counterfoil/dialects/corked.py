"""An HTTP protocol that sends the head of an answer together with its body.

uvicorn writes them one after the other, which costs two system calls for every answer.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STOPPING: Final = "stopping"
"""Under this name the state of the life span has what is to be called when the server stops."""


class CorkedTransport:
    """A transport whose writes of one turn of the event loop leave together."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send ``data`` at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what was written, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))


class CorkedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a corked transport. It tells the application when the server begins to stop."""

    def shutdown(self) -> None:
        """End the connection after the answer that is being made; called before anybody waits for that."""
        stopping: Callable[[], None] | None = self.app_state.get(STOPPING)
        if stopping is not None:
            stopping()
        super().shutdown()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve a connection."""
        super().connection_made(cast("asyncio.Transport", CorkedTransport(transport)))
