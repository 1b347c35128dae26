"""Any commands at once, from two processes where there can be two, keep the books exact and wake no bug."""

import asyncio
import random

import pytest
from structlog.testing import capture_logs

from counterfoil.clock import Clock
from counterfoil.domain.attachments import AddedLine
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.cancellation import DenyCancellation, RequestCancellation
from counterfoil.domain.change import AbandonChange, AdvanceChange, ApplyChange, RequestChange
from counterfoil.domain.change_address import ChangeAddress
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.decider import Command
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.domain.package import Tracking, UpdatePackage
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import TrackDraft
from counterfoil.domain.update_order import UpdateOrder
from counterfoil.domain.wanted import WantedLine
from counterfoil.ledger.envelope import Accepted, Refused
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import StockLevel
from tests.drafts import bundle, row
from tests.storage import TESTER, findings, key

STAGES = ("ready-for-handling", "handling", "handling")
ROUNDS = 8
AT_ONCE = 40


def lines(dice: random.Random) -> list[dict]:
    """Return a row of every kind, in any order."""
    parts = (1, row("P", 333, 3, discount=10, tax_percent=70_000)), (2, row("Q", 501, 6))
    found = [
        row("S1", 1000, 7, tax_percent=83_750, discount=333),
        row("RED", 999, 5, configurable=True, discount=100, tax_percent=190_000),
        bundle("DYNAMIC", 3, *parts, separately=dice.random() < 0.5),
        row("FIXED", 1700, 3, contains=2, separately=dice.random() < 0.5),
        row("FILE", 250, 2, virtual=True),
    ]
    dice.shuffle(found)
    return found


def any_command(dice: random.Random, order: Order) -> Command:
    """Return a command that may or may not be refused; those that end an order are rare."""
    chosen = dice.sample(list(order.items), dice.randint(1, 3))
    some = {item_id: dice.randint(0, 3) * SCALE for item_id in chosen}
    amount = dice.choice([None, 0, 100])
    return dice.choice(
        [
            IssueInvoice(some, comment=CommentDraft("x")),
            IssueInvoice(some),
            IssueInvoice() if dice.random() < 0.2 else ReleaseOrder(),
            ShipOrder(some, tracks=(TrackDraft("1Z", "UPS", "ups", qty=5),), packages=({"a": 1},)),
            ShipOrder(some),
            CreditOrder(some, shipping_amount=amount, adjustment_positive=amount),
            CreditOrder(some, comment=CommentDraft("y"), return_to_stock=frozenset(chosen)),
            CancelOrder() if dice.random() < 0.1 else HoldOrder(),
            ReleaseOrder(),
            CommentOrder("z", is_customer_notified=True),
            ChangeAddress(order.billing_address_id, {"city": str(dice.random()), "street": ("a", "b")}),
            UpdateOrder({"customer_email": f"{dice.random()}@example.com"}, customer_note_notify=True),
        ]
    )


def any_step(dice: random.Random, order: Order) -> Command:
    """Return a command of VTEX's language. Values are mostly a part of the order, sometimes what is left."""
    number = f"NF/{dice.randint(1, 9)} #"
    value = dice.choice([100, 99_900, 333_300, order.grand_total, order.grand_total // 300 * 100])
    named = [
        WantedLine(dice.randint(1, 2) * SCALE, index=dice.randint(0, 4)) for _ in range(dice.randint(0, 2))
    ]
    request_id = f"c{dice.randint(1, 3)}"
    added = (AddedLine("NEW", SCALE, 12_300, product_id=11),) if dice.random() < 0.3 else ()
    return dice.choice(
        [
            RegisterInvoice(number, value, tuple(named), {"courier": "Post"}),
            RegisterInvoice(number, value),
            RegisterReturn(f"R{number}", 100 * dice.randint(1, 40), tuple(named)),
            UpdatePackage(number, {"trackingNumber": "T1"}, Tracking(data=({"description": number},))),
            RequestChange(request_id, 2, "x", tuple(named[:1]), added, 100 * dice.randint(0, 9)),
            RequestChange(f"r{request_id}", 1, "x", (), (), 100 * dice.randint(1, 9)),
            ApplyChange(request_id),
            AdvanceChange(request_id, "waiting-confirmation"),
            AbandonChange(request_id, "no") if dice.random() < 0.3 else ApplyChange(request_id),
            RequestCancellation("x") if dice.random() < 0.2 else StartHandling(),
            DenyCancellation("unknown", "x"),
            any_command(dice, order),
        ]
    )


@pytest.mark.parametrize("any_of", [any_command, any_step])
@pytest.mark.parametrize("seed", range(3))
async def test_any_commands_at_once_keep_every_promise(engine, ledger, place, seed, any_of):
    dice = random.Random(seed)
    orders = [
        await place(*lines(dice), shipping=dice.choice([0, 500, 777]), stage=dice.choice(STAGES))
        for _ in range(8)
    ]
    full = 10_000 * SCALE
    levels = [StockLevel(number, full, full, True, True, False, False, 0, 1, full) for number in range(1, 12)]

    async def fill(transaction):
        await transaction.write_stock(levels)
        return Body(b"true")

    await ledger.transact(fill)
    processes = [ledger, Ledger(engine, Clock(), wait_s=8)] if engine.name == "postgres" else [ledger]
    kinds = set()
    with capture_logs() as logged:
        for number in range(ROUNDS):
            asked = []
            for place_in_round in range(AT_ONCE):
                order = dice.choice(orders)
                command = any_of(dice, order)
                named = key(f"{number}-{place_in_round}") if dice.random() < 0.4 else None
                asked += [
                    dice.choice(processes).execute(
                        order.entity_id, command, actor=TESTER, key=named, change_wait_s=0.1
                    )
                    for _ in range(2 if named and dice.random() < 0.3 else 1)
                ]
            for outcome in await asyncio.gather(*asked, return_exceptions=True):
                assert isinstance(outcome, Accepted | Refused | Fault), outcome
                kinds.add(type(outcome))
    assert logged == []
    assert {Accepted, Refused} <= kinds
    assert await findings(ledger) == []
