"""What users of the platform suffer where orders do not move on, and what holds here."""

import pytest
from msgspec.structs import replace

from counterfoil.checkout import fresh
from counterfoil.checkout.catalogue import ProductChanges, SavedProduct, save_product
from counterfoil.checkout.stock import StockChanges
from counterfoil.delivery.expressions import Expressions
from counterfoil.delivery.matching import steps_of
from counterfoil.dialects.vtex import order_data_document
from counterfoil.dialects.vtex.call import Settings
from counterfoil.domain import transitions
from counterfoil.domain.cancel import OrderCanceled
from counterfoil.domain.cancellation import RequestCancellation
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import READY_FOR_HANDLING
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction
from tests.drafts import authorized, draft, row
from tests.notices import relay
from tests.promises.desk import CLASSIC, DOCUMENT, Desk
from tests.unit.dialects.vtex.orders import item, purchase
from tests.unit.domain.given import placed
from tests.unit.domain.workflow_orders import after, told

FEED = "/api/orders/feed"
QUEUE = {"visibilityTimeoutInSeconds": 240, "messageRetentionPeriodInSeconds": 345600}


async def listen(desk: Desk, **filtered: object) -> None:
    """Set up a feed."""
    await desk.must("POST", f"{FEED}/config", {"filter": filtered, "queue": QUEUE})


async def heard(desk: Desk) -> list[tuple[str, str]]:
    """Return (order, state) of all that the feed has to tell, and confirm it."""
    expressions = Expressions(desk.ledger.clock)

    def render(order: object) -> object:
        return order_data_document.render(order, Settings())  # type: ignore[arg-type]

    told_by = relay(desk.ledger, render, expressions, steps=steps_of)
    while await told_by.turn():
        pass
    await expressions.close()
    found: list[tuple[str, str]] = []
    while events := await desk.must("GET", f"{FEED}?maxlot=10"):
        found += [(event["orderId"], event["state"]) for event in events]
        await desk.must("POST", FEED, {"handles": [event["handle"] for event in events]})
    return found


# ---------------------------------------------------------------- refunds


async def test_each_return_is_a_refund_of_its_own_and_none_repeats_another(desk: Desk) -> None:
    name = await desk.sold(item("4101", 5000, 2))
    await desk.invoice(name, "1", 10800)
    for number, cents in (("R1", 2000), ("R2", 2000), ("R3", 700)):
        await desk.give_back(name, number, cents)
    found = await desk.order(name)
    refunds = [one["restitutions"] for one in found["packageAttachment"]["packages"]]
    assert [refund["Refund"]["value"] for refund in refunds if refund] == [2000, 2000, 700]
    over = await desk.tell(name, "R4", 10800 - 4700 + 1, kind="Input")
    assert over.status == 400
    await desk.give_back(name, "R4", 10800 - 4700)


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_goodwill_refund_after_a_change_counts_the_change_once(desk: Desk, generation: int) -> None:
    name = await desk.sold(item("A", 7000, 1), item("B", 3000, 1))
    gone = {"id": "A", "price": 7000, "quantity": 1}
    if generation == 1:
        await desk.change_at_once(name, "c1", discountValue=7000, itemsRemoved=[gone])
    else:
        await desk.changed(name, {"remove": {"items": [gone]}})
    await desk.invoice(name, "1", 4600)
    await desk.give_back(name, "R1", 600)
    await desk.give_back(name, "R2", 4000)
    assert (await desk.tell(name, "R3", 1, kind="Input")).status == 400


# ---------------------------------------------------------------- cancellations


async def test_who_wanted_the_cancellation_is_not_overwritten_by_who_granted_it(desk: Desk) -> None:
    name = await desk.sold()
    await desk.cancel(name, reason="ordered twice", requestedByUser=True)
    await desk.cancel(name, reason="nothing packed", requestedByUser=False)
    await desk.cancel(name, reason="once more")
    found = await desk.order(name)
    assert found["status"] == "canceled"
    assert (found["cancellationData"]["RequestedByUser"], found["cancelReason"]) == (True, "ordered twice")
    assert len(found["cancellationRequests"]) == 1


async def test_no_version_of_an_order_says_canceled_without_saying_why(desk: Desk) -> None:
    why = 'cancelReason = "sold out" and cancellationData.reason = "sold out"'
    for expression, expected in ((why, ["canceled", "canceled"]), (f"$not({why})", [])):
        await listen(desk, type="FromOrders", expression=f'status = "canceled" and {expression}')
        for handled in (False, True):
            name = await desk.sold(handled=handled)
            await desk.cancel(name, reason="sold out")
            await desk.cancel(name)
            assert (await desk.order(name))["status"] == "canceled"
        assert [state for _, state in await heard(desk)] == expected


async def test_an_order_is_canceled_in_one_step_and_to_cancel_it_again_does_nothing(desk: Desk) -> None:
    await listen(desk, type="FromWorkflow")
    name = await desk.sold(handled=False)
    before = [state for _, state in await heard(desk)][-1]
    assert before == "ready-for-handling"
    for _ in range(4):
        assert (await desk.cancel(name, reason="sold out")).status == 200
    assert [state for _, state in await heard(desk)] == ["cancellation-requested", "cancel", "canceled"]
    seen = [await desk.order(name), await desk.document(name), await desk.listed(name)]
    assert {one["status"] for one in seen} == {"canceled"}
    (instance,) = seen[1]["workflowData"]["instances"]
    assert (instance["currentStepName"], instance["isInError"]) == ("canceled", False)


async def test_who_asked_to_cancel_and_denies_it_goes_on_as_before(desk: Desk) -> None:
    name = await desk.sold()
    for _ in range(2):
        await desk.cancel(name, reason="perhaps")
        (request, *_) = (await desk.order(name))["cancellationRequests"][::-1]
        denial = {"cancellationRequestId": request["id"], "denyReason": "after all"}
        await desk.must("POST", f"{DOCUMENT}/{name}/deny-cancellation-request", denial)
        assert (await desk.order(name))["status"] == "handling"
    await desk.invoice(name, "1", 10800)
    assert (await desk.order(name))["status"] == "invoiced"


@pytest.mark.parametrize("stage", [READY_FOR_HANDLING, transitions.HANDLING, "window-to-cancel"])
def test_a_canceled_order_gives_up_what_was_authorised_for_it(stage: str) -> None:
    order = placed(replace(authorized(draft(row("A", 1000))), stage=stage))
    if stage != "window-to-cancel":
        order = after(order, RequestCancellation("late"))
    canceled = told(order, RequestCancellation())
    assert isinstance(canceled, OrderCanceled)
    assert canceled.void is not None


# ---------------------------------------------------------------- payments, sellers, settlement


@pytest.mark.parametrize("seller", [True, False], ids=["of-a-marketplace", "own"])
async def test_nothing_is_handled_or_invoiced_before_the_marketplace_lets_go(
    desk: Desk, seller: bool
) -> None:
    name = await desk.sold(let_go=False) if seller else (await desk.bought(purchase()))[0]
    before = await desk.order(name)
    assert before["status"] == ("waiting-ffmt-authorization" if seller else "payment-pending")
    for action in (f"{CLASSIC}/{name}/start-handling", f"{DOCUMENT}/{name}/actions/start-handling"):
        assert (await desk.client.post(action)).status == 409
    for document in (False, True):
        refused = await desk.tell(name, "1", 100, document=document)
        assert (refused.status, refused.json["error"]["code"]) == (400, "ORD039")
    assert await desk.order(name) == before


async def test_an_order_has_one_workflow_and_pays_once_however_often_it_is_told(desk: Desk) -> None:
    await listen(desk, type="FromWorkflow")
    (name,) = await desk.bought(purchase())
    for _ in range(3):
        await desk.pay(name)
    states = [state for _, state in await heard(desk)]
    assert len(states) == len(set(states))
    assert states[-1] == (await desk.order(name))["status"]
    assert len((await desk.document(name))["workflowData"]["instances"]) == 1


async def test_orders_of_one_purchase_do_not_hold_each_other_up(desk: Desk) -> None:
    rows = (
        item("A", 1000, 1),
        {**item("B", 2000, 1), "seller": "acme"},
        {**item("C", 3000, 1), "seller": "ex"},
    )
    names = await desk.bought(purchase(*rows))
    assert len(names) == 3
    for name in names:
        await desk.pay(name)
    own, other, third = names
    await desk.must("POST", f"{CLASSIC}/{own}/start-handling")
    await desk.changed(own, {"manualDiscountValue": 100})
    await desk.cancel(third)
    await desk.cancel(third)
    for name, cents in ((own, 1700), (other, 2800)):
        await desk.invoice(name, "1", cents)
    assert [(await desk.order(name))["status"] for name in names] == ["invoiced", "invoiced", "canceled"]


# ---------------------------------------------------------------- dates, mails


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_partial_invoice_leaves_the_time_of_the_authorisation_alone(
    desk: Desk, generation: int
) -> None:
    (name,) = await desk.bought(purchase())
    await desk.pay(name)
    authorized_at = (await desk.order(name))["authorizedDate"]
    await desk.must("POST", f"{CLASSIC}/{name}/start-handling")
    await desk.invoice(name, "1", 5000)
    if generation == 1:
        await desk.change_at_once(name, "c1", discountValue=100)
    else:
        await desk.changed(name, {"manualDiscountValue": 100})
    found = await desk.order(name)
    assert (found["status"], found["authorizedDate"]) == ("handling", authorized_at)
    await desk.invoice(name, "2", 5700)
    assert (await desk.order(name))["authorizedDate"] == authorized_at


async def test_an_order_with_several_changes_is_told_to_be_invoiced_once(desk: Desk) -> None:
    await listen(desk, type="FromWorkflow", status=["invoiced"])
    name = await desk.sold(item("A", 1000, 5))
    for number in range(3):
        await desk.changed(name, {"remove": {"items": [{"id": "A", "quantity": 1}]}})
        await desk.invoice(name, f"{number}", 100)
    left = (await desk.order(name))["value"] - 300
    assert await heard(desk) == []
    await desk.invoice(name, "last", left)
    assert await heard(desk) == [(name, "invoiced")]


# ---------------------------------------------------------------- feeds


@pytest.mark.parametrize("status", ["approve-payment", "payment-approved", "authorize-fulfillment"])
async def test_a_filter_of_orders_sees_statuses_that_are_only_passed(desk: Desk, status: str) -> None:
    await listen(desk, type="FromOrders", expression=f'status = "{status}"')
    (name,) = await desk.bought(purchase())
    await desk.pay(name)
    assert await heard(desk) == [(name, status)]


# ---------------------------------------------------------------- goods


async def test_a_canceled_order_gives_its_goods_back(desk: Desk) -> None:
    stock = StockChanges(qty=2 * SCALE, is_in_stock=True)

    async def work(transaction: Transaction) -> Body:
        await fresh.prepare(transaction)
        product = ProductChanges("4101", name="Mug", price=50 * SCALE, stock=stock)
        assert isinstance(await save_product(transaction, product, now="2026-11-20 10:00:00"), SavedProduct)
        return Body(b"true")

    await desk.ledger.transact(work)
    both = purchase(item("4101", 5000, 2))
    (name,) = await desk.bought(both)
    sold_out = await desk.client.ask("PUT", "/api/checkout/pub/orders", both)
    assert (sold_out.status, sold_out.json["error"]["code"]) == (400, "FMT002")
    for _ in range(3):
        await desk.cancel(name)
    (other,) = await desk.bought(both)
    await desk.pay(other)
    await desk.must("POST", f"{CLASSIC}/{other}/start-handling")
    await desk.changed(other, {"remove": {"items": [{"id": "4101", "quantity": 1}]}})
    await desk.bought(purchase(item("4101", 5000, 1)))
