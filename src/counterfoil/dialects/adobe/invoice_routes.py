"""Issuing and reading invoices (contract adobe §3.1, §5)."""

from collections.abc import Sequence
from typing import Any

from counterfoil.dialects.adobe import decode, invoice_request, listing, search
from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.errors import AdobeError, no_entity, required
from counterfoil.dialects.adobe.invoice_document import comment_document, invoice_document
from counterfoil.dialects.adobe.refusals import accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA, Criteria
from counterfoil.dialects.adobe.wire import INT, MIXED, STRING, DataObject, Param, WrongType
from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.ledger.ports import Filter, Reader, Search

_ISSUE = ("Magento_Sales::invoice",)
_INVOICES = ("Magento_Sales::sales_invoice",)
_ID = Param("id", INT)
_COMMENT = Param(
    "entity",
    DataObject(
        "InvoiceComment",
        {
            "is_customer_notified": INT,
            "parent_id": INT,
            "comment": STRING,
            "is_visible_on_front": INT,
            "created_at": STRING,
            "entity_id": INT,
            "extension_attributes": MIXED,
        },
    ),
)


async def issue_invoice(call: Call) -> Reply:
    """Issue an invoice and answer its id as a JSON string."""
    order_id, command = _wish(call)
    outcome = await call.shop.ledger.execute(
        needed_id(order_id),
        command,
        actor=call.actor,
        key=call.key,
        expected_version=call.expected_version,
    )
    done = accepted(outcome)
    return Reply.raw(b'"%d"' % (done.effect.document_id or 0), replayed=done.replayed)


def _wish(call: Call) -> tuple[int, IssueInvoice]:
    """Return the order's id and what is to be done. Raises `AdobeError` 400."""
    command = invoice_request.quickly(call.body) if not call.query else None
    if command is not None:
        try:
            order_id = INT.cast(call.variables["orderId"])
        except WrongType as error:
            raise AdobeError(400, str(error)) from None
        return order_id, command
    args = decode.arguments(call.route, variables=call.variables, pairs=call.query, content=call.body)
    return args["order_id"], invoice_request.leniently(args)


async def comment_invoice(call: Call) -> Reply:
    """Store a remark on an invoice and answer it."""
    entity = call.args["entity"]
    missing = [name for name in ("parent_id", "comment") if entity.get(name) is None]
    if missing:
        raise required(*missing)
    invoice_id = needed_id(entity["parent_id"])
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of("invoice", invoice_id)
    if order_id is None:
        raise no_entity()
    draft = CommentDraft(
        entity["comment"], bool(entity.get("is_customer_notified")), bool(entity.get("is_visible_on_front"))
    )
    outcome = await call.shop.ledger.execute(
        order_id,
        CommentDocument("invoice", invoice_id, draft),
        actor=call.actor,
        key=call.key,
        expected_version=call.expected_version,
    )
    done = accepted(outcome)
    stored = {
        "is_customer_notified": int(draft.is_customer_notified),
        "parent_id": invoice_id,
        "comment": draft.comment,
        "is_visible_on_front": int(draft.is_visible_on_front),
        "entity_id": done.effect.document_id,
    }
    return Reply(stored, headers=REPLAYED if done.replayed else ())


async def get_invoice(call: Call) -> Reply:
    """Answer one invoice."""
    invoice_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        found = await reader.invoices([invoice_id])
    if not found:
        raise no_entity()
    return Reply(invoice_document(found[0]))


async def list_invoices(call: Call) -> Reply:
    """Answer a search for invoices."""
    return await listing.answer(call, "invoice", _invoices)


async def list_comments(call: Call) -> Reply:
    """Answer the remarks on an invoice in the form of a search for them."""
    invoice_id: int = call.args["id"]
    async with call.shop.ledger.reading() as reader:
        comments = await reader.comments("invoice", invoice_id)
    condition = {"field": "parent_id", "value": str(invoice_id), "condition_type": "eq"}
    found = Criteria(
        Search(groups=((Filter("parent_id", "eq", str(invoice_id)),),)),
        {"filter_groups": [{"filters": [condition]}]},
    )
    documents = [comment_document(invoice_id, comment) for comment in comments]
    return Reply(search.envelope(documents, found, len(comments)))


async def _invoices(reader: Reader, ids: Sequence[int]) -> list[Any]:
    return [invoice_document(invoice) for invoice in await reader.invoices(ids)]


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
