"""Documents of orders as they were at one version: the journal replayed up to there.

A feed that looks at documents must not miss a version which the next one replaced before anybody looked.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from counterfoil.domain import decider
from counterfoil.domain.decider import Event
from counterfoil.domain.order import Order
from counterfoil.ledger.ports import Reader

Render = Callable[[Order], Mapping[str, Any]]
"""Makes the document of the VTEX dialect's document family of an order with all that belongs to it."""

_ENTRIES_AT_ONCE = 500
_MOST_KEPT = 64

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode_event = msgspec.json.Decoder(Event).decode


class VersionMissing(LookupError):
    """The journal has no such version of the order."""


class Versions:
    """Replays orders. Those seen last are kept, so that the next version costs one step and not all."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._kept: OrderedDict[int, Order] = OrderedDict()

    async def documents(self, reader: Reader, order_id: int, seqs: Sequence[int]) -> dict[int, str]:
        """Return the documents of an order at ascending versions, as JSON text. Raises `VersionMissing`."""
        order = self._kept.pop(order_id, None)
        if order is not None and order.version >= seqs[0]:
            order = None
        wanted = set(seqs)
        found: dict[int, str] = {}
        while wanted - found.keys():
            after_seq = order.version if order else 0
            entries = await reader.journal(order_id, after_seq=after_seq, limit=_ENTRIES_AT_ONCE)
            if not entries:
                raise VersionMissing(f"order {order_id} has no version {min(wanted - found.keys())}")
            for entry in entries:
                if entry.seq > seqs[-1]:
                    break
                order = decider.evolve(order, _decode_event(entry.body))
                if entry.seq in wanted:
                    found[entry.seq] = _encode(self._render(order)).decode()
        if order is not None:
            self._keep(order_id, order)
        return found

    def _keep(self, order_id: int, order: Order) -> None:
        self._kept[order_id] = order
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
