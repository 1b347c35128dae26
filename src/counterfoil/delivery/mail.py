"""Tasks of the kind ``mail``: a message is written, sent or put into the outbox, and noted as sent.

The task is the message: its id makes the Message-ID, and its result is the entry of the outbox. A mail
server cannot be asked whether it took a message over. So a message is sent again, under the same
Message-ID, if the process ends between the server's answer and the end of the task.
"""

import msgspec
from msgspec import Struct

from counterfoil.clock import document_time
from counterfoil.delivery.letter import written
from counterfoil.delivery.message import AddressRefused, Message, Sender, enclosed
from counterfoil.delivery.smtp import MailRefused, MailServer, hand_in
from counterfoil.domain.mail import KIND, Mail
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction, Writes
from counterfoil.ledger.tasks import Done, Failed, Outcome, Task

MOST_FAILURES = 600
"""With pauses of up to five minutes, a message is tried for two days."""

_decode = msgspec.json.Decoder(Mail).decode
_encode = msgspec.json.Encoder().encode


class Sent(Struct, frozen=True, omit_defaults=True):
    """What became of a message. ``server`` has taken it over; without one, ``content`` is all of it."""

    message_id: str
    recipient: str
    subject: str
    server: str | None = None
    content: str | None = None


class Mailing:
    """Writes and sends what customers are to be told."""

    def __init__(self, ledger: Ledger, *, sender: Sender, server: MailServer | None) -> None:
        """Make it; without a ``server`` messages are only kept in the outbox."""
        self._ledger = ledger
        self._sender = sender
        self._server = server

    async def run(self, task: Task) -> Outcome:
        """Carry out one task. Raises `Unavailable` if it can be done later."""
        mail = _decode(task.body)
        async with self._ledger.reading() as reader:
            letter = await written(reader, mail)
        if letter is None:
            return Failed(f"There is no {mail.about} {mail.document_id} of order {mail.order_id}.")
        try:
            message = enclosed(letter, sender=self._sender, task_id=task.id, at=task.created_at)
            if self._server is not None:
                await hand_in(message, self._server)
        except (AddressRefused, MailRefused) as refused:
            return Failed(str(refused))
        if mail.is_news:
            await self._note(mail)
        return Done(_encode(self._entry(message)).decode())

    async def _note(self, mail: Mail) -> None:
        """Write down that the customer has been told about the document."""
        at = document_time(self._ledger.clock.now_precise())

        async def work(transaction: Transaction) -> Body:
            await transaction.write(Writes(mailed=[(mail.about, mail.document_id, at)]))
            return Body(b"true")

        await self._ledger.transact(work)

    def _entry(self, message: Message) -> Sent:
        entry = Sent(message.id, message.recipient, message.subject)
        if self._server is None:
            return msgspec.structs.replace(entry, content=message.content.decode("ascii"))
        return msgspec.structs.replace(entry, server=f"{self._server.host}:{self._server.port}")


__all__ = ["KIND", "MOST_FAILURES", "Mailing", "Sent"]
