"""Invoice notifications and tracking on both routes (contract vtex §3.3 to §3.6, §5)."""

import asyncio
from urllib.parse import quote

import pytest

from counterfoil.domain.attachments import SETTLED_LATER
from counterfoil.domain.change import ApplyChange, RequestChange
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.transitions import CANCELLATION_REQUESTED, HANDLING, INVOICED
from counterfoil.ledger.envelope import Accepted
from tests.drafts import draft, row
from tests.storage import TESTER, everything, findings
from tests.unit.dialects.vtex.asgi import twin, url


def sent(number: str = "N1", value: int | str = 5000, **fields):
    given = {"type": "Output", "issuanceDate": "2024-01-31", "issuedDate": "2024-01-31"}
    return {**given, "invoiceNumber": number, "invoiceValue": value, **fields}


@pytest.fixture
async def handled(client, order):
    """An order of two units for 20.00 and shipping of 10.00 that is being handled."""
    assert (await client.post(url(order, "start-handling"))).status == 204
    return order


@pytest.mark.parametrize("path, action", [(url, "invoice"), (twin, "invoices")])
async def test_an_invoice_over_the_whole_value_ends_the_order(client, handled, status, ledger, path, action):
    answer = await client.post(path(handled, action), sent())
    assert answer.status == 200
    assert set(answer.json) == {"date", "orderId", "receipt"}
    assert await status(handled) == INVOICED
    assert await findings(ledger) == []


async def test_a_part_leaves_the_order_open_and_more_than_the_rest_is_refused(
    client, handled, status, ledger
):
    items = [{"id": "RED", "price": 2000, "quantity": 1}]
    assert (await client.post(url(handled, "invoice"), sent("1", "2000", items=items))).status == 200
    assert await status(handled) == HANDLING
    before = await everything(ledger)
    over = await client.post(url(handled, "invoice"), sent("2", 3001))
    assert (over.status, over.json["error"]["code"]) == (400, "CNTF003")
    assert "3000 can still be invoiced" in over.json["error"]["message"]
    assert await everything(ledger) == before
    assert (await client.post(twin(handled, "invoices"), sent("2", 3000))).status == 200
    assert await status(handled) == INVOICED
    assert await findings(ledger) == []


async def test_the_same_invoice_again_has_no_effect_and_gets_a_new_receipt(client, handled, ledger):
    first = await client.post(url(handled, "invoice"), sent("1", 2000))
    before = await everything(ledger)
    again = await client.post(url(handled, "invoice"), sent("1 ", "2000"))
    assert (first.status, again.status) == (200, 200)
    assert again.json["receipt"] != first.json["receipt"]
    other = await client.post(url(handled, "invoice"), sent("1", 2001))
    assert (other.status, other.json["error"]["code"]) == (400, "CNTF002")
    back = await client.post(url(handled, "invoice"), sent("1", 2000, type="Input"))
    assert back.status == 400
    assert await everything(ledger) == before


async def test_the_document_route_refuses_a_number_that_is_taken(client, handled, ledger):
    assert (await client.post(twin(handled, "invoices"), sent("1", 2000))).status == 200
    before = await everything(ledger)
    again = await client.post(twin(handled, "invoices"), sent("1", 2000))
    assert (again.status, again.json["error"]["code"]) == (400, "CNTF002")
    assert await everything(ledger) == before


async def test_the_receipt_under_the_same_key_is_the_same(client, handled):
    ask = {"headers": {"Idempotency-Key": "k"}}
    first = await client.post(twin(handled, "invoices"), sent("1", 2000), **ask)
    second = await client.post(twin(handled, "invoices"), sent("1", 2000), **ask)
    assert (second.status, second.json) == (200, first.json)
    assert second.headers["idempotent-replayed"] == "true"


async def test_of_two_invoices_at_once_one_is_refused(client, handled, ledger):
    answers = await asyncio.gather(
        *(client.post(url(handled, "invoice"), sent(number, 3000)) for number in ("1", "2"))
    )
    assert sorted(answer.status for answer in answers) == [200, 400]
    assert await findings(ledger) == []


@pytest.mark.parametrize(
    "items, message",
    [
        ([{"id": "BLUE", "quantity": 1}], "has no item BLUE"),
        ([{"id": "RED", "quantity": 3}], "2 of item RED are left"),
    ],
)
async def test_lines_that_are_not_lines_of_the_order_are_refused(client, handled, items, message):
    answer = await client.post(url(handled, "invoice"), sent(items=items))
    assert (answer.status, answer.json["error"]["code"]) == (400, "FMT0094")
    assert message in answer.json["error"]["message"]


async def test_an_order_that_is_not_being_handled_takes_no_invoice(client, order):
    answer = await client.post(url(order, "invoice"), sent())
    assert (answer.status, answer.json["error"]["code"]) == (400, "ORD039")
    assert "is in state ready-for-handling and cannot accept invoice" in answer.json["error"]["message"]


async def test_an_invoice_denies_a_cancellation(client, handled, status):
    await client.post(url(handled, "cancel"))
    assert await status(handled) == CANCELLATION_REQUESTED
    assert (await client.post(url(handled, "invoice"), sent("1", 2000))).status == 200
    assert await status(handled) == HANDLING


async def test_returns_are_summed_apart_and_never_come_to_more_than_was_invoiced(client, handled, ledger):
    early = await client.post(url(handled, "invoice"), sent("R0", 100, type="input"))
    assert (early.status, early.json["error"]["code"]) == (400, "CHK0240")
    await client.post(url(handled, "invoice"), sent("1", 5000))
    items = [{"id": "RED", "price": 2000, "quantity": 1}]
    back = await client.post(url(handled, "invoice"), sent("R1", "2000", type="input", items=items))
    assert back.status == 200
    over = await client.post(url(handled, "invoice"), sent("R2", 3001, type="Input"))
    assert (over.status, over.json["error"]["code"]) == (400, "ORD057")
    again = await client.post(url(handled, "invoice"), sent("R1", 2000, type="Input"))
    assert again.status == 200
    assert await findings(ledger) == []


NUMBERS = ["N1", "123/456", "#123", "a b", " lead", "é%2F", "12/tracking", "tracking"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_tracking_finds_an_invoice_of_any_number(client, handled, packages, number, method):
    assert (await client.post(url(handled, "invoice"), sent(number, 2000))).status == 200
    base = url(handled, f"invoice/{quote(number, safe='')}")
    told = {"trackingNumber": "1Z", "trackingUrl": None, "courier": "UPS"}
    assert (await client.ask("PATCH", base, told)).status == 200
    events = {"isDelivered": True, "deliveredDate": "2024-02-01 12:30", "events": [{"description": "there"}]}
    assert (await client.ask(method, f"{base}/tracking", events)).status == 200
    (package,) = (await packages(handled)).values()
    assert (package.given["trackingNumber"], package.given["courier"]) == ("1Z", "UPS")
    assert package.courier_status.finished is True


async def test_a_proxy_may_have_decoded_the_slash(client, handled, packages):
    await client.post(url(handled, "invoice"), sent("123/456", 2000))
    answer = await client.ask("PUT", url(handled, "invoice/123/456/tracking"), {"isDelivered": True})
    assert answer.status == 200
    assert (await packages(handled))["123/456"].courier_status.finished is True


async def test_a_patch_leaves_what_it_does_not_tell(client, handled, packages):
    await client.post(url(handled, "invoice"), sent("1", 2000, trackingNumber="A", courier="UPS"))
    whole = sent("other", 9999, trackingNumber="B", courier=None, items=[{"id": "X"}])
    assert (await client.ask("PATCH", url(handled, "invoice/1"), whole)).status == 200
    package = (await packages(handled))["1"]
    assert (package.number, package.value) == ("1", 200_000)
    assert (package.given["trackingNumber"], package.given["courier"]) == ("B", "UPS")


async def test_entries_of_the_courier_add_up_and_a_delivered_package_stays_so(client, handled, packages):
    await client.post(url(handled, "invoice"), sent("1", 2000))
    first = {"description": "left", "date": "2024-02-01"}
    second = {"description": "there", "date": "2024-02-02"}
    for told in ({"isDelivered": True, "events": [first]}, {"events": [first, second]}):
        assert (await client.ask("PUT", url(handled, "invoice/1/tracking"), told)).status == 200
    courier = (await packages(handled))["1"].courier_status
    assert [entry["description"] for entry in courier.data] == ["left", "there"]
    assert courier.finished is True


@pytest.mark.parametrize("method, action", [("PATCH", "invoice/9"), ("PUT", "invoice/9/tracking")])
async def test_an_unknown_invoice_is_404(client, handled, method, action):
    answer = await client.ask(method, url(handled, action), {"courier": "UPS", "isDelivered": True})
    assert (answer.status, answer.json["error"]["message"]) == (404, "Invoice Not Found")


async def test_a_patch_that_tells_nothing_is_refused(client, handled, ledger):
    await client.post(url(handled, "invoice"), sent("1", 2000))
    before = await everything(ledger)
    for told in ({}, {"courier": None}, {"invoiceValue": 1}):
        assert (await client.ask("PATCH", url(handled, "invoice/1"), told)).status == 400
    assert await everything(ledger) == before


async def test_an_invoice_of_another_dialect_is_tracked_by_its_printed_number(
    client, order, ledger, packages, place
):
    await ledger.execute(order.entity_id, IssueInvoice(), actor=TESTER)
    async with ledger.reading() as reader:
        (invoice,) = await reader.invoices_of(order.entity_id)
    for _ in range(2):
        path = url(order, f"invoice/{invoice.increment_id}")
        assert (await client.ask("PATCH", path, {"trackingNumber": "1Z"})).status == 200
    assert [package.invoice_id for package in (await packages(order)).values()] == [invoice.entity_id]
    assert (await findings(ledger)) == []
    foreign = await place(draft(row("RED", 2000)))
    answer = await client.ask("PATCH", url(foreign, f"invoice/{invoice.increment_id}"), {"courier": "x"})
    assert answer.status == 404


async def test_the_number_of_an_invoice_of_another_dialect_is_taken(client, handled, ledger):
    await ledger.execute(handled.entity_id, IssueInvoice({min(handled.items): SCALE}), actor=TESTER)
    async with ledger.reading() as reader:
        (invoice,) = await reader.invoices_of(handled.entity_id)
    number, value = invoice.increment_id, invoice.grand_total // 100
    before = await everything(ledger)
    again = await client.post(url(handled, "invoice"), sent(number, value))
    assert (again.status, again.json["orderId"]) == (200, f"v{500_000 + handled.entity_id}cntf-01")
    for path, action, told in (
        (url, "invoice", sent(number, value - 1)),
        (url, "invoice", sent(number, value, type="Input")),
        (twin, "invoices", sent(number, value)),
    ):
        refused = await client.post(path(handled, action), told)
        assert (refused.status, refused.json["error"]["code"]) == (400, "CNTF002")
    assert await everything(ledger) == before


async def test_of_the_same_invoice_twice_at_once_one_takes_effect(client, handled, packages, ledger):
    answers = await asyncio.gather(*(client.post(url(handled, "invoice"), sent("1", 2000)) for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["receipt"] for answer in answers}) == 8
    assert list(await packages(handled)) == ["1"]
    assert await findings(ledger) == []


CHANGE = RequestChange("c1", SETTLED_LATER, "sold out", manual_discount=100_000)


async def test_what_depends_on_a_change_is_refused_when_the_client_will_not_wait(client, handled, ledger):
    assert isinstance(await ledger.execute(handled.entity_id, CHANGE, actor=TESTER), Accepted)
    now = {"headers": {"Prefer": "wait=0"}}
    for path, action in ((url, "invoice"), (twin, "invoices")):
        answer = await client.post(path(handled, action), sent("1", 5000), **now)
        assert (answer.status, answer.json["error"]["code"]) == (409, "SalesOrderSystem014")
        assert answer.headers["retry-after"].isdigit()
    # Legal whatever becomes of the Change, and illegal whatever does: neither has to wait.
    assert (await client.post(url(handled, "invoice"), sent("2", 4000), **now)).status == 200
    over = await client.post(url(handled, "invoice"), sent("3", 1001), **now)
    assert over.json["error"]["code"] == "CNTF003"


async def test_an_invoice_waits_for_the_change_that_it_depends_on(client, handled, ledger, status):
    await ledger.execute(handled.entity_id, CHANGE, actor=TESTER)
    waiting = asyncio.create_task(client.post(url(handled, "invoice"), sent("1", 5000)))
    part = asyncio.create_task(client.post(url(handled, "invoice"), sent("2", 4000)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert (await part).status == 200
    await ledger.execute(handled.entity_id, ApplyChange("c1"), actor=TESTER)
    assert (await waiting).json["error"]["code"] in {"CNTF003", "ORD039"}
    assert await status(handled) == INVOICED
    assert await findings(ledger) == []
