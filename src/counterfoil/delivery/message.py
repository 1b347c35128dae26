"""A letter in its envelope: the message as it goes to the mail server (RFC 5322, MIME)."""

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import idna
from msgspec import Struct

from counterfoil.delivery.letter import Letter

MOST_NAME = 100
"""So many characters of a customer's name are put before the address."""

# Addresses are people's, and these words go into the log: so they do not repeat them.
_NONE = "What the order has is no e-mail address."
_UNICODE = "The e-mail address has letters before the @ that not all mail servers take."
_DOMAIN = "The e-mail address has a domain that cannot be."
_LONGEST_LOCAL = 64
_LONGEST_ADDRESS = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class AddressRefused(Exception):
    """No message can be sent to this address. The text says why."""


class Sender(Struct, frozen=True):
    """Whom messages are from: a name, which may be empty, and an address."""

    name: str
    address: str


class Message(Struct, frozen=True):
    """A message that is ready to go. ``content`` is all of it, headers included."""

    id: str
    sender: str
    recipient: str
    subject: str
    content: bytes


def enclosed(letter: Letter, *, sender: Sender, task_id: str, at: str) -> Message:
    """Return the message. The same arguments give the same message, byte for byte.

    Args:
        letter: what it says, and to whom.
        sender: whom it is from.
        task_id: what makes its Message-ID, by which a repetition can be recognised.
        at: when it was wanted, as ISO 8601 with the time zone.

    Raises `AddressRefused`.
    """
    recipient = mailbox(letter.address)
    message = EmailMessage(policy=SMTP)
    identity = f"<{task_id}@{sender.address.rpartition('@')[2]}>"
    try:
        message["From"] = Address(sender.name, addr_spec=sender.address)
        message["To"] = Address(letter.name[:MOST_NAME], addr_spec=recipient)
        message["Subject"] = letter.subject
        message["Date"] = datetime.fromisoformat(at)
        message["Message-ID"] = identity
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{task_id}")
        content = message.as_bytes()
    except (MessageError, ValueError, IndexError) as error:
        raise AddressRefused(f"No message can be made for this e-mail address: {error}") from error
    return Message(identity, sender.address, recipient, letter.subject, content)


def mailbox(address: str) -> str:
    """Return an address as mail servers take it, an international domain in its ASCII form (RFC 5891).

    Raises `AddressRefused`, also for what only servers with SMTPUTF8 could take: letters other than ASCII
    before the ``@``.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        raise AddressRefused(_NONE)
    if not local.isascii():
        raise AddressRefused(_UNICODE)
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressRefused(_DOMAIN) from error
    found = f"{local}@{domain}"
    if len(local) > _LONGEST_LOCAL or len(found) > _LONGEST_ADDRESS or not _LOCAL.fullmatch(local):
        raise AddressRefused(_NONE)
    return found
