"""Everything of one process that tells feeds and hooks what has been committed."""

import asyncio

from counterfoil.delivery.expressions import Expressions
from counterfoil.delivery.hooks import Form, Hooks
from counterfoil.delivery.outgoing import Outgoing
from counterfoil.delivery.relay import OrderName, Relay
from counterfoil.delivery.tidying import Tidying
from counterfoil.delivery.versions import Render, Versions
from counterfoil.ledger.ledger import Ledger


class Telling:
    """The relay, who tells hooks, and who removes what is too old. They begin and end together."""

    def __init__(
        self,
        ledger: Ledger,
        outgoing: Outgoing,
        *,
        render: Render,
        name: OrderName,
        form: Form,
        written: asyncio.Event,
    ) -> None:
        """Put it together.

        Args:
            ledger: the books.
            outgoing: sends requests to hooks.
            render: makes the document of an order that expressions look at.
            name: what an order is called that nobody has named.
            form: makes what a hook is sent.
            written: set after commits of this process that wrote to the outbox.
        """
        self._hooks = Hooks(ledger, outgoing, form)
        self._relay = Relay(
            ledger,
            Versions(render),
            Expressions(ledger.clock),
            name=name,
            written=written,
            handed_on=self._hooks.wake.set,
        )
        self._tidying = Tidying(ledger)

    async def start(self) -> None:
        """Begin to work."""
        await self._relay.start()
        await self._hooks.start()
        await self._tidying.start()

    async def stop(self, *, within_s: float) -> None:
        """End: what was begun may come to its end within ``within_s`` seconds, what is left waits."""
        await self._tidying.stop()
        await self._relay.stop()
        await self._hooks.stop(within_s=within_s)
