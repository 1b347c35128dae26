"""Canceling orders, holding them, remarks on them, and their addresses (contract adobe §3.1, §6.3)."""

from typing import Any

from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.cart_document import short_text
from counterfoil.dialects.adobe.countries import ALL as COUNTRIES
from counterfoil.dialects.adobe.document_comments import found_below
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.errors import AdobeError, no_entity, required
from counterfoil.dialects.adobe.order_document import address_document, status_comment
from counterfoil.dialects.adobe.refusals import accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.wire import INT, MIXED, STRING, DataObject, ListOf, Param
from counterfoil.domain.cancel import CancelOrder, NotCancelable
from counterfoil.domain.change_address import ChangeAddress, NothingToChange
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.decider import Command
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.domain.order import Address, Order
from counterfoil.ledger.envelope import Outcome, Refused

_ID = Param("id", INT)
_HISTORY = Param(
    "status_history",
    DataObject(
        "OrderStatusHistory",
        {
            "comment": STRING,
            "created_at": STRING,
            "entity_id": INT,
            "entity_name": STRING,
            "is_customer_notified": INT,
            "is_visible_on_front": INT,
            "parent_id": INT,
            "status": STRING,
            "extension_attributes": MIXED,
        },
    ),
)
_NEEDED = ("firstname", "lastname", "city", "country_id", "postcode", "telephone")
_OPTIONAL = (
    *("company", "email", "fax", "middlename", "prefix", "suffix"),
    *("region", "region_code", "vat_id"),
)
_ADDRESS = Param(
    "entity",
    DataObject(
        "OrderAddress",
        {
            **dict.fromkeys(("entity_id", "parent_id", "region_id"), INT),
            **dict.fromkeys(("customer_address_id", "customer_id"), INT),
            **dict.fromkeys(("address_type", *_NEEDED, *_OPTIONAL), STRING),
            "street": ListOf(STRING),
            **dict.fromkeys(("vat_is_valid", "vat_request_success"), INT),
            **dict.fromkeys(("vat_request_date", "vat_request_id"), STRING),
            "extension_attributes": MIXED,
        },
    ),
)
_NOT_OF_THE_ADDRESS = 'The "%fieldName" of an order\'s address cannot be changed.'


async def execute(call: Call, order_id: int, command: Command) -> Outcome:
    """Run a command on an order as this call asks for it."""
    return await call.shop.ledger.execute(
        order_id, command, actor=call.actor, key=call.key, expected_version=call.expected_version
    )


async def cancel(call: Call) -> Reply:
    """Cancel the order's rest. What cannot be canceled is answered ``false`` (contract §12.7)."""
    outcome = await execute(call, needed_id(call.args["id"]), CancelOrder())
    if isinstance(outcome, Refused) and isinstance(outcome.refusal, NotCancelable):
        return Reply.raw(b"false")
    return _true(outcome)


async def hold(call: Call) -> Reply:
    """Put the order on hold."""
    return _true(await execute(call, needed_id(call.args["id"]), HoldOrder()))


async def unhold(call: Call) -> Reply:
    """Take the order off hold."""
    return _true(await execute(call, needed_id(call.args["id"]), ReleaseOrder()))


async def comment(call: Call) -> Reply:
    """Add an entry to the order's status history."""
    entry = call.args["status_history"]
    told = entry.get("is_customer_notified")
    command = CommentOrder(
        entry.get("comment"),
        is_customer_notified=None if told is None else bool(told),
        is_visible_on_front=bool(entry.get("is_visible_on_front")),
        status=entry.get("status"),
    )
    return _true(await execute(call, needed_id(call.args["id"]), command))


async def list_comments(call: Call) -> Reply:
    """Answer the status history in the form of a search for it, the oldest entry first."""
    order_id: int = call.args["id"]
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(order_id)
    entries = order.comments if order is not None else ()
    return found_below(order_id, [status_comment(order_id, entry) for entry in entries])


async def put_address(call: Call) -> Reply:
    """Correct an address of the order, and answer it. What is not sent stays."""
    order_id = needed_id(call.args["parent_id"])
    sent = call.args["entity"]
    known = await _address(call, order_id, sent)
    outcome = await execute(call, order_id, ChangeAddress(known.entity_id, _fields(sent, known)))
    unchanged = isinstance(outcome, Refused) and isinstance(outcome.refusal, NothingToChange)
    replayed = False if unchanged else accepted(outcome).replayed
    address = await _address(call, order_id, {"entity_id": known.entity_id})
    return Reply(address_document(order_id, address), headers=REPLAYED if replayed else ())


async def _address(call: Call, order_id: int, sent: dict[str, Any]) -> Address:
    """Return the address that is meant. Raises `AdobeError` 404, or 400 if none is named."""
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(order_id)
    if order is None:
        raise no_entity()
    address_id, kind = sent.get("entity_id"), sent.get("address_type")
    if address_id is None and kind is None:
        raise required("entity_id")
    for address in _addresses(order):
        if address_id == address.entity_id or (address_id is None and kind == address.address_type):
            if kind not in {None, address.address_type}:
                raise _fixed("address_type")
            return address
    raise no_entity()


def _addresses(order: Order) -> list[Address]:
    assert order.particulars is not None, "a whole order was read"
    both = (order.particulars.billing_address, order.particulars.shipping_address)
    return [address for address in both if address is not None]


def _fields(sent: dict[str, Any], known: Address) -> dict[str, Any]:
    """Return what is to be changed. Raises `AdobeError` 400 for what an address cannot be."""
    for name in ("customer_id", "customer_address_id"):
        if sent.get(name) not in {None, getattr(known, name)}:
            raise _fixed(name)
    empty = [name for name in _NEEDED if name in sent and not sent[name]]
    if empty:
        raise required(*empty)
    fields: dict[str, Any] = {
        name: short_text(name, sent[name]) for name in (*_NEEDED, *_OPTIONAL) if name in sent
    }
    if "country_id" in fields and fields["country_id"] not in COUNTRIES:
        raise invalid("country_id", fields["country_id"])
    if "region_id" in sent:
        fields["region_id"] = sent["region_id"] or None
    if "street" in sent:
        street = tuple(line for line in sent["street"] or () if line)
        if not street:
            raise required("street")
        short_text("street", "\n".join(street))
        fields["street"] = street
    return fields


def _fixed(field_name: str) -> AdobeError:
    return AdobeError(400, _NOT_OF_THE_ADDRESS, {"fieldName": field_name})


def _true(outcome: Outcome) -> Reply:
    return Reply.raw(b"true", replayed=accepted(outcome).replayed)


ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/orders/:id/cancel", cancel, ("Magento_Sales::cancel",), (_ID,)),
    Route("POST", "/V1/orders/:id/hold", hold, ("Magento_Sales::hold",), (_ID,)),
    Route("POST", "/V1/orders/:id/unhold", unhold, ("Magento_Sales::unhold",), (_ID,)),
    Route("POST", "/V1/orders/:id/comments", comment, ("Magento_Sales::comment",), (_ID, _HISTORY)),
    Route("GET", "/V1/orders/:id/comments", list_comments, ("Magento_Sales::actions_view",), (_ID,)),
    Route(
        "PUT",
        "/V1/orders/:parent_id",
        put_address,
        ("Magento_Sales::create",),
        (Param("parent_id", INT), _ADDRESS),
    ),
)
