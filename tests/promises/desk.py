"""One program's work with orders of VTEX's language, straight into the application."""

from typing import Any

from counterfoil.delivery.changes import Changes
from counterfoil.delivery.settlement import AtOnce, Settlement
from counterfoil.delivery.worker import Worker
from counterfoil.domain.steps import CHANGE_TASK
from counterfoil.ledger.ledger import Ledger
from tests.unit.dialects.adobe.asgi import Answer
from tests.unit.dialects.vtex.asgi import Client
from tests.unit.dialects.vtex.orders import fulfillment

__all__ = ["Desk", "packages"]

CLASSIC = "/api/oms/pvt/orders"
DOCUMENT = "/api/orders/pvt/document"
CHANGES = "/api/order-system/orders"


class Desk:
    """Asks for what tests of promises need. Amounts are cents; rows are named by their place."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self.client = client
        self.ledger = ledger
        self._names = 0

    async def must(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.client.ask(method, path, body)
        assert answer.status in {200, 201, 202, 204}, f"{method} {path}: {answer}"
        return answer.json if answer.content else None

    # ------------------------------------------------------------ orders

    async def sold(
        self, *items: dict[str, Any], let_go: bool = True, handled: bool = True, **more: Any
    ) -> str:
        """Place an order of a marketplace, have it let go, and begin to handle it; return its name."""
        self._names += 1
        body = fulfillment(*items, name=f"{self._names:09}", **more)
        made = await self.must("POST", "/api/fulfillment/pvt/orders?affiliateId=MKP", body)
        name: str = made["orderId"]
        if let_go:
            await self.must("POST", f"/api/fulfillment/pvt/orders/{name}/fulfill", {})
        if let_go and handled:
            await self.must("POST", f"{CLASSIC}/{name}/start-handling")
        return name

    async def bought(self, body: dict[str, Any]) -> list[str]:
        """Place an order of the shop's own, which may be several, and return their names."""
        made = await self.must("PUT", "/api/checkout/pub/orders", body)
        return [order["orderId"] for order in made["orders"]]

    async def pay(self, name: str) -> None:
        await self.must("POST", f"{CLASSIC}/{name}/payments/any/payment-notification")

    async def order(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.must("GET", f"{CLASSIC}/{name}")
        return found

    async def document(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.must("GET", f"{DOCUMENT}/{name}")
        return found

    async def listed(self, name: str) -> dict[str, Any]:
        """Return the order's row in the list."""
        found = await self.must("GET", f"{CLASSIC}?per_page=100")
        (row,) = (row for row in found["list"] if row["orderId"] == name)
        return dict(row)

    # ------------------------------------------------------------ what is done to them

    async def tell(
        self,
        name: str,
        number: str,
        cents: int,
        *items: dict[str, Any],
        kind: str = "Output",
        document: bool = False,
    ) -> Answer:
        """Tell of an invoice by the classic route, or that of the document family."""
        dates = {"issuanceDate": "2026-11-20", "issuedDate": "2026-11-20"}
        body = {**dates, "type": kind, "invoiceNumber": number, "invoiceValue": cents, "items": list(items)}
        path = f"{DOCUMENT}/{name}/invoices" if document else f"{CLASSIC}/{name}/invoice"
        return await self.client.post(path, body)

    async def invoice(self, name: str, number: str, cents: int, *items: dict[str, Any]) -> None:
        answer = await self.tell(name, number, cents, *items)
        assert answer.status == 200, answer

    async def give_back(self, name: str, number: str, cents: int, *items: dict[str, Any]) -> None:
        answer = await self.tell(name, number, cents, *items, kind="Input")
        assert answer.status == 200, answer

    async def cancel(self, name: str, **body: Any) -> Answer:
        return await self.client.post(f"{CLASSIC}/{name}/cancel", body)

    async def change(self, name: str, body: dict[str, Any]) -> Answer:
        """Ask for a Change that is settled later."""
        return await self.client.ask("PATCH", f"{CHANGES}/{name}/changes", {"reason": "sold out", **body})

    async def changed(self, name: str, body: dict[str, Any]) -> str:
        """Ask for a Change, let it be settled, and return its id."""
        answer = await self.change(name, body)
        assert answer.status == 202, answer
        await self.settle()
        request_id: str = answer.json["requestId"]
        return request_id

    async def change_at_once(self, name: str, request_id: str, **body: Any) -> None:
        wish = {"reason": "a scratch", "discountValue": 0, "incrementValue": 0, "requestId": request_id}
        await self.must("POST", f"{CLASSIC}/{name}/changes", {**wish, **body})

    async def settle(self, settlement: Settlement | None = None) -> None:
        """Carry out what is due of Changes."""
        changes = Changes(self.ledger, settlement or AtOnce(), within_s=60)
        worker = Worker(self.ledger, {CHANGE_TASK: changes.handler()}, alone=True)
        while await worker.turn():
            await worker.idle()


def packages(order: dict[str, Any]) -> list[tuple[str, int, list[tuple[int, int]]]]:
    """Return the packages of an order: number, value, and (place, units) of their rows."""
    return [
        (
            one["invoiceNumber"],
            one["invoiceValue"],
            [(row["itemIndex"], row["quantity"]) for row in one["items"]],
        )
        for one in order["packageAttachment"]["packages"]
    ]
