"""The checks themselves: what they find, and what they let pass."""

import copy
import json

import pytest

from tests.conformance.vtex import schemas
from tests.conformance.vtex.schemas import NotInSchema, faults

ORDER = "GET /api/oms/pvt/orders/{id}"

needs_schemas = pytest.mark.skipif(schemas.folder() is None, reason=schemas.missing())


@needs_schemas
def test_a_wrong_type_deep_in_a_document_is_found():
    assert faults(ORDER, 200, {"items": [{"quantity": 1}, {"quantity": "2"}]}) == [
        "items/1/quantity: '2' is not of type 'integer' (type)"
    ]


@needs_schemas
def test_null_passes_only_where_the_schema_says_so():
    assert not faults(ORDER, 200, {"cancelReason": None})
    assert faults(ORDER, 200, {"value": None})


@needs_schemas
def test_the_fifth_total_of_real_orders_passes_and_an_invented_one_does_not():
    assert not faults(ORDER, 200, {"totals": [{"id": "Change", "name": "", "value": 1}]})
    assert faults(ORDER, 200, {"totals": [{"id": "Extra", "name": "", "value": 1}]})


@needs_schemas
def test_an_answer_that_was_never_published_is_an_error_of_the_test():
    with pytest.raises(NotInSchema):
        faults("GET /api/oms/pvt/nothing", 200, {})


@needs_schemas
@pytest.mark.parametrize("name, route", [("order_oms", ORDER), ("list_orders", "GET /api/oms/pvt/orders")])
def test_whole_documents_pass(name, route):
    place = schemas.folder()
    assert place is not None
    example = place.parents[1] / "contracts/examples" / f"{name}.json"
    if not example.is_file():
        pytest.skip(f"{example} is not here")
    document = json.loads(example.read_text())
    assert not faults(route, 200, document)
    assert faults(route, 200, [copy.deepcopy(document)])
