import pytest

from counterfoil.access.identity import EVERYTHING
from counterfoil.access.role import (
    MAX_RESOURCES,
    Grant,
    ResourceMalformed,
    RoleAndResources,
    TooManyResources,
    UnknownRole,
    grant,
    rights,
)


def test_nothing_named_grants_the_administrator_role():
    assert grant(None, []) == Grant("administrator")
    assert rights(Grant("administrator")) == (frozenset({EVERYTHING}), False)


def test_resources_are_granted_one_by_one():
    given = grant(None, ["Magento_Sales::ship", "Magento_Sales::invoice", "Magento_Sales::ship"])

    assert given == Grant(None, ("Magento_Sales::invoice", "Magento_Sales::ship"))
    assert rights(given) == (frozenset({"Magento_Sales::invoice", "Magento_Sales::ship"}), False)


def test_a_viewer_reads_everything_and_writes_nothing():
    assert rights(Grant("viewer")) == (frozenset({EVERYTHING}), True)


def test_an_operator_has_no_say_in_taxes_and_price_rules():
    resources, read_only = rights(Grant("operator"))

    assert not read_only
    assert "Magento_Sales::invoice" in resources
    assert "Magento_Catalog::products" in resources
    assert not resources & {EVERYTHING, "Magento_Tax::manage_tax", "Magento_SalesRule::quote"}


def test_a_role_that_is_no_more_grants_nothing():
    assert rights(Grant("janitor")) == (frozenset(), True)


@pytest.mark.parametrize("resource", ["", "invoice", "Magento_Sales:invoice", "A_B::c d", "A_B::c\n", "self"])
def test_what_is_not_a_resource_is_refused(resource):
    assert grant(None, [resource]) == ResourceMalformed(resource)


def test_other_grants_that_make_no_sense_are_refused():
    assert grant("janitor", []) == UnknownRole("janitor")
    assert grant("viewer", ["Magento_Sales::invoice"]) == RoleAndResources()
    assert grant(None, ["A_B::c"] * (MAX_RESOURCES + 1)) == TooManyResources(MAX_RESOURCES)
