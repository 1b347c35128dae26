"""The ASGI application of this dialect.

Checks come in this order: verb and route, who it is and whether they may, query and body, then the handler.
What a client accepts and which content type it names is not looked at: real clients send anything
(contract vtex §1).
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec
import structlog

from counterfoil.access.identity import ANONYMOUS, GUEST, Identity
from counterfoil.dialects import gzipping, receiving
from counterfoil.dialects.vtex import body, errors, request
from counterfoil.dialects.vtex.call import Call, Reply, Shop
from counterfoil.dialects.vtex.errors import Headers, VtexError
from counterfoil.dialects.vtex.route import METHODS, Route, RouteTable
from counterfoil.ledger.envelope import Actor
from counterfoil.ledger.faults import Fault

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIXES = ("/api/", "/pvt/")
"""What the paths of this dialect begin with: the platform's own, and what it asks sellers for."""

CHANNEL = "vtex"
"""What the journal calls this dialect."""

_FIXED: Headers = ((b"cache-control", b"no-store"),)

_encode = msgspec.json.Encoder(decimal_format="number").encode
log = structlog.get_logger()


class App:
    """Answers requests below ``/api/``."""

    def __init__(
        self, shop: Shop, routes: Iterable[Route], *, body_within_s: float = receiving.WITHIN_S
    ) -> None:
        """Make the application.

        Args:
            shop: what the handlers need.
            routes: all operations.
            body_within_s: how long a client may take to send its body.
        """
        self._shop = shop
        self._table = RouteTable(routes)
        self._body_within_s = body_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of the server's (ASGI 3)."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path = _path(scope)
        try:
            if len(headers) != len(scope["headers"]):
                request.refuse_repeated(scope["headers"])
            reply = await self._reply(scope, path, headers, receive)
            await _send_reply(send, headers, reply)
        except VtexError as error:
            await self._send_error(send, scope, path, error)
        except Fault as fault:
            trace_id = self._shop.clock.unique_id()
            name = type(fault).__name__
            log.warning("fault", path=scope["path"], fault=name, detail=str(fault), trace_id=trace_id)
            await self._send_error(send, scope, path, errors.of_fault(fault), trace_id)
        except receiving.Disconnected:
            log.info("disconnected", path=scope["path"])
        except Exception:
            trace_id = self._shop.clock.unique_id()
            log.exception("bug", path=scope["path"], trace_id=trace_id)
            bug = VtexError(500, f"An error has occurred. The log has the details under {trace_id}.")
            await self._send_error(send, scope, path, bug, trace_id)

    async def _reply(self, scope: Scope, path: str, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        route, variables = self._find(scope["method"], path)
        identity = await self._identity(headers)
        if identity is GUEST and route.resource != ANONYMOUS:
            raise errors.unauthorized()
        if not identity.allows(route.resource, writes=route.writes):
            raise errors.forbidden(route.resource)
        query_string: bytes = scope["query_string"]
        query = request.pairs(query_string)
        content = await self._body(headers, receive) if route.method != "GET" else b""
        call = Call(
            shop=self._shop,
            route=route,
            variables=variables,
            query=query,
            body=body.parse(content, headers.get(b"content-type")),
            identity=identity,
            actor=Actor(f"{identity.kind}:{identity.name}", CHANNEL),
            app_key=request.key_name(headers, identity),
            prefer_wait_s=request.preferred_wait_s(headers.get(b"prefer")),
        )
        key_header = headers.get(b"idempotency-key")
        if key_header is not None and route.writes:
            same = (f"{route.method} {path}".encode("latin-1"), query_string, content)
            call.key = request.idempotency_key(key_header, identity, same)
        return await route.handler(call)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and its variables. Raises `VtexError` 400, 404 or 405."""
        try:
            found = self._table.find(method, path)
        except UnicodeDecodeError:
            raise VtexError(400, "The path is not valid UTF-8.") from None
        if isinstance(found, frozenset):
            if not found and method in METHODS:
                raise errors.no_route()
            allow = ", ".join(sorted(found)).encode()
            message = f"The {method[:32]} HTTP method is not supported here."
            raise VtexError(405, message, headers=((b"allow", allow),))
        if any("\0" in value for value in found[1].values()):
            raise VtexError(400, "The path contains a null character.")
        return found

    async def _identity(self, headers: dict[bytes, bytes]) -> Identity:
        """Return who asks: whose app key it is, or whose token; the guest if nobody shows anything good."""
        app_key, app_token = headers.get(request.APP_KEY), headers.get(request.APP_TOKEN)
        if app_key is not None and app_token is not None:
            key, token = app_key.decode("latin-1").strip(), app_token.decode("latin-1").strip()
            return await self._shop.access.app_key(key, token) or GUEST
        cookie = request.cookie_token(headers)
        return GUEST if cookie is None else await self._shop.access.app_bearer(cookie) or GUEST

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        try:
            return await receiving.content(
                headers, receive, most=body.MAX_BYTES, within_s=self._body_within_s
            )
        except receiving.TooLarge:
            raise VtexError(413, f"The request body is larger than {body.MAX_BYTES} bytes.") from None
        except receiving.TooLate:
            message = "The request body did not arrive in time."
            raise VtexError(408, message, headers=((b"connection", b"close"),)) from None

    async def _send_error(
        self, send: Send, scope: Scope, path: str, error: VtexError, trace_id: str | None = None
    ) -> None:
        content_type, answer = error.answer(errors.family_of(path), trace_id or self._shop.clock.unique_id())
        content = b"" if scope["method"] == "HEAD" else _encode(answer)
        await _send(send, error.status, content, ((b"content-type", content_type), *error.headers))


def _path(scope: Scope) -> str:
    """Return the path as it was sent, without the query: what is encoded in it stays encoded."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw_path.partition(b"?")[0].decode("latin-1")


async def _send_reply(send: Send, headers: dict[bytes, bytes], reply: Reply) -> None:
    content = reply.json if reply.json is not None else b"" if reply.value is None else _encode(reply.value)
    if not content:
        await _send(send, reply.status, b"", reply.headers)
        return
    content, packed = await gzipping.packed(content, headers.get(b"accept-encoding"))
    extra = ((b"content-type", errors.JSON), *reply.headers, *packed)
    await _send(send, reply.status, content, extra)


async def _send(send: Send, status: int, content: bytes, headers: Headers) -> None:
    length = () if status == 204 else ((b"content-length", b"%d" % len(content)),)
    await send({"type": "http.response.start", "status": status, "headers": [*_FIXED, *length, *headers]})
    await send({"type": "http.response.body", "body": content})
