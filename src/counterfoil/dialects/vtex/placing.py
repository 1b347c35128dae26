"""Places what clients want, several orders together or not at all, and says no in this platform's words."""

from collections.abc import Sequence
from typing import Any, assert_never

from msgspec import Struct

from counterfoil.checkout.availability import (
    AboveMaximum,
    BelowMinimum,
    NotByIncrement,
    NotDecimal,
    NotEnough,
    NotForSale,
    OutOfStock,
)
from counterfoil.checkout.given_order import (
    GivenRefusal,
    Goods,
    NameGiven,
    TooMuch,
    next_order_id,
    place_given,
    refuse_name,
    take_goods,
)
from counterfoil.checkout.settings import DEFAULT_STORE
from counterfoil.dialects.vtex import order_id
from counterfoil.dialects.vtex.call import Call
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.dialects.vtex.order_draft import Names, Terms, named, order_draft
from counterfoil.dialects.vtex.order_request import Wanted
from counterfoil.domain.order import MARKETPLACE, READY_FOR_HANDLING, Order
from counterfoil.domain.transitions import PAYMENT_APPROVED, WINDOW_TO_CANCEL
from counterfoil.ledger.ports import Transaction


class Entry(Struct, frozen=True):
    """One order to be placed, and where it begins in its flow.

    ``order_id`` is None where the order is named after its place in the books; orders of one purchase are
    then named after the first of them.
    """

    wanted: Wanted
    origin: str
    flow: str
    stage: str
    order_id: str | None = None
    group: str | None = None


def approved_stage(call: Call, flow: str) -> str:
    """Return where an order of a flow begins that nobody has to approve any more."""
    if flow == MARKETPLACE:
        return PAYMENT_APPROVED
    return WINDOW_TO_CANCEL if call.shop.settings.grace_s else READY_FOR_HANDLING


async def place_all(
    call: Call, transaction: Transaction, entries: Sequence[Entry]
) -> list[Order] | GivenRefusal:
    """Place all entries in one transaction and return their orders, or why none of them was placed."""
    for entry in entries:
        refusal = await refuse_name(transaction, entry.order_id) if entry.order_id else None
        if refusal is not None:
            return refusal
    goods = await take_goods(transaction, [row for entry in entries for row in entry.wanted.rows])
    if not isinstance(goods, Goods):
        return goods
    terms = Terms(
        currency=call.shop.settings.currency,
        store_name=call.shop.checkout.store_names.get(DEFAULT_STORE, ""),
        protect_code=call.shop.clock.unique_id(),
    )
    drafts = [order_draft(entry.wanted, goods, terms) for entry in entries]
    first = await next_order_id(transaction, drafts[0])
    placed = []
    for position, (entry, draft) in enumerate(zip(entries, drafts, strict=True)):
        names = _names(entry, first, position)
        placed.append(
            await place_given(
                call.shop.ledger,
                transaction,
                named(draft, names),
                name=names.order_id,
                group=names.group,
                actor=call.actor,
                # One answer is stored under the key, so one entry of the journal names it.
                key=call.key if position == 0 else None,
                grace_s=call.shop.settings.grace_s,
            )
        )
    return placed


def _names(entry: Entry, first: int, position: int) -> Names:
    group = entry.group or order_id.derived_group(first)
    return Names(
        order_id=entry.order_id or f"{group}-{position + 1:02d}",
        group=group,
        sequence=order_id.sequence(first + position),
        origin=entry.origin,
        flow=entry.flow,
        stage=entry.stage,
    )


def refused(refusal: GivenRefusal, affiliate: str = "") -> VtexError:
    """Return how this platform says that an order cannot be placed (contract vtex §8)."""
    match refusal:
        case NameGiven(name=name, canceled=canceled):
            name = name.removeprefix(f"{affiliate}-")
            if canceled:
                message = f"The order with marketplace order id {name} for affiliate {affiliate} was canceled"
                return VtexError(400, message, code="FMT0060")
            message = (
                f"The request order with marketplace order id {name} for affiliate {affiliate} already exists"
            )
            return VtexError(400, message, code="FMT009")
        case TooMuch():
            return VtexError(400, "The order comes to more than can be kept.", code="FMT006")
        case (
            NotForSale(sku=sku)
            | OutOfStock(sku=sku)
            | NotEnough(sku=sku)
            | AboveMaximum(sku=sku)
            | BelowMinimum(sku=sku)
            | NotByIncrement(sku=sku)
            | NotDecimal(sku=sku)
        ):
            message = f"There is no stock of item {sku} in the quantity that was ordered"
            return VtexError(400, message, code="FMT002")
        case _:
            assert_never(refusal)


def echoed(wanted: Wanted) -> dict[str, Any]:
    """Return what was kept of a request, in the form of the request."""
    form = dict(wanted.form)
    form["items"] = [{**(row.order_form or {}), "quantity": row.qty // 10_000} for row in wanted.rows]
    form["shippingData"] = {
        **form["shippingData"],
        "logisticsInfo": [
            {**delivery.form, "itemIndex": index} for index, delivery in enumerate(wanted.deliveries)
        ],
    }
    return form
