"""How many days another seller can be chosen after one has canceled (contract vtex §2, row 34).

It is kept and answered. Orders here are not moved from seller to seller, so nothing else follows from it.
"""

from typing import Final

from counterfoil.access.app_role import ORDER_SETTINGS, VIEW_ORDER
from counterfoil.checkout.kind import Document, Kind
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import required
from counterfoil.dialects.vtex.money import whole
from counterfoil.dialects.vtex.route import Route
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import NameTaken, Transaction

DEFAULT_DAYS: Final = 2
MOST_DAYS: Final = 365
_NAME: Final = "window"


class SellerWindow(Document, frozen=True, kw_only=True):
    """The setting, in days."""

    days: int


_WINDOW = Kind("vtex-seller-window", SellerWindow, name_of=lambda _: _NAME)


async def get_window(call: Call) -> Reply:
    """GET /api/checkout/pvt/configuration/window-to-change-seller: a number of days."""
    async with call.shop.ledger.reading() as reader:
        found = await _WINDOW.named(reader.records, _NAME)
    return Reply(DEFAULT_DAYS if found is None else found.days)


async def set_window(call: Call) -> Reply:
    """POST /api/checkout/pvt/configuration/window-to-change-seller."""
    told = call.needed_fields("waitingTime").get("waitingTime")
    if told is None:
        raise required("waitingTime")
    days = whole(told, "waitingTime", least=0, most=MOST_DAYS)

    async def work(transaction: Transaction) -> Body | None:
        found = await _WINDOW.named(transaction.records, _NAME, lock=True)
        if found is not None:
            await _WINDOW.update(
                transaction.records, SellerWindow(id=found.id, version=found.version, days=days)
            )
            return Body(b"null")
        try:
            await _WINDOW.insert(transaction.records, SellerWindow(days=days))
        except NameTaken:
            raise Conflict from None
        return Body(b"null")

    result = await call.write(work)
    return Reply(status=201, headers=result.headers if result is not None else ())


_PATH: Final = "/api/checkout/pvt/configuration/window-to-change-seller"
ROUTES = (
    Route("GET", _PATH, get_window, VIEW_ORDER),
    Route("POST", _PATH, set_window, ORDER_SETTINGS),
)
