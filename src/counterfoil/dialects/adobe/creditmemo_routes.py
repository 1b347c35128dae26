"""Giving money back, and reading credit memos (contract adobe §3.1, §6.2)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import creditmemo_request, document_comments, listing
from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.creditmemo_document import creditmemo_document
from counterfoil.dialects.adobe.errors import AdobeError, no_entity, required
from counterfoil.dialects.adobe.money import moved
from counterfoil.dialects.adobe.refusals import NOT_CREDITED, accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.domain.credit import CreditOrder
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ports import Reader

_REFUND = ("Magento_Sales::creditmemo",)
_REFUND_INVOICE = ("Magento_Sales::sales_invoice",)
_CREDITMEMOS = ("Magento_Sales::sales_creditmemo",)
_ID = Param("id", INT)


async def refund_order(call: Call) -> Reply:
    """Give money back for an order and answer the credit memo's id as a JSON string."""
    asked = creditmemo_request.command(call.args)
    return _id_of(await _credit(call, needed_id(call.args["order_id"]), asked))


async def refund_invoice(call: Call) -> Reply:
    """Give money back for one invoice and answer the credit memo's id as a JSON string."""
    invoice_id = needed_id(call.args["invoice_id"])
    asked = creditmemo_request.command(call.args, invoice_id=invoice_id)
    order_id = await _order_of(call, invoice_id)
    asked = replace(asked, online=call.args["is_online"])
    done = await _credit(call, order_id, asked)
    given_back = await moved(call, done, NOT_CREDITED)
    memo_id = given_back.creditmemo_id if given_back else done.effect.document_id
    return Reply.raw(b'"%d"' % (memo_id or 0), replayed=done.replayed)


async def refund_whole(call: Call) -> Reply:
    """Give back what a whole credit memo says, and answer it."""
    return await _make_whole(call, call.args["creditmemo"])


async def save_whole(call: Call) -> Reply:
    """Give back what a whole credit memo says, and answer it: none is stored without its effect."""
    return await _make_whole(call, call.args["entity"])


async def get_creditmemo(call: Call) -> Reply:
    """Answer one credit memo."""
    return Reply(await _document(call, needed_id(call.args["id"])))


async def list_creditmemos(call: Call) -> Reply:
    """Answer a search for credit memos."""
    return await listing.answer(call, "creditmemo", _documents)


async def cancel_creditmemo(call: Call) -> Reply:
    """Refuse: money that was given back stays given back."""
    del call
    raise AdobeError(400, "You can not cancel Credit Memo")


async def list_comments(call: Call) -> Reply:
    """Answer the remarks on a credit memo in the form of a search for them."""
    return await document_comments.listed(call, "creditmemo", call.args["id"])


async def comment_creditmemo(call: Call) -> Reply:
    """Store a remark on a credit memo and answer it. The entity may name it once more."""
    creditmemo_id, entity = needed_id(call.args["id"]), call.args["entity"]
    if entity.get("parent_id") not in {None, creditmemo_id}:
        raise AdobeError(400, "The comment's parent_id is not the credit memo of the path.")
    return await document_comments.store(call, "creditmemo", {**entity, "parent_id": creditmemo_id})


async def _make_whole(call: Call, memo: dict[str, Any]) -> Reply:
    asked = creditmemo_request.whole_command(memo)
    order_id = memo.get("order_id")
    if asked.invoice_id is not None:
        order_of_invoice = await _order_of(call, needed_id(asked.invoice_id))
        if order_id not in {None, order_of_invoice}:
            raise AdobeError(400, "The invoice is not one of this order.")
        order_id = order_of_invoice
    if order_id is None:
        raise required("order_id")
    done = await _credit(call, needed_id(order_id), asked)
    document = await _document(call, done.effect.document_id or 0)
    return Reply(document, headers=REPLAYED if done.replayed else ())


async def _credit(call: Call, order_id: int, asked: CreditOrder) -> Accepted:
    outcome = await call.shop.ledger.execute(
        order_id, asked, actor=call.actor, key=call.key, expected_version=call.expected_version
    )
    return accepted(outcome)


def _id_of(done: Accepted) -> Reply:
    return Reply.raw(b'"%d"' % (done.effect.document_id or 0), replayed=done.replayed)


async def _order_of(call: Call, invoice_id: int) -> int:
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of("invoice", invoice_id)
    if order_id is None:
        raise no_entity()
    return order_id


async def _document(call: Call, creditmemo_id: int) -> dict[str, Any]:
    async with call.shop.ledger.reading() as reader:
        found = await _documents(reader, [creditmemo_id])
    if not found:
        raise no_entity()
    document: dict[str, Any] = found[0]
    return document


async def _documents(reader: Reader, ids: Sequence[int]) -> list[Any]:
    mailed = await reader.mailed("creditmemo", ids)
    memos = await reader.creditmemos(ids)
    return [creditmemo_document(memo, mailed=memo.entity_id in mailed) for memo in memos]


_ENTITY = Param("entity", creditmemo_request.COMMENT)

ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/order/:orderId/refund", refund_order, _REFUND, creditmemo_request.REFUND_ORDER),
    Route(
        "POST",
        "/V1/invoice/:invoiceId/refund",
        refund_invoice,
        _REFUND_INVOICE,
        creditmemo_request.REFUND_INVOICE,
    ),
    Route("GET", "/V1/creditmemos", list_creditmemos, _CREDITMEMOS, (SEARCH_CRITERIA,)),
    Route("POST", "/V1/creditmemo", save_whole, _CREDITMEMOS, creditmemo_request.SAVE_WHOLE),
    Route("POST", "/V1/creditmemo/refund", refund_whole, _CREDITMEMOS, creditmemo_request.REFUND_WHOLE),
    Route("GET", "/V1/creditmemo/:id", get_creditmemo, _CREDITMEMOS, (_ID,)),
    Route("PUT", "/V1/creditmemo/:id", cancel_creditmemo, _CREDITMEMOS),
    Route("GET", "/V1/creditmemo/:id/comments", list_comments, _CREDITMEMOS, (_ID,)),
    Route("POST", "/V1/creditmemo/:id/comments", comment_creditmemo, _CREDITMEMOS, (_ID, _ENTITY)),
)
