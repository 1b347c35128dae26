"""The schema says what the route table says, about what the caller may use."""

import asyncio
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Settings, Shop
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route, snake_case
from counterfoil.dialects.adobe.routes import ROUTES, SERVICES
from counterfoil.dialects.adobe.schema_services import service_of
from counterfoil.dialects.adobe.wire import DataObject, ListOf, Param
from tests.unit.dialects.adobe.asgi import Client, FakeAccess

DESCRIBED = pytest.mark.parametrize(
    "route", [route for route in SERVICES if route.resources != SELF], ids=lambda route: route.path
)


def client_without_books() -> Client:
    settings = Settings("https://shop.example:8443/", stores={"default": 1, "fr": 2})
    nothing: Any = None
    access: Any = FakeAccess()
    return Client(App(Shop(nothing, Clock(), access, settings), ROUTES))


@pytest.fixture
def client():
    """A client of all routes of a shop that has no books."""
    return client_without_books()


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """All that an administrator may use."""
    document: dict[str, Any] = asyncio.run(client_without_books().get("/rest/all/schema?services=all")).json
    return document


def operation(document: dict[str, Any], route: Route) -> dict[str, Any]:
    path = re.sub(r":(\w+)", r"{\1}", route.path)
    found: dict[str, Any] = document["paths"][path][route.method.lower()]
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"\{(\w+)\}", r":\1", path)


def is_described(param: Param, route: Route, described: list[dict[str, Any]]) -> bool:
    if param.name in {snake_case(name) for name in route.variables}:
        return any(snake_case(one["name"]) == param.name and one["in"] == "path" for one in described)
    if route.method in {"POST", "PUT"}:
        (body,) = (one["schema"] for one in described if one["in"] == "body")
        return param.wire_name in body["properties"]
    return any(re.split(r"[\[]", one["name"])[0] == param.wire_name for one in described)


@DESCRIBED
def test_every_operation_is_there_with_every_argument(whole, route):
    found = operation(whole, route)
    assert [param.name for param in route.params if not is_described(param, route, found["parameters"])] == []
    in_path = [one["name"] for one in found["parameters"] if one["in"] == "path"]
    assert in_path == list(route.variables)
    assert found["tags"] == [service_of(route)]


def test_there_is_no_operation_but_those_of_the_routes(whole):
    routes = {(route.method, route.path) for route in SERVICES if route.resources != SELF}
    assert set(operations(whole)) == routes


def test_every_field_of_every_object_is_there(whole):
    by_fields = {frozenset(one.get("properties", ())) for one in whole["definitions"].values()}
    waiting = [param.type for route in SERVICES for param in route.params if route.resources != SELF]
    waiting = [kind for kind in waiting if kind.name != "SearchCriteria"]
    seen: list[DataObject] = []
    while waiting:
        kind: Any = waiting.pop()
        kind = getattr(kind, "shape", kind)
        if isinstance(kind, ListOf):
            waiting.append(kind.item)
        elif isinstance(kind, DataObject) and not any(kind is one for one in seen):
            seen.append(kind)
            assert frozenset((*kind.fields, *kind.read_only)) in by_fields, kind.name
            waiting.extend(kind.fields.values())
    assert len(seen) > 20


def test_it_is_valid_swagger(whole):
    schemathesis.openapi.from_dict(whole).validate()
    ids = [one["operationId"] for methods in whole["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))
    text = json.dumps(whole)
    assert set(re.findall(r'"#/definitions/([^"]+)"', text)) <= whole["definitions"].keys()


async def test_a_search_is_described_field_by_field(whole):
    (orders,) = (route for route in SERVICES if (route.method, route.path) == ("GET", "/V1/orders"))
    fields = {one["name"]: one["type"] for one in operation(whole, orders)["parameters"]}
    assert fields == {
        "searchCriteria[filterGroups][0][filters][0][field]": "string",
        "searchCriteria[filterGroups][0][filters][0][value]": "string",
        "searchCriteria[filterGroups][0][filters][0][conditionType]": "string",
        "searchCriteria[sortOrders][0][field]": "string",
        "searchCriteria[sortOrders][0][direction]": "string",
        "searchCriteria[pageSize]": "integer",
        "searchCriteria[currentPage]": "integer",
    }


async def test_the_address_is_that_of_the_request(client):
    for path, base_path in (
        ("/rest/schema", "/rest/default"),
        ("/rest/default/schema", "/rest/default"),
        ("/rest/fr/schema", "/rest/fr"),
        ("/rest/all/schema", "/rest/all"),
    ):
        document = (await client.get(path)).json
        assert (document["schemes"], document["host"]) == (["https"], "shop.example:8443")
        assert document["basePath"] == base_path


@pytest.mark.parametrize(
    "token, may",
    [
        (None, {ANONYMOUS}),
        ("customer", {ANONYMOUS, SELF}),
        ("viewer", {ANONYMOUS, ("Magento_Sales::actions_view",)}),
    ],
)
async def test_the_caller_sees_what_the_caller_may_use(client, token, may):
    document = (await client.get("/rest/all/schema", token=token)).json
    assert set(operations(document)) == {
        (route.method, route.path) for route in SERVICES if route.resources in may
    }


async def test_who_may_only_look_sees_what_reads(client):
    document = (await client.get("/rest/all/schema", token="reader")).json
    writes = {path for method, path in operations(document) if method != "GET"}
    assert writes == {
        route.path for route in SERVICES if route.resources == ANONYMOUS and route.method != "GET"
    }


async def test_services_choose(client):
    answer = await client.get("/rest/all/schema?services=salesInvoiceOrderV1,taxTaxClassRepositoryV1")
    assert {tag["name"] for tag in answer.json["tags"]} == {"salesInvoiceOrderV1", "taxTaxClassRepositoryV1"}
    assert not any("bundle" in name for name in answer.json["definitions"])
    for services, message in (
        ("noSuchV1", 'Requested service is not available: "%1"'),
        ("salesInvoiceOrder", "Incorrect format of the requested services."),
        ("allV1,", "Incorrect format of the requested services."),
    ):
        refused = await client.get(f"/rest/all/schema?services={services}")
        assert (refused.status, refused.message) == (400, message)


async def test_it_is_json_for_everybody_and_small_on_the_wire(client):
    answer = await client.get("/rest/all/schema", accept="application/xml", accept_encoding="gzip")
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.content) < 30_000
    assert json.loads(gzip.decompress(answer.content))["swagger"] == "2.0"
