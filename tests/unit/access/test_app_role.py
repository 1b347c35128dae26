import pytest

from counterfoil.access.app_role import (
    ALL,
    APP_ROLES,
    CANCEL_ORDER,
    CHANGE_ORDER,
    CHANGE_STATUS,
    CREATE_ORDER,
    FEED_ADMIN,
    FEED_VIEW,
    NOTIFY_INVOICE,
    NOTIFY_PAYMENT,
    ORDER_SETTINGS,
    SAME_ROLE,
    VIEW_ORDER,
    AppResourceUnknown,
    app_grant,
    app_rights,
)
from counterfoil.access.identity import Identity
from counterfoil.access.role import ROLES, Grant, RoleAndResources, UnknownRole

WORK = (CHANGE_STATUS, CANCEL_ORDER, NOTIFY_INVOICE, CHANGE_ORDER, NOTIFY_PAYMENT, FEED_ADMIN)


def may(role: str) -> Identity:
    return Identity("app", 1, "oms", app_rights(Grant(role)), role=role)


def test_the_owner_may_everything():
    assert all(may("owner").allows(resource, writes=True) for resource in ALL)
    assert app_grant(None, []) == Grant("owner")


def test_the_operator_works_with_orders_and_neither_places_them_nor_sets_the_rules():
    operator = may("operator")

    assert all(operator.allows(resource, writes=True) for resource in (VIEW_ORDER, FEED_VIEW, *WORK))
    assert not operator.allows(CREATE_ORDER)
    assert not operator.allows(ORDER_SETTINGS)


def test_the_viewer_looks():
    assert app_rights(Grant("viewer")) == {VIEW_ORDER, FEED_VIEW}


def test_resources_are_granted_one_by_one():
    granted = app_grant(None, [VIEW_ORDER, NOTIFY_INVOICE, VIEW_ORDER])

    assert granted == Grant(None, (NOTIFY_INVOICE, VIEW_ORDER))
    assert app_rights(granted) == {NOTIFY_INVOICE, VIEW_ORDER}


def test_what_is_no_more_grants_nothing():
    assert app_rights(Grant("janitor")) == frozenset()
    assert app_rights(Grant(None, ("Sweep floor", VIEW_ORDER))) == {VIEW_ORDER}


@pytest.mark.parametrize("resource", ["", "view order", "Magento_Backend::all", "anonymous", "self"])
def test_what_is_not_a_resource_is_refused(resource):
    assert app_grant(None, [resource]) == AppResourceUnknown(resource)


def test_other_grants_that_make_no_sense_are_refused():
    assert app_grant("administrator", []) == UnknownRole("administrator")
    assert app_grant("viewer", [VIEW_ORDER]) == RoleAndResources()


def test_every_role_of_the_other_dialect_has_one_like_it_here():
    assert SAME_ROLE.keys() == ROLES.keys()
    assert set(SAME_ROLE.values()) <= APP_ROLES.keys()
