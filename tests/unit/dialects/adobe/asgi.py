"""Requests straight into the application, without a socket."""

import json
from decimal import Decimal
from typing import Any, NamedTuple

from counterfoil.access.identity import GUEST, Identity

ADMIN = Identity("admin", 1, "admin", frozenset({"Magento_Backend::all"}))
VIEWER = Identity("integration", 2, "viewer", frozenset({"Magento_Sales::actions_view"}))
CUSTOMER = Identity("customer", 3, "cust@example.com")
READ_ONLY = Identity("admin", 4, "reader", frozenset({"Magento_Backend::all"}), read_only=True)
TOKENS = {"admin": ADMIN, "viewer": VIEWER, "customer": CUSTOMER, "reader": READ_ONLY}


class FakeAccess:
    """Knows a few tokens by heart."""

    async def identify(self, bearer_token: str | None) -> Identity:
        return TOKENS.get(bearer_token or "", GUEST)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content, parse_float=Decimal)

    @property
    def message(self) -> str:
        return self.json["message"]


class Client:
    """Sends requests; ``token`` names one of `TOKENS`."""

    def __init__(self, app) -> None:
        self.app = app

    async def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        token: str | None = "admin",
        parts=None,
        **headers: str | None,
    ) -> Answer:
        path, _, query = url.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = {"accept": "application/json"}
        if body is not None or parts is not None:
            lines |= {"content-type": "application/json", "content-length": str(len(content))}
        if parts is not None:
            lines["transfer-encoding"] = "chunked"
            del lines["content-length"]
        if token:
            lines["authorization"] = f"Bearer {token}"
        for name, value in headers.items():
            lines.pop(name.replace("_", "-"), None)
            if value is not None:
                lines[name.replace("_", "-")] = value
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines.items()],
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
