"""One program of VTEX's language on one connection, for what is not measured by the load client."""

from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self

import msgspec

from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.serving import HOST

ANSWER_TIMEOUT_S = 60.0


class Program:
    """Asks for what has to succeed. Use it as a context manager."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._headers = headers
        self._connection = HTTPConnection(HOST, port, timeout=ANSWER_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of the answer, None if it has none. Raises `WrongBooks` if it is an error."""
        content = None if body is None else msgspec.json.encode(body)
        self._connection.request(method, path, content, self._headers)
        answer = self._connection.getresponse()
        received = answer.read()
        if not 200 <= answer.status < 300:
            raise WrongBooks(f"{method} {path}: {answer.status} {received[:500]!r}")
        return msgspec.json.decode(received) if received else None
