"""Handing messages to a mail server (RFC 5321), and what its answers mean."""

import ssl
from contextlib import suppress

import aiosmtplib
from msgspec import Struct

from counterfoil.delivery.message import Message
from counterfoil.ledger.faults import Unavailable

TIMEOUT_S = 15.0
"""How long one answer of the server is waited for."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PERMANENT = 500


class MailRefused(Exception):
    """The server does not take this message, now or later (a code of 500 or more)."""


class MailServer(Struct, frozen=True):
    """Where messages are handed in. With ``tls`` the connection is encrypted from its first byte."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"

    @property
    def start_tls(self) -> bool | None:
        """Whether to go over to TLS: None if the server offers it; always before a password is sent.

        Nothing needs to be hidden on the way to a server on this machine.
        """
        if self.tls or self.host in _LOOPBACK:
            return False
        return True if self.user is not None else None


async def hand_in(message: Message, server: MailServer, *, tls: ssl.SSLContext | None = None) -> None:
    """Give ``message`` to the server and return when the server has taken it over.

    Raises `MailRefused` if it never will, `Unavailable` if trying again can help: the server is away, does
    not let us in, or says so.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=server.start_tls,
        username=server.user,
        password=server.password,
        timeout=TIMEOUT_S,
        tls_context=tls,
    )
    try:
        await _connect(client, server)
        await _send(client, message, server)
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
    finally:
        client.close()


async def _connect(client: aiosmtplib.SMTP, server: MailServer) -> None:
    """Connect and sign in. What goes wrong here concerns the server and no message, so it may pass."""
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Unavailable(f"The mail server {server.host}:{server.port} cannot be used: {error}") from error


async def _send(client: aiosmtplib.SMTP, message: Message, server: MailServer) -> None:
    try:
        await client.sendmail(message.sender, [message.recipient], message.content)
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _meaning(error.recipients[0], server) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _meaning(error, server) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unavailable(f"The mail server {server.host}:{server.port} broke off: {error}") from error


def _meaning(error: aiosmtplib.SMTPResponseException, server: MailServer) -> Exception:
    said = f"The mail server {server.host}:{server.port} said: {error.code} {error.message}"
    return MailRefused(said) if error.code >= _PERMANENT else Unavailable(said)
