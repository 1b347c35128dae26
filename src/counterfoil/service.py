"""The composition root of the service: the ASGI application of one process."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import structlog

from counterfoil.access import Access
from counterfoil.config import Settings
from counterfoil.dialects.adobe.app import App as AdobeApp
from counterfoil.dialects.adobe.call import Settings as ShopSettings
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Ledger
from counterfoil.main import open_ledger

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/health"

_log = structlog.get_logger()


class Service:
    """The ASGI application of one process: opens the books at start-up and closes them at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._adobe: Asgi | None = None
        self._ledger: Ledger | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life span of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if scope["path"] == HEALTH_PATH:
                await self._tell_health(send)
            elif self._adobe is not None:
                await self._adobe(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        settings = self._settings
        try:
            async with open_ledger(settings.database_url, settings=settings, exclusive=True) as ledger:
                self._ledger = ledger
                self._adobe = AdobeApp(_shop(ledger, settings), ROUTES)
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:  # noqa: BLE001 -- told to the server, which stops
            _log.exception("the service cannot run")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    async def _tell_health(self, send: Send) -> None:
        """Answer whether this process can reach its database."""
        assert self._ledger is not None
        try:
            async with self._ledger.reading() as reader:
                await reader.order_ids(limit=1)
            status, body = HTTPStatus.OK, b'{"status":"ok"}'
        except Fault:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, b'{"status":"database not available"}'
        await send(
            {
                "type": "http.response.start",
                "status": status.value,
                "headers": [(b"content-type", b"application/json"), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": body})


def service(settings: Settings) -> Service:
    """Return the application of one process. Workers call this in their own process."""
    return Service(settings)


def _shop(ledger: Ledger, settings: Settings) -> Shop:
    base_url = settings.base_url or f"http://{settings.host}:{settings.port}/"
    return Shop(
        ledger=ledger,
        clock=ledger.clock,
        access=Access(ledger),
        settings=ShopSettings(base_url=base_url, currency=settings.currency),
    )
