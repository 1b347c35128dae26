"""HTTP/1.1 on a plain socket: what is sent is exactly what the test wrote, at the moment it says."""

import json
import select
import socket
from decimal import Decimal
from typing import Any, NamedTuple, Self

BUFFER = 65536
Headers = dict[str, str] | None


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body; numbers with a fraction are Decimal, so that nothing is lost."""
        return json.loads(self.body, parse_float=Decimal)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


def request(
    method: str, path: str, body: Any = None, *, headers: Headers = None, token: str | None = None
) -> bytes:
    """Return the bytes of a request. ``body`` is bytes as they are, None, or anything else as JSON."""
    lines = {"Host": "127.0.0.1", "Accept": "application/json"}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        lines["Content-Type"] = "application/json"
    if body is not None or method in {"POST", "PUT"}:
        lines["Content-Length"] = str(len(body or b""))
    if token is not None:
        lines["Authorization"] = f"Bearer {token}"
    lines.update(headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")


class Connection:
    """A connection that stays open. `send` and `receive` are apart so that several can send at once."""

    def __init__(self, port: int, *, timeout_s: float = 30) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._is_head = False

    def send(self, sent: bytes) -> None:
        self._is_head = sent.startswith(b"HEAD ")
        self._socket.sendall(sent)

    def receive(self) -> Answer:
        """Wait for one whole answer. Raises ConnectionError if the server hangs up before its end."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        pairs = (line.partition(":") for line in head[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if status == 100:
            return self.receive()
        if self._is_head or status in {204, 304}:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        else:
            body = self._rest()
        return Answer(status, headers, body)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Send a request and wait for the answer."""
        self.send(request(method, path, body, **options))
        return self.receive()

    @property
    def is_open(self) -> bool:
        """Whether the server still listens: it closes connections that were idle for long.

        An open connection has nothing to read between an answer and the next request.
        """
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> None:
        part = self._socket.recv(BUFFER)
        if not part:
            raise ConnectionError("the server hung up")
        self._received += part

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._received:
            self._more()
        found, _, self._received = self._received.partition(mark)
        return found

    def _exactly(self, length: int) -> bytes:
        while len(self._received) < length:
            self._more()
        found, self._received = self._received[:length], self._received[length:]
        return found

    def _chunks(self) -> bytes:
        whole = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            whole += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return whole

    def _rest(self) -> bytes:
        while part := self._socket.recv(BUFFER):
            self._received += part
        found, self._received = self._received, b""
        return found
