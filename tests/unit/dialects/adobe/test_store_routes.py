"""What the shop is (contract adobe §3.3; recording 003)."""

import pytest

from counterfoil.checkout.directory import COUNTRIES
from counterfoil.dialects.adobe import countries
from tests.unit.dialects.adobe.recorded import body


async def test_the_settings_of_the_store_have_the_recorded_form(client):
    (ours,), (recorded,) = (await client.get("/rest/V1/store/storeConfigs")).json, body(3)
    assert list(ours) == list(recorded)
    same = [key for key in recorded if "static" not in key]
    assert {key: ours[key] for key in same} == {key: recorded[key] for key in same}


async def test_settings_of_named_stores_only(client):
    assert (await client.get("/rest/V1/store/storeConfigs?storeCodes[]=nosuch")).json == []
    assert len((await client.get("/rest/V1/store/storeConfigs?storeCodes[0]=default")).json) == 1


async def test_websites_groups_and_views(client):
    websites = (await client.get("/rest/V1/store/websites")).json
    groups = (await client.get("/rest/V1/store/storeGroups")).json
    views = (await client.get("/rest/V1/store/storeViews")).json
    assert [website["code"] for website in websites] == ["admin", "base"]
    assert {view["store_group_id"] for view in views} == {group["id"] for group in groups}
    assert [view["code"] for view in views] == ["admin", "default"]


@pytest.mark.parametrize("path", ["websites", "storeGroups", "storeViews", "storeConfigs"])
async def test_the_store_is_shown_to_those_who_may_see_it(client, path):
    answer = await client.get(f"/rest/V1/store/{path}", token=None)
    assert (answer.status, answer.json["parameters"]) == (401, {"resources": "Magento_Backend::store"})


async def test_countries_have_names_and_regions(client):
    found = {
        entry["id"]: entry for entry in (await client.get("/rest/V1/directory/countries", token=None)).json
    }
    assert set(found) == COUNTRIES
    assert {"id": "43", "code": "NY", "name": "New York"} in found["US"]["available_regions"]
    assert len(found["US"]["available_regions"]) == 65
    assert "available_regions" not in found["DE"]
    assert found["DE"]["three_letter_abbreviation"] == "DEU"


def test_every_country_has_three_letters_of_its_own():
    codes = {country.three_letters for country in countries.ALL.values()}
    assert len(codes) == len(countries.ALL)
    assert all(len(code) == 3 and code.isupper() for code in codes)


async def test_one_country(client):
    assert (await client.get("/rest/V1/directory/countries/US", token=None)).json[
        "full_name_english"
    ] == "United States"
    answer = await client.get("/rest/V1/directory/countries/XX", token=None)
    assert (answer.status, answer.message) == (404, "The country isn't available.")


async def test_the_currency(client):
    answer = (await client.get("/rest/V1/directory/currency", token=None)).json
    assert answer["available_currency_codes"] == ["USD"]
    assert answer["base_currency_symbol"] == "$"
