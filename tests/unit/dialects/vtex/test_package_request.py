"""What clients say of packages, as it is and as it should be (contract vtex §3.3 to §3.6)."""

import pytest

from counterfoil.dialects.vtex import package_request
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.wanted import WantedLine

CLASSIC = {
    "type": "Output",
    "issuanceDate": "2024-01-31T10:00:00",
    "invoiceNumber": "NFe-000001",
    "invoiceValue": "2499",
    "items": [{"id": "RED", "price": 1250, "quantity": 2, "description": "A shirt"}],
}
DOCUMENT = {
    "type": "Output",
    "issuedDate": "2024-01-31",
    "invoiceNumber": "NFe-000001",
    "invoiceValue": 2499,
    "items": [{"itemIndex": 0, "price": 2500, "quantity": 2}],
}


def classic(**fields):
    return package_request.invoice({**CLASSIC, **fields}, by_index=False)


def document(**fields):
    return package_request.invoice({**DOCUMENT, **fields}, by_index=True)


def refused(read, **fields) -> str:
    with pytest.raises(VtexError) as caught:
        read(**fields)
    assert caught.value.status == 400
    return next(iter(caught.value.fields or {}))


def test_the_classic_route_names_lines_by_sku_and_gives_the_price_of_one():
    command = classic()
    assert isinstance(command, RegisterInvoice)
    assert (command.number, command.value) == ("NFe-000001", 249_900)
    assert command.lines == (WantedLine(20_000, sku="RED", price=125_000, description="A shirt"),)
    assert command.given == {"issuanceDate": "2024-01-31T10:00:00.0000000+00:00"}


def test_the_document_route_names_lines_by_place_and_gives_the_price_of_the_line():
    command = document()
    assert command.lines == (WantedLine(20_000, index=0, price=125_000),)
    assert command.given == {"issuanceDate": "2024-01-31T00:00:00.0000000+00:00"}


@pytest.mark.parametrize("kind", ["input", "Input", " INPUT "])
def test_types_are_read_in_any_case(kind):
    assert isinstance(classic(type=kind), RegisterReturn)


@pytest.mark.parametrize("value", [2499, "2499"])
def test_values_are_whole_cents_as_number_or_text_on_both_routes(value):
    assert classic(invoiceValue=value).value == document(invoiceValue=value).value == 249_900


@pytest.mark.parametrize("items", [None, []])
def test_without_items_nothing_is_said_of_them(items):
    assert classic(items=items).lines == ()


def test_names_are_read_in_any_case_and_unknown_ones_left_out():
    command = package_request.invoice(
        {name.upper(): value for name, value in CLASSIC.items()}, by_index=False
    )
    assert command.number == "NFe-000001"
    assert classic(axios="x", url="/").given == classic().given


def test_what_else_is_said_is_kept_under_the_platforms_names():
    said = {
        "courier": "UPS",
        "trackingNumber": 12345,
        "trackingUrl": None,
        "invoiceKey": "",
        "embeddedInvoice": "<xml/>",
        "dispatchedDate": "2024-02-01T00:00:00-03:00",
        "volumes": 2,
        "extraValue": "10",
        "cfop": "5102",
        "EnableInferItems": "true",
    }
    given = classic(**said).given
    assert given["trackingNumber"] == "12345"
    assert given["dispatchedDate"] == "2024-02-01T03:00:00.0000000+00:00"
    assert (given["volumes"], given["extraValue"], given["EnableInferItems"]) == (2, 10, True)
    assert given["invoiceKey"] == ""
    assert "trackingUrl" not in given


@pytest.mark.parametrize("number", [" 12 ", 12, "12"])
def test_a_number_is_kept_without_white_space_around_it(number):
    assert classic(invoiceNumber=number).number == "12"
    assert package_request.number_of("12 ") == "12"


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"type": None}, "Type"),
        ({"type": "Refund"}, "Type"),
        ({"issuanceDate": None}, "IssuanceDate"),
        ({"issuanceDate": "yesterday"}, "IssuanceDate"),
        ({"invoiceNumber": None}, "InvoiceNumber"),
        ({"invoiceNumber": "  "}, "InvoiceNumber"),
        ({"invoiceNumber": "x" * 256}, "InvoiceNumber"),
        ({"invoiceNumber": {}}, "InvoiceNumber"),
        ({"invoiceValue": None}, "InvoiceValue"),
        ({"invoiceValue": 0}, "InvoiceValue"),
        ({"invoiceValue": -1}, "InvoiceValue"),
        ({"invoiceValue": "24.99"}, "InvoiceValue"),
        ({"items": {}}, "Items"),
        ({"items": ["RED"]}, "Items[0]"),
        ({"items": [{"id": "RED", "quantity": 0}]}, "Items[0].quantity"),
        ({"items": [{"id": "RED"}]}, "Items[0].quantity"),
        ({"items": [{"quantity": 1}]}, "Items[0].id"),
        ({"items": [{"id": "RED", "quantity": 1, "price": -1}]}, "Items[0].price"),
        ({"items": [{"id": "RED", "quantity": 1}] * 10_001}, "Items"),
        ({"courier": []}, "Courier"),
        ({"dispatchedDate": "soon"}, "DispatchedDate"),
        ({"volumes": -1}, "Volumes"),
        ({"EnableInferItems": "perhaps"}, "EnableInferItems"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_name_of_its_field(fields, field):
    assert refused(classic, **fields) == field


def test_a_line_of_the_document_route_needs_its_place():
    assert refused(document, items=[{"id": "RED", "quantity": 1}]) == "Items[0].itemIndex"


def test_either_name_of_the_date_is_taken_on_both_routes():
    assert classic(issuanceDate=None, issuedDate="2024-01-31").given["issuanceDate"].startswith("2024-01-31T")
    assert refused(document, issuedDate=None) == "IssuedDate"


def test_a_patch_tells_what_it_holds_and_no_more():
    sent = {**CLASSIC, "trackingNumber": "1Z", "trackingUrl": None, "Courier": "UPS", "dispatchedDate": ""}
    assert package_request.details(sent) == {"trackingNumber": "1Z", "courier": "UPS"}
    assert package_request.details({}) == {}


def test_a_couriers_entries_are_kept_as_the_platform_shows_them():
    sent = {
        "isDelivered": False,
        "deliveredDate": None,
        "events": [{"city": "Rio", "state": "RJ", "description": "Coletado", "date": "2015-06-23"}],
    }
    courier = package_request.courier(sent, "2024-01-01 00:00:00")
    assert (courier.finished, courier.delivered_date) == (False, None)
    assert courier.data == (
        {
            "lastChange": "2015-06-23T00:00:00.0000000+00:00",
            "city": "Rio",
            "state": "RJ",
            "description": "Coletado",
            "createDate": "2015-06-23T00:00:00.0000000+00:00",
        },
    )


def test_a_courier_may_say_as_little_as_that_something_happened():
    courier = package_request.courier({"events": [{"description": "x"}]}, "2024-01-01 00:00:00")
    assert courier.finished is None
    assert courier.data[0]["createDate"] == "2024-01-01T00:00:00.0000000+00:00"
    delivered = package_request.courier(
        {"isDelivered": True, "deliveredDate": "2024-01-02 13:30"}, "2024-01-01 00:00:00"
    )
    assert (delivered.finished, delivered.delivered_date) == (True, "2024-01-02T13:30:00.0000000+00:00")


@pytest.mark.parametrize("sent", [{"events": [{}] * 201}, {"events": ["x"]}, {"isDelivered": "maybe"}])
def test_what_a_courier_cannot_mean_is_refused(sent):
    with pytest.raises(VtexError):
        package_request.courier(sent, "2024-01-01 00:00:00")


def test_a_reason_is_optional():
    assert package_request.reason({}) == ("", False)
    assert package_request.reason({"reason": "x", "requestedByUser": "true"}) == ("x", True)
    with pytest.raises(VtexError):
        package_request.reason({"reason": []})
