"""What users of the platform suffer where rows, values and numbers of invoices meet, and what holds here."""

from typing import Any

import pytest

from tests.promises.desk import CLASSIC, Desk, packages
from tests.unit.dialects.vtex.orders import delivery, item, order, purchase, value


def line(sku: str, price: int, quantity: int = 1) -> dict[str, Any]:
    return {"id": sku, "price": price, "quantity": quantity}


def unshipped(rows: int, cents: int) -> dict[str, Any]:
    """Return what an order has whose deliveries cost nothing, and what it comes to."""
    free = order(*(item() for _ in range(rows)), shipping=0)["shippingData"]
    return {"shippingData": free, "marketplacePaymentValue": cents}


async def test_what_came_back_does_not_count_against_what_is_invoiced(desk: Desk) -> None:
    name = await desk.sold(item("4101", 4500, 2))
    await desk.invoice(name, "1", 4500, line("4101", 4500))
    await desk.give_back(name, "R1", 4500, line("4101", 4500))
    await desk.invoice(name, "2", 5300, line("4101", 4500))
    found = await desk.order(name)
    assert (found["status"], found["value"]) == ("invoiced", 9800)
    told = [("1", 4500, [(0, 1)]), ("2", 5300, [(0, 1)]), ("R1", 4500, [(0, 1)])]
    assert sorted(packages(found)) == told
    over = await desk.tell(name, "R2", 5301, kind="Input")
    assert over.status == 400


async def test_what_stays_after_a_change_is_invoiced_by_its_items(desk: Desk) -> None:
    name = await desk.sold(item("4101", 4500, 2), item("4102", 3333, 1))
    removed = [{"id": "4102", "price": 3333, "quantity": 1}]
    await desk.change_at_once(name, "c1", discountValue=3333, itemsRemoved=removed)
    gone = await desk.tell(name, "1", 3333, line("4102", 3333))
    assert gone.json["error"]["code"] == "FMT0094"
    answer = await desk.tell(name, "1", 10600, {"itemIndex": 0, "price": 9000, "quantity": 2}, document=True)
    assert answer.status == 200, answer
    assert (await desk.order(name))["status"] == "invoiced"


async def test_units_are_inferred_for_the_row_whose_price_it_is(desk: Desk) -> None:
    name = await desk.sold(item("S", 5100, 1), item("S", 5000, 1), **unshipped(2, 10100))
    await desk.invoice(name, "1", 5000)
    await desk.invoice(name, "2", 5100)
    assert packages(await desk.order(name)) == [("1", 5000, [(1, 1)]), ("2", 5100, [(0, 1)])]


@pytest.mark.parametrize("document", [False, True], ids=["classic", "document"])
async def test_a_return_names_one_sku_in_two_lines_and_gives_back_both(desk: Desk, document: bool) -> None:
    name = await desk.sold(item("S", 5100, 1), item("S", 5000, 1))
    await desk.invoice(name, "1", 11700)
    by_sku = (line("S", 5100), line("S", 5000))
    by_place = tuple({"itemIndex": place, "price": 1, "quantity": 1} for place in (0, 1))
    back = by_place if document else by_sku
    answer = await desk.tell(name, "R1", 10100, *back, kind="Input", document=document)
    assert answer.status == 200, answer
    assert packages(await desk.order(name))[1] == ("R1", 10100, [(0, 1), (1, 1)])


async def test_an_invoiced_row_stays_when_its_twin_is_taken_out(desk: Desk) -> None:
    name = await desk.sold(item("S", 5000, 1), item("S", 5000, 1))
    await desk.invoice(name, "1", 5000, line("S", 5000))
    before = packages(await desk.order(name))
    removed = [{"id": "S", "price": 5000, "quantity": 1}]
    await desk.change_at_once(name, "c1", discountValue=5000, itemsRemoved=removed)
    found = await desk.order(name)
    assert packages(found) == before == [("1", 5000, [(0, 1)])]
    assert [row["id"] for row in found["items"]] == ["S", "S"]
    # The other unit is the one that went: only the shipping is left.
    assert (await desk.tell(name, "2", 1600, line("S", 5000))).json["error"]["code"] == "FMT0094"
    await desk.invoice(name, "2", 1600)
    assert (await desk.order(name))["status"] == "invoiced"


GIVEN = {"uniqueId": "A1B2C3"}, {"uniqueId": "D4E5F6"}


@pytest.mark.parametrize("given", [({}, {}), GIVEN], ids=["our-ids", "the-clients-ids"])
async def test_a_change_tells_rows_of_one_sku_apart_or_is_refused_at_once(desk: Desk, given) -> None:
    rows = [item("S", price, 1, **more) for price, more in zip((5100, 5000), given, strict=True)]
    name = await desk.sold(*rows)
    which = await desk.change(name, {"remove": {"items": [{"id": "S", "quantity": 1}]}})
    assert (which.status, which.json["error"]["code"]) == (400, "SalesOrderSystem026")
    assert (await desk.order(name))["value"] == 11700
    unique = (await desk.order(name))["items"][1]["uniqueId"]
    assert unique == given[1].get("uniqueId", unique)
    await desk.changed(name, {"remove": {"items": [{"id": "S", "uniqueId": unique, "quantity": 1}]}})
    found = await desk.order(name)
    assert [(row["quantity"], row["uniqueId"] == unique) for row in found["items"]] == [(1, False), (0, True)]
    assert found["value"] == 6700


async def test_rows_keep_their_places_whatever_is_changed_between_order_and_invoice(desk: Desk) -> None:
    name = await desk.sold(item("A", 1000, 1), item("B", 2000, 2), item("C", 4000, 1))
    before = await desk.order(name)
    await desk.changed(
        name,
        {
            "remove": {"items": [{"id": "A", "quantity": 1}]},
            "add": {"items": [{"id": "D", "quantity": 1, "price": 700}]},
        },
    )
    # The one who sends the invoice has read the order before the Change.
    rows = [{"itemIndex": place, "price": before["items"][place]["price"], "quantity": 1} for place in (1, 2)]
    answer = await desk.tell(name, "1", 6000, *rows, document=True)
    assert answer.status == 200, answer
    gone = await desk.tell(name, "2", 1000, {"itemIndex": 0, "price": 1000, "quantity": 1}, document=True)
    assert gone.status == 400
    after = await desk.order(name)
    assert [row["id"] for row in after["items"]] == ["A", "B", "C", "D"]
    assert [row["uniqueId"] for row in after["items"][:3]] == [row["uniqueId"] for row in before["items"]]
    assert packages(after) == [("1", 6000, [(1, 1), (2, 1)])]
    assert packages(await desk.document(name)) == packages(after)


async def test_a_discount_is_split_over_units_without_losing_a_cent(desk: Desk) -> None:
    tags = [{"name": "DISCOUNT@COUPON", "value": -300}]
    # 4 for 17.00 less 3.00: 16.25 each.
    name = await desk.sold(item("S", 1700, 4, priceTags=tags), **unshipped(1, 6500))
    found = await desk.order(name)
    assert found["value"] == found["items"][0]["priceDefinitions"]["total"] == 6500
    await desk.invoice(name, "1", 6500)
    assert packages(await desk.order(name)) == [("1", 6500, [(0, 4)])]
    # 3 for 10.00 less 1.00 is 9.67, 9.67 and 9.66.
    tags = [{"name": "DISCOUNT@COUPON", "value": -100}]
    name = await desk.sold(item("S", 1000, 3, priceTags=tags), **unshipped(1, 2900))
    definition = (await desk.order(name))["items"][0]["priceDefinitions"]
    assert definition["sellingPrices"] == [{"value": 967, "quantity": 2}, {"value": 966, "quantity": 1}]
    for number, cents in enumerate((967, 967, 966)):
        await desk.invoice(name, f"{number}", cents, line("S", cents))
    assert (await desk.order(name))["status"] == "invoiced"


@pytest.mark.parametrize("cents", [33_554_433, 9_007_199_254_741, 90_071_992_547_409])
async def test_the_list_shows_every_total_to_the_cent(desk: Desk, cents: int) -> None:
    body = purchase(item("S", cents, 1))
    body["shippingData"]["logisticsInfo"] = [delivery(0, 0)]
    body["paymentData"]["payments"][0]["value"] = value(body)
    (name,) = await desk.bought(body)
    row = await desk.listed(name)
    assert row["totalValue"] == (await desk.order(name))["value"] == cents
    assert type(row["totalValue"]) is int
    answer = await desk.client.get(CLASSIC)
    assert f'"totalValue":{cents},' in answer.content.decode().replace(" ", "")


async def test_invoices_of_one_value_are_told_apart_by_their_numbers(desk: Desk) -> None:
    name = await desk.sold(item("4101", 5000, 2))
    for number in ("1", "2"):
        await desk.invoice(name, number, 1000)
    for number in ("R1", "R2"):
        await desk.give_back(name, number, 1000)
    assert [value for _, value, _ in packages(await desk.order(name))] == [1000] * 4
