"""Issuing and reading invoices (contract adobe §3.1, §5)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import document_comments, invoice_request, listing
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.document_request import wish
from counterfoil.dialects.adobe.errors import no_entity
from counterfoil.dialects.adobe.invoice_document import invoice_document
from counterfoil.dialects.adobe.money import moved
from counterfoil.dialects.adobe.refusals import NOT_INVOICED, accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ports import Reader

_ISSUE = ("Magento_Sales::invoice",)
_INVOICES = ("Magento_Sales::sales_invoice",)
_ID = Param("id", INT)
_COMMENT = Param("entity", document_comments.comment_type("InvoiceComment"))


async def issue_invoice(call: Call) -> Reply:
    """Issue an invoice and answer its id as a JSON string."""
    order_id, command = wish(call, "order_id", invoice_request.quickly, invoice_request.leniently)
    if call.strict:
        command = replace(command, strict=True)
    outcome = await call.shop.ledger.execute(
        needed_id(order_id),
        command,
        actor=call.actor,
        key=call.key,
        expected_version=call.expected_version,
    )
    done = accepted(outcome)
    invoice_id = done.effect.document_id
    paid = await moved(call, done, NOT_INVOICED)
    if paid is not None:
        invoice_id = paid.invoice_id
    return Reply.raw(b'"%d"' % (invoice_id or 0), replayed=done.replayed)


async def comment_invoice(call: Call) -> Reply:
    """Store a remark on an invoice and answer it."""
    return await document_comments.store(call, "invoice", call.args["entity"])


async def get_invoice(call: Call) -> Reply:
    """Answer one invoice."""
    invoice_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        found = await reader.invoices([invoice_id])
        mailed = await reader.mailed("invoice", [invoice_id])
    if not found:
        raise no_entity()
    return Reply(invoice_document(found[0], mailed=bool(mailed)))


async def list_invoices(call: Call) -> Reply:
    """Answer a search for invoices."""
    return await listing.answer(call, "invoice", _invoices)


async def list_comments(call: Call) -> Reply:
    """Answer the remarks on an invoice in the form of a search for them."""
    return await document_comments.listed(call, "invoice", call.args["id"])


async def _invoices(reader: Reader, ids: Sequence[int]) -> list[Any]:
    mailed = await reader.mailed("invoice", ids)
    invoices = await reader.invoices(ids)
    return [invoice_document(invoice, mailed=invoice.entity_id in mailed) for invoice in invoices]


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/V1/order/:orderId/invoice",
        issue_invoice,
        _ISSUE,
        invoice_request.PARAMS,
        decodes_itself=True,
    ),
    Route("GET", "/V1/invoices", list_invoices, _INVOICES, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/invoices/:id", get_invoice, _INVOICES, (_ID,)),
    Route("GET", "/V1/invoices/:id/comments", list_comments, _INVOICES, (_ID,)),
    Route("POST", "/V1/invoices/comments", comment_invoice, _INVOICES, (_COMMENT,)),
)
