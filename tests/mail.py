"""A real mail server (aiosmtpd) that tests start on a port of their own, and what it was handed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.postgres import free_port

PATIENCE_S = 60


class Delivered:
    """One message that the server took over."""

    def __init__(self, sender: str, recipients: list[str], content: bytes) -> None:
        self.sender = sender
        self.recipients = recipients
        self.content = content
        self.message: EmailMessage = BytesParser(policy=policy.default).parsebytes(content)

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content())

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


class MailBox:
    """Takes messages, unless `answer` says something else to a recipient or a message."""

    def __init__(self) -> None:
        self.port = free_port()
        self.delivered: list[Delivered] = []
        self.attempts = 0
        self.answer: Callable[[], str | None] = lambda: None
        self.refuse_recipient: str | None = None
        self._controller: Controller | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.attempts += 1
        answer = self.answer()
        if answer is None or answer.startswith("250"):
            self.delivered.append(Delivered(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return answer or "250 OK"

    def start(self, **options: Any) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait_for(self, count: int) -> list[Delivered]:
        """Wait until so many messages have come, and a little longer for one too many."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.delivered) < count:
            assert time.monotonic() < deadline, [one.subject for one in self.delivered]
            time.sleep(0.05)
        time.sleep(0.5)
        assert len(self.delivered) == count, [one.subject for one in self.delivered]
        return self.delivered


@contextmanager
def mail_box(*, started: bool = True, **options: Any) -> Iterator[MailBox]:
    box = MailBox()
    if started:
        box.start(**options)
    try:
        yield box
    finally:
        box.stop()


def only(user: str, password: str) -> dict[str, Any]:
    """Return the options of a server that takes messages from this user only, without TLS."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=known)

    return {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
