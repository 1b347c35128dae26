"""``GET /health``: whether this process can reach its database, for load balancers and supervisors."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Ledger

PATH = "/health"

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Health:
    """Answers 200 while the books can be read, 503 while they cannot."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def __call__(self, scope: MutableMapping[str, Any], receive: object, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        del scope, receive
        try:
            async with self._ledger.reading() as reader:
                await reader.order_ids(limit=1)
            status, body = HTTPStatus.OK, b'{"status":"ok"}'
        except Fault:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, b'{"status":"database not available"}'
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body", "body": body})
