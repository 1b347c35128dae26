"""Which request finds which route (contract adobe §2.1)."""

import inspect

import pytest

from counterfoil.dialects.adobe.route import ANONYMOUS, Route, RouteTable, snake_case
from counterfoil.dialects.adobe.routes import ROUTES


async def handler(_):
    raise NotImplementedError


def table(*paths):
    return RouteTable(Route(method, path, handler, ANONYMOUS) for method, path in paths)


TABLE = table(
    ("GET", "/V1/orders"),
    ("GET", "/V1/orders/:id"),
    ("GET", "/V1/orders/items"),
    ("GET", "/V1/orders/:id/statuses"),
    ("POST", "/V1/orders/items/:itemId"),
    ("GET", "/V1/guest-carts/:cartId/items/:itemId"),
    ("GET", "/V1/carts/mine/items"),
    ("GET", "/V1/carts/:cartId/items"),
    ("GET", "/V1/carts/:quoteId/totals"),
)


@pytest.mark.parametrize(
    "path, route, variables",
    [
        ("/V1/orders", "/V1/orders", {}),
        ("/V1/orders/", "/V1/orders", {}),
        ("/V1/orders/7", "/V1/orders/:id", {"id": "7"}),
        ("/V1/orders/items", "/V1/orders/items", {}),
        ("/V1/orders/items/statuses", "/V1/orders/:id/statuses", {"id": "items"}),
        (
            "/V1/guest-carts/ab/items/3",
            "/V1/guest-carts/:cartId/items/:itemId",
            {"cartId": "ab", "itemId": "3"},
        ),
        ("/V1/carts/mine/items", "/V1/carts/mine/items", {}),
        ("/V1/carts/5/items", "/V1/carts/:cartId/items", {"cartId": "5"}),
        ("/V1/carts/5/totals", "/V1/carts/:quoteId/totals", {"quoteId": "5"}),
        ("/V1/orders/a%2Fb%252F", "/V1/orders/:id", {"id": "a/b%2F"}),
        ("/V1/orders/a+b%2B", "/V1/orders/:id", {"id": "a b+"}),
    ],
)
def test_literals_beat_variables_and_variables_are_decoded_once(path, route, variables):
    found = TABLE.find("GET", path)
    assert found is not None
    assert found[0].path == route
    assert found[1] == variables


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/V1"),
        ("GET", "/V1/nosuch"),
        ("POST", "/V1/orders"),
        ("DELETE", "/V1/orders/7"),
        ("GET", "/V1/orders//statuses"),
        ("GET", "/v1/orders"),
        ("GET", "/V2/orders"),
        ("GET", "/V1/orders/7/statuses/8"),
    ],
)
def test_no_route(method, path):
    assert TABLE.find(method, path) is None


def test_two_routes_for_the_same_requests_are_a_bug():
    with pytest.raises(ValueError, match="two routes"):
        table(("GET", "/V1/a/:id"), ("GET", "/V1/a/:name"))


@pytest.mark.parametrize("name, snake", [("orderId", "order_id"), ("id", "id"), ("parent_id", "parent_id")])
def test_variables_are_found_in_snake_case(name, snake):
    assert snake_case(name) == snake


def test_the_whole_table_is_unambiguous_and_every_route_has_an_owner():
    RouteTable(ROUTES)
    for route in ROUTES:
        assert route.path.startswith(("/V1/", "/schema")), route
        assert inspect.iscoroutinefunction(route.handler), route
        assert route.resources, route
        assert all(name in {"anonymous", "self"} or "::" in name for name in route.resources), route


def test_every_typed_path_variable_is_a_variable_of_its_path():
    for route in ROUTES:
        names = {snake_case(name) for name in route.variables}
        assert len(names) == len(route.variables), route
