"""The ASGI application of this dialect.

Checks come in the platform's order (contract adobe §2.4): accept, verb, route, rights, then body and
arguments, then the handler.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from decimal import Decimal
from typing import Any

import msgspec
import structlog

from counterfoil.access.identity import Identity
from counterfoil.dialects import gzipping, json_body, receiving
from counterfoil.dialects.adobe import accept, body, decode, errors, oauth, projection, query, request, xml
from counterfoil.dialects.adobe.call import Call, Headers, Reply, Shop
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.operation import bulk_table
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.request import Format, Way
from counterfoil.dialects.adobe.route import METHODS, Route, RouteTable
from counterfoil.ledger.envelope import Actor, IdempotencyKey
from counterfoil.ledger.faults import Fault

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PREFIX = "/rest/"
_WITH_BODY = frozenset({"POST", "PUT"})
_FIXED: Headers = ((b"cache-control", b"no-store"),)
_CONTENT_TYPES = {form: (b"content-type", form.value.encode()) for form in Format}

log = structlog.get_logger()


class App:
    """Answers requests below ``/rest/``."""

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
        declared = tuple(routes)
        self._table = RouteTable(declared)
        self._bulk = bulk_table(declared)
        self._body_within_s = body_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server's (ASGI 3)."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        form = request.accepted(headers.get(b"accept"))
        try:
            if len(headers) != len(scope["headers"]):
                request.refuse_repeated(scope["headers"])
            if form is None:
                accept = headers[b"accept"].decode("latin-1")[:255]
                raise AdobeError(406, errors.NOT_ACCEPTABLE % accept)
            reply, fields = await self._reply(scope, headers, receive)
            await _send_reply(send, headers, form, reply, fields)
        except AdobeError as error:
            await _send_error(send, scope, form, error)
        except Fault as fault:
            log.warning("fault", path=scope["path"], fault=type(fault).__name__, detail=str(fault))
            await _send_error(send, scope, form, errors.of_fault(fault))
        except receiving.Disconnected:
            log.info("disconnected", path=scope["path"])
        except Exception:
            report_id = self._shop.clock.unique_id()[:13]
            log.exception("bug", path=scope["path"], report_id=report_id)
            await _send_error(send, scope, form, AdobeError(500, errors.INTERNAL % report_id))

    async def _reply(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> tuple[Reply, projection.Fields | None]:
        method: str = scope["method"]
        if method not in METHODS:
            raise AdobeError(405, f"The {method[:32]} HTTP method is not supported.")
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        if not raw_path.startswith(_PREFIX):
            raise AdobeError(404, errors.NO_ROUTE)
        way, below = request.way_and_path(raw_path[len(_PREFIX) :])
        code, store_id, path = request.scope_and_path(below, self._shop.settings.stores)
        route, variables = self._find(method, path, way)
        identity = await self._identity(scope, headers)
        writes = method != "GET"
        if not all(identity.allows(resource, writes=writes) for resource in route.resources):
            raise errors.unauthorized(route.resources)
        content = await self._body(headers, receive, way) if method in _WITH_BODY or way is Way.BULK else b""
        query_string: bytes = scope["query_string"]
        pairs = query.pairs(query_string) if query_string else []
        client = scope.get("client")
        call = Call(
            shop=self._shop,
            route=route,
            method=method,
            path=way.value + path,
            store_code=code,
            store_id=store_id,
            variables=variables,
            body=content,
            identity=identity,
            actor=Actor(f"{identity.kind}:{identity.name}", "adobe"),
            key=None,
            expected_version=request.expected_version(headers.get(b"if-match")) if writes else None,
            remote_ip=client[0] if client else None,
            query=pairs,
            fields=_fields(pairs) if pairs else None,
            strict=b"prefer" in headers and request.is_strict(headers[b"prefer"]),
        )
        key_header = headers.get(b"idempotency-key")
        if key_header is not None and (method in _WITH_BODY or way is not Way.AT_ONCE):
            key = _key(call, key_header, query_string)
            call.key = None if route.keyless else key
        if way is not Way.AT_ONCE:
            return await accept.accept(call, way), call.fields
        if not route.decodes_itself:
            call.args = decode.arguments(route, variables=variables, pairs=pairs, content=content)
        return await route.handler(call), call.fields

    def _identity(self, scope: Scope, headers: dict[bytes, bytes]) -> Awaitable[Identity]:
        """Return who asks: whoever signed the request, or brings a token, or a guest."""
        authorization = headers.get(b"authorization")
        if oauth.is_signed(authorization):
            return oauth.identify(self._shop, scope, headers)
        return self._shop.access.identify(request.bearer_token(authorization))

    def _find(self, method: str, path: str, way: Way) -> tuple[Route, dict[str, str]]:
        """Return the route and its variables. Raises `AdobeError` 404, and 400 for a GET that is to wait."""
        if way is not Way.AT_ONCE and method == "GET":
            raise AdobeError(400, errors.NOT_PROCESSED)
        bulk = self._bulk.get((method, path.strip("/"))) if way is Way.BULK else None
        found = self._table.find(method, path) if way is not Way.BULK else None
        if bulk is not None:
            return bulk, {}
        if found is None:
            raise AdobeError(404, errors.NO_ROUTE)
        return found

    async def _body(self, headers: dict[bytes, bytes], receive: Receive, way: Way) -> bytes:
        """Return the body, whose content type is one that is understood."""
        most = accept.MAX_BYTES if way is Way.BULK else body.MAX_BYTES
        try:
            content = await receiving.content(headers, receive, most=most, within_s=self._body_within_s)
        except receiving.TooLarge:
            raise AdobeError(413, "The request body is larger than %1 bytes.", [most]) from None
        except receiving.TooLate:
            message = "The request body did not arrive in time."
            raise AdobeError(408, message, headers=[(b"connection", b"close")]) from None
        if content:
            body.check_content_type(headers.get(b"content-type"))
        return content


def _key(call: Call, header: bytes, query_string: bytes) -> IdempotencyKey:
    return request.idempotency_key(
        header,
        call.identity,
        cart_mask=call.variables.get("cartId"),
        keyless=call.route.keyless,
        request=(
            f"{call.method} {call.store_id} {call.path}".encode("latin-1"),
            query_string,
            call.body,
            *((b"strict",) if call.strict else ()),
        ),
    )


def _fields(pairs: list[tuple[str, str]]) -> projection.Fields | None:
    text = ""
    for name, value in pairs:
        if name == "fields":
            text = value
    return projection.parse(text) if text not in {"", "0"} else None


async def _send_reply(
    send: Send, headers: dict[bytes, bytes], form: Format, reply: Reply, fields: projection.Fields | None
) -> None:
    content = reply.json
    form = reply.form or form
    if content is None or form is Format.XML or (fields is not None and not reply.projected):
        value = _plain(reply.value) if content is None else json_body.decoded(content)
        if fields is not None and not reply.projected:
            value = projection.select(value, fields)
        content = encode(value) if form is Format.JSON else xml.encode(value)
    content, packed = await gzipping.packed(content, headers.get(b"accept-encoding"))
    extra = (*reply.headers, *packed)
    await _send(send, reply.status, form, content, extra)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(Decimal,))


async def _send_error(send: Send, scope: Scope, form: Format | None, error: AdobeError) -> None:
    form = form or Format.JSON
    content = b""
    if scope["method"] != "HEAD":
        content = encode(error.body()) if form is Format.JSON else xml.encode(error.body())
    await _send(send, error.status, form, content, error.headers)


async def _send(send: Send, status: int, form: Format, content: bytes, headers: Headers) -> None:
    length = (b"content-length", b"%d" % len(content))
    start = [_CONTENT_TYPES[form], *_FIXED, length, *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
