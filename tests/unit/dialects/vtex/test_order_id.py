"""What orders are called (contract vtex §1)."""

import pytest

from counterfoil.dialects.vtex import order_id
from counterfoil.ledger.ledger import Body
from tests.drafts import draft, row


@pytest.mark.parametrize(
    "text, found",
    [
        ("v500007cntf-01", 7),
        (" V500007CNTF-01 ", 7),
        ("seq500007", 7),
        ("v500000cntf-01", None),
        ("v499999cntf-01", None),
        ("v500007cntf-02", None),
        ("v500007cntf", None),
        ("7", None),
        ("", None),
        ("x" * 1000, None),
        ("v" + "9" * 40 + "cntf-01", None),
    ],
)
async def test_an_order_of_another_dialect_is_called_by_its_id(ledger, text, found):
    async with ledger.reading() as reader:
        assert await order_id.find(reader, text) == found


def test_ids_and_groups_go_together():
    assert order_id.derived(7) == "v500007cntf-01"
    assert order_id.derived_group(7) == "v500007cntf"


async def test_an_order_of_this_dialect_is_called_as_it_was_placed(ledger):
    async def work(transaction):
        names = [("MKP-1-01", "MKP-1"), ("MKP-1-02", "MKP-1"), ("v500007cntf-01", "v500007cntf")]
        for name, group in names:
            body = b'{"order_id": %d}' % (40 + int(name[-1]))
            await transaction.records.insert(order_id.RECORD, body, name=name, owner=group)
        return Body(b"null")

    await ledger.transact(work)
    async with ledger.reading() as reader:
        assert await order_id.find(reader, "MKP-1-02") == 42
        assert await order_id.find(reader, "v500007cntf-01") == 7, "nobody takes another order's name"
        assert await order_id.find_group(reader, "MKP-1") == [41, 42]
        assert await order_id.find_group(reader, "v500008cntf") == [8]
        assert await order_id.find_group(reader, "nothing") == []


async def test_an_order_that_is_not_there_is_404_in_its_family(client, place):
    order = await place(draft(row("RED", 2000)))
    there = f"/api/oms/pvt/orders/{order_id.derived(order.entity_id)}/conversation-message"
    assert (await client.get(there)).json == []
    for name in ("v999999cntf-01", "nonsense"):
        answer = await client.get(f"/api/oms/pvt/orders/{name}/conversation-message")
        assert answer.status == 404
        assert answer.json == {"error": {"code": "OMS007", "message": "Order Not Found", "exception": None}}
