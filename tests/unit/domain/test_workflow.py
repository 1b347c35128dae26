"""The state of an order is a function of facts (contract adobe §6.4; the recorded walks)."""

from typing import Any

import pytest
from msgspec.structs import replace

from counterfoil.config import ORDER_STATES
from counterfoil.domain import workflow
from counterfoil.domain.money import SCALE
from tests.drafts import draft, row
from tests.unit.domain.given import placed

ONE = SCALE
PAID = {"invoice_count": 1, "qty_to_invoice": 0, "total_invoiced": 250_000, "total_paid": 250_000}
ALL_BACK = {"creditmemo_count": 1, "total_refunded": 250_000}
STATES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing has happened": ({}, "new"),
    "shipped in part": ({"shipment_count": 1, "qty_shipped": ONE, "qty_to_ship": ONE}, "processing"),
    "shipped, not invoiced": ({"shipment_count": 1, "qty_shipped": 2 * ONE, "qty_to_ship": 0}, "processing"),
    "invoiced in part": ({"invoice_count": 1, "qty_to_invoice": ONE}, "processing"),
    "invoiced, not shipped": (PAID, "processing"),
    "invoiced and shipped": (
        {**PAID, "shipment_count": 1, "qty_shipped": 2 * ONE, "qty_to_ship": 0},
        "complete",
    ),
    "nothing to ship": ({**PAID, "qty_to_ship": 0}, "complete"),
    "canceled": ({"qty_canceled": 2 * ONE, "qty_to_invoice": 0, "qty_to_ship": 0}, "canceled"),
    "invoiced in part, the rest canceled, not shipped": (
        {**PAID, "qty_canceled": ONE, "qty_to_ship": ONE},
        "processing",
    ),
    "invoiced in part, the rest canceled, shipped": (
        {**PAID, "qty_canceled": ONE, "qty_shipped": ONE, "shipment_count": 1, "qty_to_ship": 0},
        "complete",
    ),
    "shipped in part, the rest canceled, not invoiced": (
        {
            "shipment_count": 1,
            "qty_shipped": ONE,
            "qty_canceled": ONE,
            "qty_to_invoice": ONE,
            "qty_to_ship": 0,
        },
        "processing",
    ),
    "all money given back": ({**PAID, **ALL_BACK, "qty_refunded": 2 * ONE, "qty_to_ship": 0}, "closed"),
    "all units given back, not all money": (
        {**PAID, **ALL_BACK, "total_refunded": 240_000, "qty_refunded": 2 * ONE, "qty_to_ship": 0},
        "complete",
    ),
    "as many shipped and given back as ordered": (
        {
            **PAID,
            "shipment_count": 1,
            "qty_shipped": ONE,
            "creditmemo_count": 1,
            "qty_refunded": ONE,
            "qty_to_ship": ONE,
        },
        "complete",
    ),
    "given back in part, nothing shipped": (
        {**PAID, "creditmemo_count": 1, "qty_refunded": ONE, "qty_to_ship": ONE},
        "processing",
    ),
    "on hold": ({**PAID, "hold_before_state": "processing", "hold_before_status": "processing"}, "holded"),
}


@pytest.fixture
def order():
    return placed(draft(row("A", 1000, 2)))


@pytest.mark.parametrize("what", STATES)
def test_the_state_follows_from_facts(order, what):
    facts, state = STATES[what]
    assert workflow.state_of(replace(order, **facts)) == state


@pytest.mark.parametrize("state", ["complete", "closed", "canceled", "processing", "nosuch"])
def test_what_is_stored_as_the_state_is_no_fact(order, state):
    assert workflow.state_of(replace(order, state=state, status=state)) == "new"


def test_a_status_of_the_shops_own_is_kept_as_long_as_the_state_stays(order):
    own = replace(order, status="picking")
    assert workflow.settled(own, keep_status=True) == ("new", "picking")
    assert workflow.settled(own) == ("new", "pending")
    assert workflow.settled(replace(own, invoice_count=1), keep_status=True) == ("processing", "processing")


def test_the_configuration_knows_the_same_states():
    assert ORDER_STATES == workflow.DEFAULT_STATUS
