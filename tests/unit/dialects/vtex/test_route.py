"""The route table (contract vtex §2; known issues 1302085, 631970 and 409225 about invoice numbers)."""

import pytest

from counterfoil.dialects.vtex.errors import Family
from counterfoil.dialects.vtex.route import Route, RouteTable
from counterfoil.dialects.vtex.routes import ROUTES


async def handler(_):
    raise NotImplementedError


ORDER = "/api/oms/pvt/orders/:orderId"
TABLE = RouteTable(
    Route(method, path, handler, "View order")
    for method, path in [
        ("GET", ORDER),
        ("GET", "/api/oms/pvt/orders/order-group/:orderGroup"),
        ("POST", f"{ORDER}/invoice"),
        ("PATCH", f"{ORDER}/invoice/*invoiceNumber"),
        ("PUT", f"{ORDER}/invoice/*invoiceNumber/tracking"),
    ]
)


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    result = TABLE.find(method, path)
    assert not isinstance(result, frozenset), result
    return result[0].path, result[1]


@pytest.mark.parametrize(
    "sent, number",
    [
        ("123", "123"),
        ("12%2F3", "12/3"),
        ("12/3", "12/3"),
        ("12/3/4", "12/3/4"),
        ("a%20b%20", "a b "),
        ("a%23b", "a#b"),
        ("a+b", "a+b"),
        ("12/tracking", "12/tracking"),
        ("12%2Ftracking", "12/tracking"),
        ("a%252Fb", "a%2Fb"),
    ],
)
def test_any_invoice_number_can_be_addressed(sent, number):
    path, variables = found("PUT", f"/api/oms/pvt/orders/v1-01/invoice/{sent}/tracking")
    assert path.endswith("/tracking")
    assert variables == {"orderId": "v1-01", "invoiceNumber": number}
    _, variables = found("PATCH", f"/api/oms/pvt/orders/v1-01/invoice/{sent}")
    assert variables["invoiceNumber"] == number


def test_literal_segments_in_any_case_beat_variables():
    assert found("GET", "/API/oms/pvt/orders/Order-Group/v1")[1] == {"orderGroup": "v1"}
    assert found("GET", "/api/oms/pvt/orders/order-group/")[1] == {"orderId": "order-group"}


def test_a_path_without_the_method_says_which_it_has():
    assert TABLE.find("PUT", "/api/oms/pvt/orders/v1-01/invoice") == frozenset({"POST"})
    assert TABLE.find("POST", "/api/oms/pvt/orders/v1-01/invoice/1/tracking") == frozenset({"PUT", "PATCH"})
    assert TABLE.find("GET", "/api/oms/pvt") == frozenset()


def test_a_path_of_a_thousand_segments_leads_nowhere():
    assert TABLE.find("PATCH", "/api/oms/pvt/orders/1/invoice" + "/a" * 1000) == frozenset()


def test_two_routes_for_the_same_requests_are_a_bug():
    with pytest.raises(ValueError, match="two routes"):
        RouteTable([Route("GET", ORDER, handler, "x"), Route("GET", ORDER, handler, "x")])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_found_under_its_own_path(route):
    segments = [f"a{i}" if part[:1] in {":", "*"} else part for i, part in enumerate(route.path.split("/"))]
    result = RouteTable(ROUTES).find(route.method, "/".join(segments))
    assert not isinstance(result, frozenset)
    assert result[0] is route
    problem = route.path.startswith(("/api/orders/", "/api/order-system/"))
    assert route.family is (Family.PROBLEM if problem else Family.OMS)
