"""The order of VTEX's known issue 1348894: two mugs and a plate, worth 13533 cents, in any stage."""

from msgspec.structs import replace

from counterfoil.domain import decider, invariants, transitions
from counterfoil.domain.invariants import Documents
from counterfoil.domain.money import SCALE
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import COMPLETE, Order
from tests.drafts import draft, row
from tests.unit.domain.given import SERIES, placed, when

ONE = SCALE
MUG, PLATE = 1, 2


def cents(amount: int) -> int:
    return amount * 100


def mugs_and_plate(stage: str = transitions.HANDLING, flow: str = COMPLETE) -> Order:
    """Return two mugs of 5500 less 1000 each, a plate of 3333 and 1200 of shipping: 13533 in all."""
    lines = (row("MUG", 5500, 2, discount=2000), row("PLATE", 3333))
    return placed(replace(draft(*lines, shipping=1200), stage=stage, flow=flow))


def after(order: Order, *commands: decider.Command) -> Order:
    """Return the order after commands of which each must take effect."""
    # Numbers that no earlier call has given out.
    using = Numbers(dict.fromkeys(SERIES, 1000 * order.version + 1))
    for command in commands:
        order, decided = when(order, command, using)
        assert isinstance(decided, decider.Event), decided
    return order


def told(order: Order, command: decider.Command):
    """Return the event or refusal that a command gets."""
    return when(order, command)[1]


def book(order: Order) -> list[str]:
    """Return what is wrong with an order that was made here with all its documents."""
    documents = Documents(
        list(order.invoices.values()), list(order.shipments.values()), list(order.creditmemos.values())
    )
    return list(invariants.broken_book(order, documents))
