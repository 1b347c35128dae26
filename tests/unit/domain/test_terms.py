"""By which terms orders are found, and which of them come and go with events."""

import pytest
from msgspec.structs import replace

from counterfoil.domain import terms
from counterfoil.domain.order import OrderParticulars
from tests.drafts import draft, row


def an_order(**form):
    order = replace(
        draft(row("RED", 2000), row("BLUE", 3000, 2)),
        entity_id=7,
        created_at="2026-11-20 12:00:00",
        authorized_at="2026-11-20 12:01:00",
        qty_ordered=30_000,
    )
    if not form or order.particulars is None:
        return order
    return replace(order, particulars=replace(order.particulars, order_form=form))


def test_an_order_from_elsewhere_is_found_by_what_stands_for_the_platforms_data():
    found = terms.of_order(an_order())
    assert {
        "order:v500007cntf-01",
        "origin:marketplace",
        "channel:1",
        "seller:1",
        "sku:red",
        "sku:blue",
        "authorized:2026-11-20 12:01:00",
        "units:00000000000000030000",
    } <= found
    assert not any(one.startswith(("estimate:", "affiliate:", "invoiced:")) for one in found)


def test_an_order_of_a_client_is_found_by_what_the_client_gave():
    order = an_order(
        orderId="MKP-555",
        affiliateId="MKP",
        salesChannel="2",
        marketingData={"utmSource": "News", "marketingTags": ["vtex-instore"]},
        callCenterOperatorData={"userName": "Ana", "email": "ana@example.test"},
        paymentData={"payments": [{"paymentSystemName": "Visa", "id": "AB", "tid": "9"}]},
        clientProfileData={"firstName": "João", "lastName": "de Sá", "document": "123.456-7"},
        shippingData={"logisticsInfo": [{"shippingEstimate": "3bd"}, {"shippingEstimate": "24h"}]},
    )
    assert {
        *("order:mkp-555", "affiliate:mkp", "channel:2", "source:news", "in-store:true", "operator:ana"),
        *("operator:ana@example.test", "payment:visa", "payment-id:ab", "tid:9", "estimate:2026-11-23"),
        *("word:joao", "word:de", "word:sa", "word:123.456-7", "word:1234567", "word:456"),
    } <= terms.of_order(order)


@pytest.mark.parametrize(
    "text, term",
    [
        ("Taylor@Example.com", "word:taylor@example.com"),
        ("V500007CNTF-01", "order:v500007cntf-01"),
        ("v500007cntf", "order:v500007cntf-01"),
        ("500007", "order:v500007cntf-01"),
        ("123.456-7", "word:1234567"),
        ("JOÃO", "word:joao"),
    ],
)
def test_a_word_of_a_search_means_ids_numbers_and_names(text, term):
    [alternatives] = terms.asked_words(text)
    assert term in alternatives


def test_each_word_of_a_search_has_to_be_met():
    assert len(terms.asked_words("  João  de Sá ")) == 3
    assert terms.asked_words("  ") == []


def test_values_sort_as_texts():
    values = [0, 1, 99, 100, 12_345_678_900, 9 * 10**17]
    assert sorted(map(terms.total_term, values)) == [terms.total_term(value) for value in values]


def test_terms_follow_value_customer_rows_and_dates():
    before = an_order()
    assert terms.difference(before, replace(before, version=2, total_invoiced=5)) is None
    after = replace(
        before,
        total_canceled=100,
        total_gone=100,
        invoiced_at="2026-11-21 00:00:00",
        particulars=replace(before.particulars, customer_email="new@example.test"),
        items={**before.items, 9: replace(before.items[1], item_id=9, sku="GREEN")},
    )
    change = terms.difference(before, after)
    assert change is not None
    assert terms.total_term(before.grand_total) in change.gone
    assert {
        *(terms.total_term(before.grand_total - 100), "sku:green", "word:new@example.test"),
        "invoiced:2026-11-21 00:00:00",
    } <= change.new
    assert (
        terms.of_order(after) | terms.invoiced_term(after)
        == (terms.of_order(before) - change.gone) | change.new
    )


def test_particulars_that_were_not_loaded_stay():
    before = replace(an_order(), particulars=None, items={})
    change = terms.difference(before, replace(before, grand_total=before.grand_total + 100))
    assert change is not None
    assert {one.partition(":")[0] for one in change.gone | change.new} == {"total"}


def test_a_canceled_order_keeps_its_value():
    order = replace(an_order(), workflow_status="canceled", total_canceled=5)
    assert terms.shown_value(order) == order.grand_total


@pytest.mark.parametrize(
    "delivery, when",
    [
        ({"shippingEstimateDate": "2026-12-01T10:00:00.0000000-03:00"}, ["2026-12-01 13:00:00"]),
        ({"shippingEstimateDate": "2026-12-01"}, ["2026-12-01 00:00:00"]),
        ({"shippingEstimateDate": "soon"}, []),
        ({"shippingEstimate": "2d"}, ["2026-11-22 12:01:00"]),
        ({"shippingEstimate": "90m"}, ["2026-11-20 13:31:00"]),
        ({"shippingEstimate": "whenever"}, []),
        ({}, []),
    ],
)
def test_an_estimate_is_a_time_or_days_from_the_approval_on(delivery, when):
    assert terms.estimates(an_order(shippingData={"logisticsInfo": [delivery]})) == when


def test_no_term_is_longer_than_an_index_can_take():
    order = an_order(orderId="é" * 5000, clientProfileData={"firstName": "x" * 9000, "lastName": "y " * 5000})
    assert max(map(len, terms.of_order(order))) <= terms.LONGEST
    assert isinstance(order.particulars, OrderParticulars)
