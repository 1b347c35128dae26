"""Telling the customer about a document by e-mail, once more or for the first time (contract adobe §3.1).

The answer says that the message will be sent; it goes out after the commit.
"""

from collections.abc import Awaitable, Callable

from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.errors import no_entity
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.domain.mail import About, Mail
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_ID = Param("id", INT)


def _mailing(about: About) -> Callable[[Call], Awaitable[Reply]]:
    """Return the handler that wants a message about a document of that kind."""

    async def handle(call: Call) -> Reply:
        document_id = needed_id(call.args["id"])

        async def work(transaction: Transaction) -> Body | None:
            order_id = await _order_of(transaction, about, document_id)
            if order_id is None:
                return None
            await call.shop.ledger.want(transaction, [Mail(order_id, about, document_id).follow_up()])
            return Body(b"true")

        reply = await call.write(work)
        if reply is None:
            raise no_entity()
        return reply

    return handle


async def _order_of(transaction: Transaction, about: About, document_id: int) -> int | None:
    if about != "order":
        return await transaction.order_of(about, document_id)
    return document_id if await transaction.customers_of([document_id]) else None


ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/orders/:id/emails", _mailing("order"), ("Magento_Sales::emails",), (_ID,)),
    Route("POST", "/V1/invoices/:id/emails", _mailing("invoice"), ("Magento_Sales::sales_invoice",), (_ID,)),
    Route("POST", "/V1/shipment/:id/emails", _mailing("shipment"), ("Magento_Sales::shipment",), (_ID,)),
    Route(
        "POST",
        "/V1/creditmemo/:id/emails",
        _mailing("creditmemo"),
        ("Magento_Sales::sales_creditmemo",),
        (_ID,),
    ),
)
