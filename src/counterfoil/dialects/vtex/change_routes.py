"""Changes of generation 2: asked for now, settled later (contract vtex §3.10)."""

from typing import Any, Final

import msgspec

from counterfoil.access.app_role import CHANGE_ORDER, ORDER_SETTINGS, VIEW_ORDER
from counterfoil.dialects.vtex import (
    change_command,
    change_document,
    change_request,
    change_settings,
    change_summary,
)
from counterfoil.dialects.vtex.call import Call, Reply, replayed
from counterfoil.dialects.vtex.change_refusals import of_removed
from counterfoil.dialects.vtex.errors import VtexError, order_not_found, required
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.refusals import of_refusal
from counterfoil.dialects.vtex.route import Route
from counterfoil.dialects.vtex.whole import whole
from counterfoil.dialects.vtex.workflow_routes import DOCUMENT
from counterfoil.domain import change as changes
from counterfoil.domain.attachments import CHANGE_CANCELED, DONE, SETTLED_LATER, WAITING_CONFIRMATION, Change
from counterfoil.domain.change import (
    AbandonChange,
    AdvanceChange,
    ApplyChange,
    ChangeRequested,
    ChangeSettled,
    RequestChange,
    RetryChange,
)
from counterfoil.domain.decider import Refusal
from counterfoil.domain.decision import Context
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.wanted import LineAmbiguous, LineTooLarge, LineUnknown
from counterfoil.ledger.envelope import Accepted, LedgerRefusal, Refused
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Record, Transaction

PATH: Final = "/api/order-system/orders/:orderId/changes"
SETTINGS: Final = "/api/order-system/orders/changes/settings"
_AGREEMENTS: Final = {"acknowledgment": "Acknowledgment", "confirmation": "Confirmation"}
_SETTLED: Final = "CNTF009"


async def create(call: Call) -> Reply:
    """Ask for a Change. That it was accepted says that it is legal now, not that it is done."""
    target = await _target(call)
    wish = change_request.settled_later(call.needed_object())
    request_id = change_command.name_of(call.key, call.shop.clock.uuid())
    async with call.shop.ledger.reading() as reader:
        command = await change_command.command(
            reader, target, wish, generation=SETTLED_LATER, request_id=request_id
        )
        settings = await change_settings.stored(reader)
    outcome = await call.attempt(target, command)
    if not isinstance(outcome, Accepted):
        raise _refused(outcome.refusal, target, command)
    made = outcome.order.changes.get(request_id) if outcome.order is not None else None
    if made is None:
        made = await _change(call, target, request_id)
    document = change_document.requested(made, **_told(call, target, settings))
    return Reply(document, status=202, headers=replayed(outcome))


async def preview(call: Call) -> Reply:
    """Tell what a Change would do. Nothing is written, and nobody waits for it."""
    target = await _target(call)
    wish = change_request.settled_later(call.needed_object())
    async with call.shop.ledger.reading() as reader:
        command = await change_command.command(
            reader, target, wish, generation=SETTLED_LATER, request_id=call.shop.clock.uuid()
        )
        order = await _order(reader, target)
        settings = await change_settings.stored(reader)
    decided = changes.decide(order, command, Context(call.shop.clock.now(), Numbers({})))
    if not isinstance(decided, ChangeRequested):
        assert not isinstance(decided, changes.Event), "a Change that settles later is not applied at once"
        raise _refused(decided, target, command)
    return Reply(change_document.preview(order, decided.change, **_told(call, target, settings)))


async def history(call: Call) -> Reply:
    """Return all Changes of this generation, the oldest first."""
    target = await _target(call)
    async with call.shop.ledger.reading() as reader:
        order = await _order(reader, target)
        settings = await change_settings.stored(reader)
    found = [change for change in order.changes.values() if change.generation == SETTLED_LATER]
    found.sort(key=lambda change: (change.created_at, change.updated_at))
    told = _told(call, target, settings)
    return Reply({"requests": [change_document.entry(order, one, **told) for one in found], "actions": []})


async def detail(call: Call) -> Reply:
    """Return one Change and how far it has come."""
    target = await _target(call)
    return Reply(await _detail(call, target))


async def retry(call: Call) -> Reply:
    """Try again at once to settle a Change that has stopped on an error."""
    target = await _target(call)
    request_id = (await _change(call, target)).request_id
    outcome = await call.execute(target, RetryChange(request_id))
    return Reply(status=204, headers=replayed(outcome))


async def cancel(call: Call) -> Reply:
    """Give a Change up that is not settled yet. One that is canceled already stays so."""
    target = await _target(call)
    reason = change_request.text(call.needed_fields("reason").get("reason"), "reason")
    request_id = (await _change(call, target)).request_id
    outcome = await call.attempt(target, AbandonChange(request_id, reason, by_user=True))
    if not isinstance(outcome, Accepted):
        _check_ended(outcome, target, CHANGE_CANCELED)
    return Reply(await _detail(call, target))


async def agree(call: Call) -> Reply:
    """Take the agreement of who has a part in the order: the Change is known, and then, it may be."""
    target = await _target(call)
    sent = call.needed_fields("agreementType").get("agreementType")
    if not isinstance(sent, str):
        raise required("agreementType")
    kind = _AGREEMENTS.get(sent.strip().lower())
    if kind is None:
        message = f"The {sent[:50]} is not a valid Agreement Type."
        raise VtexError(400, message, code="SalesOrderSystem035")
    known = await _change(call, target)
    if kind == "Confirmation":
        outcome = await call.attempt(target, ApplyChange(known.request_id))
        if not isinstance(outcome, Accepted):
            _check_ended(outcome, target, DONE)
    elif known.status != WAITING_CONFIRMATION:
        noted = AdvanceChange(known.request_id, WAITING_CONFIRMATION, "The change was acknowledged.")
        outcome = await call.attempt(target, noted)
        if not isinstance(outcome, Accepted):
            _check_ended(outcome, target, DONE)
    return Reply(await _detail(call, target))


async def summary(call: Call) -> Reply:
    """Return what all Changes together have made of the order."""
    target = await _target(call)
    async with call.shop.ledger.reading() as reader:
        order = await whole(reader, target.entity_id)
    if order is None:
        raise order_not_found()
    return Reply(change_summary.render(order))


async def settings(call: Call) -> Reply:
    """Return how Changes are treated."""
    async with call.shop.ledger.reading() as reader:
        return Reply(await change_settings.stored(reader))


async def set_settings(call: Call) -> Reply:
    """Set how Changes are treated, as a whole: what is left out is the default again."""
    wanted = change_settings.whole(call.needed_object())
    body = msgspec.json.encode(wanted)

    async def work(transaction: Transaction) -> Body:
        records = transaction.records
        known = await records.named(change_settings.KIND, change_settings.NAME, lock=True)
        if known is None:
            await records.insert(change_settings.KIND, body, name=change_settings.NAME)
        else:
            await records.update(Record(known.kind, known.id, known.name, known.owner, known.version, body))
        return Body(body)

    return await call.write(work)


async def _target(call: Call) -> Target:
    try:
        return await call.target()
    except VtexError:
        raise VtexError(404, f"Order {call.variables['orderId']} not found.", code="CHK0201") from None


async def _order(reader: Reader, target: Target) -> Order:
    order = await reader.order(target.entity_id)
    if order is None:
        raise VtexError(404, f"Order {target.order_id} not found.", code="CHK0201")
    return await reader.with_attachments(order)


async def _change(call: Call, target: Target, request_id: str | None = None) -> Change:
    """Return the Change that the path names. Raises `VtexError` 404."""
    name = request_id or call.variables["changeRequestId"].strip()
    async with call.shop.ledger.reading() as reader:
        found = await reader.change(target.entity_id, name)
    if found is None or found.generation != SETTLED_LATER:
        raise VtexError(404, f"Change order request {name} not found.", code="CHK0289")
    return found


async def _detail(call: Call, target: Target) -> dict[str, Any]:
    name = (await _change(call, target)).request_id
    async with call.shop.ledger.reading() as reader:
        order = await _order(reader, target)
        settings = await change_settings.stored(reader)
    return change_document.detail(order, order.changes[name], **_told(call, target, settings))


def _told(call: Call, target: Target, settings: dict[str, Any]) -> dict[str, Any]:
    return {"order_id": target.order_id, "account": call.shop.settings.account, "settings": settings}


def _refused(refusal: Refusal | LedgerRefusal, target: Target, command: RequestChange) -> VtexError:
    if isinstance(refusal, LineUnknown | LineTooLarge | LineAmbiguous):
        return of_removed(refusal, removes=len(command.given["remove"]))
    return of_refusal(refusal, target.order_id)


def _check_ended(outcome: Refused, target: Target, status: str) -> None:
    """Accept that a Change has ended already, if it has ended so. Raises `VtexError`."""
    refusal = outcome.refusal
    if not isinstance(refusal, ChangeSettled):
        raise of_refusal(refusal, target.order_id)
    if refusal.status != status:
        raise VtexError(400, f"The change is {refusal.status} already.", code=_SETTLED)


ROUTES = (
    Route("PATCH", PATH, create, CHANGE_ORDER),
    Route("GET", PATH, history, VIEW_ORDER),
    Route("POST", f"{PATH}/preview", preview, VIEW_ORDER, reads=True),
    Route("GET", f"{PATH}/:changeRequestId", detail, VIEW_ORDER),
    Route("POST", f"{PATH}/:changeRequestId/retry", retry, CHANGE_ORDER),
    Route("POST", f"{PATH}/:changeRequestId/cancel", cancel, CHANGE_ORDER),
    Route("POST", f"{PATH}/:changeRequestId/send-agreement", agree, CHANGE_ORDER),
    Route("POST", "/pvt/orders/:orderId/changes/:changeRequestId/send-agreement", agree, CHANGE_ORDER),
    Route("GET", f"{DOCUMENT}/change-summary", summary, VIEW_ORDER),
    Route("GET", SETTINGS, settings, VIEW_ORDER),
    Route("PUT", SETTINGS, set_settings, ORDER_SETTINGS),
)
