"""Register a return invoice (VTEX's *Input*): a credit memo over the value that the client tells.

Rules: contract vtex §3.3. Returns are summed apart from sales and never come to more than was invoiced and
not given back yet (known issues 930491, 1409506). Units that no invoice names count as value only.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import credit, quantity, wanted, workflow
from counterfoil.domain.attachments import INPUT, Package
from counterfoil.domain.credit import CreditMemoMade, CreditOrder
from counterfoil.domain.credit_amounts import row_amounts
from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.register_invoice import InvoiceNotAccepted, InvoiceNumberTaken, items_of
from counterfoil.domain.wanted import WantedLine


class RegisterReturn(Struct, frozen=True):
    """Command. ``value`` is scaled money, above zero. ``given`` is what else the client says of it."""

    number: str
    value: int
    lines: tuple[WantedLine, ...] = ()
    given: dict[str, Any] = {}


class ReturnExceedsInvoices(Struct, frozen=True):
    """Refusal: more would be given back than was invoiced. ``left`` (scaled money) can be."""

    left: int


Refusal = InvoiceNumberTaken | InvoiceNotAccepted | ReturnExceedsInvoices | wanted.Refusal


def decide(order: Order, command: RegisterReturn, context: Context) -> CreditMemoMade | Refusal:
    """Return the credit memo to be made, or why there is none."""
    known = order.packages.get(command.number)
    if known is not None:
        return InvoiceNumberTaken(known)
    left = order.total_paid - order.total_refunded
    if command.value > left:
        return ReturnExceedsInvoices(left)
    if order.state in workflow.NOT_REFUNDABLE:
        return InvoiceNotAccepted(order.status)
    allotted = wanted.allot(order, command.lines, _in_force)
    if not isinstance(allotted, list):
        return allotted
    asked = {
        item_id: min(qty, quantity.to_refund(order.items[item_id]))
        for item_id, qty in wanted.units(allotted).items()
    }
    rows = {item_id: qty for item_id, qty in asked.items() if qty}
    difference = command.value - _worth(order, rows)
    decided = credit.decide(
        order,
        CreditOrder(
            items=rows,
            shipping_amount=0,
            adjustment_positive=max(difference, 0),
            adjustment_negative=max(-difference, 0),
        ),
        context,
    )
    if not isinstance(decided, CreditMemoMade):
        return ReturnExceedsInvoices(left)
    package = Package(
        number=command.number,
        type=INPUT,
        value=command.value,
        created_at=context.now,
        updated_at=context.now,
        items=items_of(allotted),
        given=command.given,
        creditmemo_id=decided.creditmemo.entity_id,
    )
    return replace(decided, package=package)


def _in_force(item: OrderItem) -> int:
    return item.qty_ordered - item.qty_canceled


def _worth(order: Order, rows: dict[int, int]) -> int:
    lines = wanted.pairs(order.items, rows)
    return sum(
        row.row_total + row.tax_amount + row.discount_tax_compensation_amount - (row.discount_amount or 0)
        for row in row_amounts(lines, None)
    )
