"""Capturing and voiding invoices, and what payment gateways have done (contract adobe §3.1, §5.4, §11)."""

from collections.abc import Sequence
from typing import Any

from counterfoil.dialects.adobe import listing
from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.errors import no_entity
from counterfoil.dialects.adobe.money import moved
from counterfoil.dialects.adobe.refusals import NOT_CAPTURED, NOT_VOIDED, accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.domain.gateway import PaymentTransaction
from counterfoil.domain.payment import CaptureInvoice
from counterfoil.domain.void import VoidPayment
from counterfoil.ledger.ports import Reader

_INVOICES = ("Magento_Sales::sales_invoice",)
_TRANSACTIONS = ("Magento_Sales::transactions_fetch",)
_ID = Param("id", INT)


async def capture_invoice(call: Call) -> Reply:
    """Have the gateway pay an open invoice and answer true."""
    invoice_id = needed_id(call.args["id"])
    return await _move(call, invoice_id, CaptureInvoice(invoice_id), NOT_CAPTURED)


async def void_invoice(call: Call) -> Reply:
    """Give up the authorisation that an open invoice waits for and answer true."""
    invoice_id = needed_id(call.args["id"])
    return await _move(call, invoice_id, VoidPayment(invoice_id), NOT_VOIDED)


async def get_transaction(call: Call) -> Reply:
    """Answer one transaction, with those that build on it."""
    transaction_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        found = await _documents(reader, [transaction_id])
    if not found:
        raise no_entity()
    return Reply(found[0])


async def list_transactions(call: Call) -> Reply:
    """Answer a search for transactions."""
    return await listing.answer(call, "payment_transaction", _documents)


async def _move(call: Call, invoice_id: int, command: CaptureInvoice | VoidPayment, failure: str) -> Reply:
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of("invoice", invoice_id)
    if order_id is None:
        raise no_entity()
    outcome = await call.shop.ledger.execute(
        order_id, command, actor=call.actor, key=call.key, expected_version=call.expected_version
    )
    done = accepted(outcome)
    await moved(call, done, failure)
    return Reply(value=True, headers=REPLAYED if done.replayed else ())


async def _documents(reader: Reader, ids: Sequence[int]) -> list[Any]:
    found = await reader.transactions(ids)
    below = await reader.transactions_below([one.transaction_id for one in found])
    return [_document(one, below) for one in found]


def _document(one: PaymentTransaction, below: Sequence[PaymentTransaction]) -> dict[str, Any]:
    """Return a transaction as its JSON object. A payment has the id of its order."""
    document: dict[str, Any] = {"transaction_id": one.transaction_id}
    if one.parent_id is not None:
        document["parent_id"] = one.parent_id
    return document | {
        "order_id": one.order_id,
        "payment_id": one.order_id,
        "txn_id": one.txn_id,
        "parent_txn_id": one.parent_txn_id,
        "txn_type": one.txn_type,
        "is_closed": one.is_closed,
        "additional_information": [],
        "created_at": one.created_at,
        "child_transactions": [
            _document(child, below) for child in below if child.parent_id == one.transaction_id
        ],
    }


ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/invoices/:id/capture", capture_invoice, _INVOICES, (_ID,)),
    Route("POST", "/V1/invoices/:id/void", void_invoice, _INVOICES, (_ID,)),
    Route("GET", "/V1/transactions", list_transactions, _TRANSACTIONS, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/transactions/:id", get_transaction, _TRANSACTIONS, (_ID,)),
)
