"""Links and samples of downloadable products, from request to answer."""

import pytest

from tests.unit.dialects.adobe.shopkeeper import REST, open_client

PATH = f"{REST}/products/D/downloadable-links"
LINK = {"title": "Part 1", "price": 2, "link_type": "url", "link_url": "https://example.com/1"}
SAMPLE = {"title": "Look", "sample_type": "url", "sample_url": "https://example.com/s"}


@pytest.fixture
async def client(ledger):
    client = await open_client(ledger)
    extension = {
        "stock_item": {"qty": 10, "is_in_stock": True},
        "downloadable_product_links": [LINK],
        "downloadable_product_samples": [SAMPLE],
    }
    product = {
        "sku": "D",
        "name": "Song book",
        "type_id": "downloadable",
        "price": 5,
        "custom_attributes": {"links_purchased_separately": "1"},
        "extension_attributes": extension,
    }
    assert (await client.post(f"{REST}/products", {"product": product})).status == 200
    return client


async def test_links_and_samples_come_with_the_product(client):
    saved = (await client.get(f"{REST}/products/D")).json
    extension = saved["extension_attributes"]
    (link,), (sample,) = (extension[f"downloadable_product_{what}"] for what in ("links", "samples"))
    assert link == {"id": 1, "sort_order": 0, "is_shareable": 2, "number_of_downloads": 0} | LINK
    assert sample == {"id": 1, "sort_order": 0} | SAMPLE
    again = (await client.ask("PUT", f"{REST}/products/D", {"product": saved})).json
    assert again["extension_attributes"] == extension


async def test_links_and_samples_are_added_changed_and_deleted(client):
    for path, key, sent, all_path in (
        (PATH, "link", LINK, f"{REST}/products/downloadable-links"),
        (f"{PATH}/samples", "sample", SAMPLE, f"{REST}/products/downloadable-links/samples"),
    ):
        assert (await client.post(path, {key: sent | {"title": "More"}})).json == 2
        assert (await client.ask("PUT", f"{path}/2", {key: {"title": "Most"}})).json == 2
        assert [entry["title"] for entry in (await client.get(path)).json] == [sent["title"], "Most"]
        assert (await client.ask("DELETE", f"{all_path}/2")).json is True
        assert (await client.ask("DELETE", f"{all_path}/2")).status == 404
        assert (await client.ask("PUT", f"{path}/2", {key: {"title": "Most"}})).status == 404
        assert len((await client.get(path)).json) == 1


@pytest.mark.parametrize(
    "link",
    [
        {"title": ""},
        {"price": -1},
        {"is_shareable": 3},
        {"number_of_downloads": -1},
        {"link_type": "pigeon"},
        {"link_url": "x" * 300},
        {"link_file_content": {"file_data": "AA==", "name": "a"}},
    ],
)
async def test_what_no_link_can_be_is_refused(client, link):
    assert (await client.post(PATH, {"link": LINK | link})).status == 400
    assert len((await client.get(PATH)).json) == 1


async def test_other_products_have_no_links(client):
    await client.post(f"{REST}/products", {"product": {"sku": "S", "name": "S", "price": 1}})
    refused = await client.post(f"{REST}/products/S/downloadable-links", {"link": LINK})
    assert (
        refused.message == "The product needs to be the downloadable type. Verify the product and try again."
    )
    assert (await client.get(f"{REST}/products/S/downloadable-links")).json == []
    assert (await client.get(f"{REST}/products/NOPE/downloadable-links")).status == 404
