"""Random walks over one order, recorded on a real Magento: after every step of every walk its answer, the
document that it made and every number of the order are compared. What is unlawful there is set right by
`lawful`."""

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.adobe import differences
from tests.conformance.adobe.compare import Comparison, Found, Identities
from tests.conformance.adobe.lawful import NO_WRITE_OFFS, TAKING_MEMOS, VARIATIONS, WRITE_OFFS, Lawful
from tests.shop import Shop

PAGE = Path(__file__).resolve().parents[3] / "docs" / "adobe-differences.md"
CORRECTED = (VARIATIONS, WRITE_OFFS, NO_WRITE_OFFS, TAKING_MEMOS)
WALKS = sorted((Path(__file__).parent / "recordings" / "walks").glob("*.json"))


Step = dict[str, Any]
DOCUMENTS = {
    "invoice": ("invoice", "invoices"),
    "ship": ("shipment", "shipment"),
    "refund": ("creditmemo", "creditmemo"),
}
"""What the steps make, and where it is read."""

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


class Walk:
    """One walk on one server."""

    def __init__(self, shop: Shop, recorded: dict[str, Any]) -> None:
        self._shop = shop
        self._recorded = recorded
        self.lawful = Lawful(recorded["order_initial"])
        self._identities = Identities()
        self._comparison = Comparison(self._identities)

    def place(self) -> int:
        items = self._shop.localised(self._recorded["cart_items"])
        order_id = self._shop.place(items, coupon=self._recorded["coupon"])
        self._shop.wait_for_confirmation(order_id)
        return order_id

    def assert_same(self, recorded: Any, ours: Any, root: str) -> None:
        found = self._comparison.differences(recorded, ours, root=root)
        unmeant = [str(one) for one in found if not is_meant(self._recorded["name"], one)]
        assert not unmeant, "\n" + "\n".join(unmeant[:30])

    def follow(self, step: Step, order_id: int) -> None:
        """Repeat a step and compare its answer, the document that it made, and the order afterwards."""
        expected = self.lawful.expect(step)
        path = step["path"].replace(f"/{self._recorded['order_id']}/", f"/{order_id}/")
        answer = self._shop.ask("POST", path, self._localised(step["body"], order_id))
        if expected.refusal is not None:
            assert answer.status == 400, answer
            assert answer.json["message"].startswith(expected.refusal)
        elif expected.document is None:
            assert answer.json == expected.answer, answer
            assert answer.status == (400 if isinstance(expected.answer, dict) else 200)
        else:
            assert answer.status == 200, answer
            assert type(answer.json) is type(step["response"])
            noun, path = DOCUMENTS[step["op"]]
            self._identities.bind(noun, step["response"], answer.json)
            self.assert_same(
                expected.document, self._shop.must("GET", f"/rest/V1/{path}/{answer.json}"), noun
            )
        self.assert_same(expected.order, short(self._shop.order(order_id)), "order")

    def _localised(self, value: Any, order_id: int) -> Any:
        if isinstance(value, list):
            return [self._localised(entry, order_id) for entry in value]
        if isinstance(value, dict):
            found = {key: self._localised(entry, order_id) for key, entry in value.items()}
            if "order_item_id" in found:
                found["order_item_id"] = int(self._identities.ours("order item", found["order_item_id"]))
            return {**found, "parent_id": order_id} if "parent_id" in found else found
        return float(value) if isinstance(value, Decimal) else value


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
    for step in recorded["steps"]:
        walk.follow(step, order_id)
    MET.update(walk.lawful.met)


def test_every_difference_is_real() -> None:
    """An entry of the table that no walk needs any more has to go."""
    names = {walk.stem for walk in WALKS}
    if not names <= MET:
        pytest.skip("not all walks were followed")
    for difference in differences.DIFFERENCES:
        if {"walks", *names} & set(difference.exchanges):
            assert difference.name in MET
    assert set(CORRECTED) <= MET


def test_what_is_set_right_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(CORRECTED) <= set(re.findall(r"^### (.+)$", page, re.MULTILINE))


def test_the_walks_lead_everywhere() -> None:
    """Guards the recordings: a walk that lost its steps would pass the test above on nothing."""
    steps = [step for path in WALKS for step in read(path)["steps"]]
    documents = Counter(step["op"] for step in steps if "document" in step)
    assert len(steps) == 480
    assert documents == {"invoice": 77, "ship": 48, "refund": 40}
    assert {step["op"] for step in steps} == {*documents, "cancel", "hold", "unhold", "comment"}
