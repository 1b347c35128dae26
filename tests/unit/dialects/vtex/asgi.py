"""Requests straight into the application, without a socket."""

import json
from typing import Any
from urllib.parse import unquote

from counterfoil.access.identity import EVERYTHING, Identity
from counterfoil.dialects.vtex import order_id
from tests.unit.dialects.adobe.asgi import Answer

OWNER = Identity("integration", 1, "erp", frozenset({EVERYTHING}))
VIEWER = Identity("integration", 2, "viewer", frozenset({"View order"}))
READER = Identity("integration", 3, "reader", frozenset({EVERYTHING}), read_only=True)
KEYS = {"owner": OWNER, "viewer": VIEWER, "reader": READER}
ADMIN = Identity("admin", 1, "admin", frozenset({EVERYTHING}))


class FakeDoor:
    """Knows a few keys by heart; the token is always ``secret``."""

    async def app_key(self, app_key: str, app_token: str) -> Identity | None:
        return KEYS.get(app_key) if app_token == "secret" else None

    async def app_bearer(self, bearer_token: str | None) -> Identity | None:
        return ADMIN if bearer_token == "admin" else None


class Client:
    """Sends requests; ``key`` names one of `KEYS`."""

    def __init__(self, app) -> None:
        self.app = app

    async def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        key: str | None = "owner",
        headers: dict[str, str] | None = None,
        extra: tuple[tuple[str, str], ...] = (),
        parts=None,
    ) -> Answer:
        path, _, query = url.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = {"content-length": str(len(content))} if parts is None else {"transfer-encoding": "chunked"}
        if key is not None:
            lines |= {"x-vtex-api-appkey": key, "x-vtex-api-apptoken": "secret"}
        lines |= {name.lower(): value for name, value in (headers or {}).items()}
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in (*lines.items(), *extra)],
        }
        sent: list[dict[str, Any]] = []
        waiting = list(parts if parts is not None else [content])

        async def receive() -> dict[str, Any]:
            part = waiting.pop(0)
            if not isinstance(part, bytes):
                return await part()
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        if not sent:
            return Answer(0, {}, b"")
        start, *rest = sent
        return Answer(
            start["status"],
            {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            b"".join(message["body"] for message in rest),
        )

    async def get(self, url: str, **more: Any) -> Answer:
        return await self.ask("GET", url, **more)

    async def post(self, url: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", url, body, **more)


def url(order, action: str) -> str:
    """Return the path of a classic operation on an order."""
    return f"/api/oms/pvt/orders/{order_id.derived(order.entity_id)}/{action}"


def twin(order, action: str) -> str:
    """Return the path of its twin in the document family."""
    return f"/api/orders/pvt/document/{order_id.derived(order.entity_id)}/{action}"
