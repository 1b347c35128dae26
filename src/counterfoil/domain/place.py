"""Place an order: give a complete draft its number and ids.

What the order is worth was settled by the checkout; here it only has to add up. Source of the rows'
form: contract adobe §4.11 (a configurable product is a priced parent row and a mirrored child row).
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import gateway, quantity, transitions, workflow
from counterfoil.domain.decision import Context
from counterfoil.domain.numbering import number_series, printed
from counterfoil.domain.order import Address, Order, OrderItem, OrderParticulars

NOT_AUTHORIZED = frozenset({transitions.PAYMENT_PENDING, transitions.WAITING_FFMT_AUTHORIZATION})
"""Stages of orders whose payment, or fulfilment, somebody still has to approve."""


class PlaceOrder(Struct, frozen=True):
    """Command. ``draft`` is a whole order with particulars, whose ids are provisional.

    Item ids are 1, 2, 3 … in the order of the rows and ``parent_item_id`` refers to them; ``entity_id``,
    ``increment_id``, times, state and open quantities are filled in by the decision. A payment that was
    authorised comes with ``authorization_id`` and ``amount_authorized``, and as the first of ``payments``.
    With ``notify`` the customer gets a confirmation. ``grace_s`` is how long the order can be canceled
    freely, if that is the draft's ``stage``.
    """

    draft: Order
    notify: bool = False
    grace_s: int = 0


class OrderPlaced(Struct, frozen=True, tag=True):
    """Event: the order exists, with all its rows and particulars."""

    order: Order
    notify: bool = False
    grace_s: int = 0


def series(draft: Order) -> tuple[str, ...]:
    """Name the series that placing this order takes numbers and ids from."""
    own = (number_series("order", draft.store_id), "order_id", "order_item_id", "order_address_id")
    return (*own, gateway.TRANSACTION_IDS) if draft.payments else own


def decide(command: PlaceOrder, context: Context) -> OrderPlaced:
    """Return the placed order. A draft that does not add up is a bug of the checkout (AssertionError)."""
    draft = command.draft
    particulars = draft.particulars
    assert particulars is not None, "a draft comes with its particulars"
    assert draft.items, "a draft has rows"
    _assert_adds_up(draft)
    take = context.numbers.take
    offset = take("order_item_id", len(draft.items)) - 1
    items = {
        offset + item.item_id: replace(
            item,
            item_id=offset + item.item_id,
            parent_item_id=item.parent_item_id and offset + item.parent_item_id,
        )
        for item in draft.items.values()
    }
    shipping, billing = _addresses(particulars, context)
    state = workflow.NEW if draft.authorization_id is None else workflow.PROCESSING
    order_id = take("order_id")
    return OrderPlaced(
        replace(
            draft,
            entity_id=order_id,
            version=1,
            increment_id=printed(take(number_series("order", draft.store_id)), draft.store_id),
            state=state,
            status=workflow.DEFAULT_STATUS[state],
            payments={
                seq: replace(held, order_id=order_id, transaction_id=take(gateway.TRANSACTION_IDS))
                for seq, held in draft.payments.items()
            },
            created_at=context.now,
            updated_at=context.now,
            billing_address_id=billing.entity_id,
            shipping_address_id=shipping.entity_id if shipping else None,
            qty_ordered=sum(item.qty_ordered for item in items.values() if not quantity.is_ship_dummy(item)),
            qty_to_invoice=sum(map(quantity.to_invoice, items.values())),
            qty_to_ship=sum(map(quantity.to_ship, items.values())),
            items=items,
            particulars=replace(particulars, billing_address=billing, shipping_address=shipping),
            workflow_status=draft.stage,
            authorized_at=None if draft.stage in NOT_AUTHORIZED else context.now,
        ),
        command.notify,
        command.grace_s if draft.stage == transitions.WINDOW_TO_CANCEL else 0,
    )


def evolve(event: OrderPlaced) -> Order:
    """Return the order as it was placed."""
    order = event.order
    if not order.workflow_status:
        # Journals of before orders had a stage.
        order = replace(order, workflow_status=order.stage, authorized_at=order.created_at)
    if order.qty_ordered == 0 and order.particulars is not None:
        # Journals of before the total was kept on the head.
        return replace(order, qty_ordered=order.particulars.total_qty_ordered)
    return order


def _addresses(particulars: OrderParticulars, context: Context) -> tuple[Address | None, Address]:
    shipping = particulars.shipping_address
    if shipping:
        shipping = replace(shipping, entity_id=context.numbers.take("order_address_id"))
    billing = replace(particulars.billing_address, entity_id=context.numbers.take("order_address_id"))
    return shipping, billing


def _assert_adds_up(draft: Order) -> None:
    real: list[OrderItem] = [item for item in draft.items.values() if not quantity.is_dummy(item)]
    assert draft.subtotal == sum(item.row_total for item in real)
    assert draft.tax_amount == sum(item.tax_amount for item in real) + draft.shipping_tax_amount
    assert (
        -draft.discount_amount == sum(item.discount_amount for item in real) + draft.shipping_discount_amount
    )
    assert draft.grand_total == (
        draft.subtotal
        + draft.shipping_amount
        + draft.tax_amount
        + draft.discount_tax_compensation_amount
        + draft.shipping_discount_tax_compensation_amount
        + draft.discount_amount
    )
    assert draft.grand_total >= 0
    assert draft.authorization_id is None or draft.amount_authorized == draft.grand_total
