"""Changes of generation 1: applied at once, with the money that the caller reckoned (contract vtex §3.9)."""

from typing import Final

from counterfoil.access.app_role import CHANGE_ORDER
from counterfoil.dialects.vtex import change_command, change_request, dates
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.change_refusals import of_modification
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.receipt import of_change
from counterfoil.dialects.vtex.refusals import of_refusal
from counterfoil.dialects.vtex.route import Route
from counterfoil.dialects.vtex.workflow_routes import ORDER
from counterfoil.domain.attachments import AT_ONCE, Change
from counterfoil.domain.change import ChangeNotAllowed, ChangeRepeated, RequestChange
from counterfoil.domain.decider import Refusal
from counterfoil.domain.order import MARKETPLACE
from counterfoil.ledger.envelope import Accepted, LedgerRefusal

_REUSED: Final = "CNTF008"


async def change(call: Call) -> Reply:
    """Change the order. The same requestId again gets the first receipt, and changes nothing."""
    target = await call.target()
    wish = change_request.at_once(call.needed_object())
    request_id = wish.request_id or change_command.name_of(call.key, call.shop.clock.uuid())
    async with call.shop.ledger.reading() as reader:
        # A repeat is one whatever has become of the order since.
        known = await reader.change(target.entity_id, request_id)
        if known is not None:
            return _repeated(target, known, wish.given)
        command = await change_command.command(
            reader, target, wish, generation=AT_ONCE, request_id=request_id
        )
    outcome = await call.attempt(target, command)
    if not isinstance(outcome, Accepted):
        return await _refused(call, target, command, outcome.refusal)
    order = outcome.order
    made = order.changes.get(request_id) if order is not None else None
    if made is None:
        async with call.shop.ledger.reading() as reader:
            made = await reader.change(target.entity_id, request_id)
    assert made is not None, "a Change that took effect is kept"
    return _receipt(target, made)


async def _refused(
    call: Call, target: Target, command: RequestChange, refusal: Refusal | LedgerRefusal
) -> Reply:
    if isinstance(refusal, ChangeRepeated):
        return _repeated(target, refusal.change, command.given)
    sold_elsewhere = False
    if isinstance(refusal, ChangeNotAllowed):
        sold_elsewhere = (await call.order()).flow == MARKETPLACE
    raise of_modification(refusal, sold_elsewhere=sold_elsewhere) or of_refusal(refusal, target.order_id)


def _repeated(target: Target, known: Change, given: dict[str, object]) -> Reply:
    """Return the first receipt. Raises `VtexError` 422 if this is another wish under the same name."""
    if known.generation != AT_ONCE or known.given != given:
        message = f"The requestId {known.request_id} has been used for another change of this order."
        raise VtexError(422, message, code=_REUSED)
    return _receipt(target, known)


def _receipt(target: Target, made: Change) -> Reply:
    return Reply(
        {
            "date": dates.of_stored(made.created_at),
            "orderId": target.order_id,
            "receipt": of_change(target.entity_id, made.request_id),
        }
    )


ROUTES = (Route("POST", f"{ORDER}/changes", change, CHANGE_ORDER),)
