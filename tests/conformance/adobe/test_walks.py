"""Random walks over one order, recorded on a real Magento: every number after every step is compared.

A walk is followed up to the first step that would need a verb that does not exist here yet; such steps
are passed over where they failed there, because then they changed nothing. From there on only the
invoices are compared, whose worth does not depend on shipments, refunds, holds or comments.
"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.adobe import differences, lawful
from tests.conformance.adobe.compare import Comparison, Found, Identities
from tests.shop import Shop

WALKS = sorted((Path(__file__).parent / "recordings" / "walks").glob("*.json"))


Step = dict[str, Any]
LEFT_OUT = frozenset({"extension_attributes", "billing_address", "parent_item", "product_option"})
"""What the orders recorded after a step leave out, at any depth, to be short."""


def read(path: Path) -> dict[str, Any]:
    """Return a walk. Fractions are Decimal, to be compared exactly; what is sent has none."""
    walk: dict[str, Any] = json.loads(path.read_text(), parse_float=Decimal)
    return {**walk, "name": path.stem}


def short(value: Any) -> Any:
    """Return a document without what the recordings leave out."""
    if isinstance(value, list):
        return [short(entry) for entry in value]
    if isinstance(value, dict):
        return {key: short(entry) for key, entry in value.items() if key not in LEFT_OUT}
    return value


def steps_to_follow(walk: dict[str, Any]) -> tuple[list[Step], list[Step]]:
    """Return the steps after which everything is compared, and those of which only the invoice is."""
    fully: list[Step] = []
    invoices: list[Step] = []
    missed = False
    for step in walk["steps"]:
        took_effect = step["http"] == 200 and step["response"] is not False
        if step["op"] in differences.WALK_STEPS_NOT_YET:
            if took_effect and step["op"] not in differences.WORTHLESS_STEPS:
                break
            missed = missed or took_effect
        elif not missed:
            fully.append(step)
        elif took_effect:
            invoices.append(step)
    return fully, invoices


class Walk:
    """One walk on one server."""

    def __init__(self, shop: Shop, recorded: dict[str, Any]) -> None:
        self._shop = shop
        self._recorded = recorded
        self._parent_of = lawful.parents(recorded["order_initial"])
        self._identities = Identities()
        self._comparison = Comparison(self._identities)

    def place(self) -> int:
        items = self._shop.localised(self._recorded["cart_items"])
        return self._shop.place(items, coupon=self._recorded["coupon"])

    def assert_same(self, recorded: Any, ours: Any, root: str) -> None:
        found = self._comparison.differences(recorded, ours, root=root)
        unmeant = [str(one) for one in found if not is_meant(self._recorded["name"], one)]
        assert not unmeant, "\n" + "\n".join(unmeant[:30])

    def follow(self, step: Step, order_id: int) -> None:
        """Repeat a step and compare its answer and the document that it made."""
        items = [
            {**item, "order_item_id": int(self._identities.ours("order item", item["order_item_id"]))}
            for item in step["body"].get("items", [])
        ]
        body = {**step["body"], "items": items} if "items" in step["body"] else step["body"]
        path = step["path"].replace(f"/{self._recorded['order_id']}/", f"/{order_id}/")
        answer = self._shop.ask("POST", path, body)
        if "document" not in step:
            assert answer.status == step["http"], answer
            assert answer.json == lawful.error(step["response"])
            return
        expected = lawful.invoice(step["document"], self._parent_of)
        if expected is None:
            assert answer.status == 400, answer
            assert answer.json["message"].startswith((lawful.PREFIX + lawful.WITHOUT_PRODUCTS).rstrip())
            return
        assert answer.status == 200, answer
        assert type(answer.json) is type(step["response"])
        self._identities.bind("invoice", step["response"], answer.json)
        self.assert_same(expected, self._shop.must("GET", f"/rest/V1/invoices/{answer.json}"), "invoice")


MET: set[str] = set()
"""The differences and the walks that were met so far."""


def is_meant(walk: str, found: Found) -> bool:
    meant = [
        difference.name
        for difference in differences.DIFFERENCES
        if {"walks", walk} & set(difference.exchanges) and re.fullmatch(difference.path, found.path)
    ]
    MET.update(meant)
    return bool(meant)


@pytest.mark.parametrize("path", WALKS, ids=lambda path: path.stem)
def test_the_books_after_every_step_are_as_recorded(shop: Shop, path: Path) -> None:
    recorded = read(path)
    MET.add(path.stem)
    walk = Walk(shop, recorded)
    order_id = walk.place()
    walk.assert_same(recorded["order_initial"], shop.order(order_id), "order")
    fully, invoices = steps_to_follow(recorded)
    for step in fully:
        walk.follow(step, order_id)
        walk.assert_same(lawful.order(step["order_after"]), short(shop.order(order_id)), "order")
    for step in invoices:
        walk.follow(step, order_id)


def test_the_walks_lead_somewhere() -> None:
    """Guards the rule of what is followed: a mistake in it would let the test above pass on nothing."""
    followed = [steps_to_follow(read(path)) for path in WALKS]
    assert sum(len(fully) for fully, _ in followed) >= 37
    assert sum("document" in step for fully, _ in followed for step in fully) >= 26
    assert sum(len(invoices) for _, invoices in followed) >= 40


def test_every_difference_is_real() -> None:
    """An entry of the table that no walk needs any more has to go."""
    names = {walk.stem for walk in WALKS}
    if not names <= MET:
        pytest.skip("not all walks were followed")
    for difference in differences.DIFFERENCES:
        if {"walks", *names} & set(difference.exchanges):
            assert difference.name in MET
