"""Which numbers of invoices are taken because the books have printed documents of the order under them.

Numbers that are asked about in one moment are looked up together: each look is a transaction of its own, and
most numbers are the client's own.
"""

import asyncio

from counterfoil.ledger.ledger import Ledger

Named = tuple[int, str]
"""An order's id in the books, and a number."""


class PrintedNumbers:
    """Looks numbers up, in one read at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._asked: list[tuple[Named, asyncio.Future[bool]]] = []
        self._looking: asyncio.Task[None] | None = None

    async def has(self, order_id: int, number: str) -> bool:
        """Tell whether an invoice or a credit memo of the order is printed under this number.

        The read begins after the question, so what was answered before is seen. Raises a `Fault`.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked.append(((order_id, number), answer))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await answer

    async def _look(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            try:
                async with self._ledger.reading() as reader:
                    found = await reader.printed([named for named, _ in asked])
            except Exception as error:  # noqa: BLE001 -- handed to everybody who asked
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for named, answer in asked:
                    if not answer.done():
                        answer.set_result(named in found)
        self._looking = None
