"""Signed requests on the wire: what they may do, what is said of the others, and never a 500."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.access import integration
from counterfoil.access.access import Access
from counterfoil.access.integration import OAuthCredentials
from counterfoil.access.oauth_secrets import KeyFile
from counterfoil.access.role import Grant
from counterfoil.access.signed_request import REQUIRED
from counterfoil.clock import Clock
from counterfoil.dialects.adobe import oauth as wire
from counterfoil.dialects.adobe import sales_routes, store_routes
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Settings, Shop
from tests import oauth
from tests.unit.dialects.adobe.asgi import Answer, Client

HOST = "127.0.0.1:8080"
OUTSIDE = "https://shop.example.com/books"
ORDERS = "/rest/V1/orders?searchCriteria="
OPEN = "/rest/V1/directory/currency"
STORES = "/rest/V1/store/websites"


class Signing:
    """A client that signs its requests to the service in the test."""

    def __init__(self, client: Client, keys: oauth.Keys) -> None:
        self.client, self.keys = client, keys

    async def ask(
        self, url: str = ORDERS, *, method="GET", to=f"http://{HOST}", host=HOST, **how: Any
    ) -> Answer:
        header = oauth.header(self.keys, method, to + url, **how)
        return await self.client.ask(method, url, authorization=header, host=host, token=None)


@pytest.fixture
async def signing(ledger, tmp_path) -> Signing:
    key_file = KeyFile(str(tmp_path / "oauth-key"))
    created = await integration.create_oauth(
        ledger,
        name="erp",
        dialect="adobe",
        grant=Grant(None, ("Magento_Sales::actions_view",)),
        key_file=key_file,
    )
    assert isinstance(created, OAuthCredentials)
    access = Access(ledger, key_file=key_file)
    shop = Shop(ledger=ledger, clock=Clock(), access=access, settings=Settings(base_url=f"{OUTSIDE}/"))
    client = Client(App(shop, (*sales_routes.ROUTES, *store_routes.ROUTES)))
    return Signing(client, msgspec.to_builtins(created))


async def test_a_signed_request_may_what_its_key_may(signing):
    assert (await signing.ask(ORDERS)).status == 200
    refused = await signing.ask(STORES)
    assert (refused.status, refused.json["parameters"]) == (401, {"resources": "Magento_Backend::store"})


@pytest.mark.parametrize(
    "query",
    [
        "searchCriteria",
        "searchCriteria[filter_groups][0][filters][0][field]=status&searchCriteria[pageSize]=1",
        "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=status",
        "searchCriteria[pageSize]=1&fields=items[entity_id,status],total_count",
        "searchCriteria=&a=1&a=2&a=%C3%A9%20%2B%26%3D!*'()~",
        "searchCriteria=&created=2026-01-01+10:00:00",
    ],
)
async def test_the_query_is_part_of_what_is_signed(signing, query):
    assert (await signing.ask(f"/rest/V1/orders?{query}")).status == 200


async def test_a_plus_may_have_been_signed_as_itself(signing):
    """As clients do that decode a query without the rules of forms; the platform does the same."""
    sent = "/rest/V1/orders?searchCriteria=&created=1+2"
    header = oauth.header(signing.keys, "GET", f"http://{HOST}{sent.replace('+', '%2B')}")
    assert (await signing.client.get(sent, authorization=header, host=HOST, token=None)).status == 200


async def test_behind_a_proxy_the_outer_address_is_what_was_signed(signing):
    assert (await signing.ask(to=OUTSIDE)).status == 200
    assert (await signing.ask(to=OUTSIDE, host="10.0.0.7:8080")).status == 200
    assert (await signing.ask(to="http://10.0.0.7:8080", host="10.0.0.7:8080")).status == 200
    assert (await signing.ask(to="https://elsewhere.example.com")).status == 401


async def test_a_host_header_cannot_hide_the_path(signing):
    header = oauth.header(signing.keys, "GET", f"http://{HOST}/rest/V1/orders/1")
    for host in (f"{HOST}/rest/V1/orders/1?", f"{HOST}/rest/V1/orders/1#", f"user@{HOST}", ""):
        answer = await signing.client.get("/rest/V1/orders/2", authorization=header, host=host, token=None)
        assert answer.message == "The signature is invalid. Verify and try again."


async def test_a_signature_is_for_one_request(signing):
    header = oauth.header(signing.keys, "GET", f"http://{HOST}{ORDERS}")
    assert (await signing.client.get(ORDERS, authorization=header, host=HOST, token=None)).status == 200

    again = await signing.client.get(ORDERS, authorization=header, host=HOST, token=None)
    assert (again.status, again.json) == (
        401,
        {"message": "The nonce is already being used by the consumer with ID %1", "parameters": [1]},
    )


@pytest.mark.parametrize(
    "how, status, message, parameters",
    [
        ({"signature_method": "HMAC-SHA1"}, 400, "Signature method %1 is not supported", ["HMAC-SHA1"]),
        ({"signature_method": "PLAINTEXT"}, 400, "Signature method %1 is not supported", ["PLAINTEXT"]),
        ({"version": "2.0"}, 400, 'The "%1" Oauth version isn\'t supported.', ["2.0"]),
        ({"token": "short"}, 400, "The token length is invalid. Check the length and try again.", None),
        ({"consumer_key": "short"}, 401, "Consumer key is not the correct length", None),
        ({"consumer_key": "x" * 32}, 401, "A consumer having the specified key does not exist", None),
        ({"token": "x" * 32}, 401, "Specified token does not exist", None),
        ({"timestamp": 0}, 401, "Incorrect timestamp value in the oauth_timestamp parameter", None),
        (
            {"timestamp": int(time.time()) + 4000},
            401,
            "Incorrect timestamp value in the oauth_timestamp parameter",
            None,
        ),
        (
            {"tampered": {"oauth_nonce": "another"}},
            401,
            "The signature is invalid. Verify and try again.",
            None,
        ),
    ],
)
async def test_what_is_wrong_is_said_as_the_platform_says_it(signing, how, status, message, parameters):
    answer = await signing.ask(**how)
    assert (answer.status, answer.message, answer.json.get("parameters")) == (status, message, parameters)


async def test_missing_parameters_are_named(signing):
    one = await signing.ask(without=("oauth_nonce",))
    assert one.status == 400
    assert one.json == {
        "message": '"%fieldName" is required. Enter and try again.',
        "parameters": {"fieldName": "oauth_nonce"},
    }
    several = await signing.ask(without=("oauth_nonce", "oauth_token"))
    assert several.message == "One or more input exceptions have occurred."
    assert [entry["parameters"]["fieldName"] for entry in several.json["errors"]] == [
        "oauth_nonce",
        "oauth_token",
    ]


async def test_the_version_may_be_left_out(signing):
    assert (await signing.ask(without=("oauth_version",))).status == 200


async def test_a_parameter_is_sent_once(signing):
    header = oauth.header(signing.keys, "GET", f"http://{HOST}{ORDERS}")
    twice = await signing.client.get(
        ORDERS, authorization=f'{header}, oauth_nonce="1"', host=HOST, token=None
    )
    assert (twice.status, twice.json["parameters"]) == (400, ["oauth_nonce"])
    assert (await signing.ask(f"{ORDERS}&oauth_nonce=1")).status == 400


async def test_a_bad_signature_is_refused_where_anybody_may_ask(signing):
    """It is not taken for a guest's request: whoever signs wants to be known."""
    assert (await signing.ask(OPEN)).status == 200
    assert (await signing.ask(OPEN, tampered={"oauth_nonce": "x"})).status == 401


@pytest.mark.parametrize("form", ["OAuth %s", "oauth %s", "  OAUTH   %s", 'OAuth realm="http://x/, y", %s'])
async def test_the_scheme_is_written_as_one_likes(signing, form):
    listed = oauth.header(signing.keys, "GET", f"http://{HOST}{ORDERS}").removeprefix("OAuth ")
    answer = await signing.client.get(ORDERS, authorization=form % listed, host=HOST, token=None)
    assert answer.status == 200


async def test_a_header_that_is_too_long_is_refused(signing):
    answer = await signing.client.get(ORDERS, authorization="OAuth " + "a" * 4096, host=HOST, token=None)
    assert (answer.status, answer.json["parameters"]) == (400, [wire.MAX_LENGTH])


rubbish = st.text(st.characters(max_codepoint=255), max_size=200)
names = st.sampled_from(["oauth_version", "realm", "x", "", *REQUIRED])


@settings(max_examples=300, deadline=None)
@given(rubbish)
def test_any_header_can_be_read(text):
    found = wire.parameters(text.encode("latin-1"))
    assert all(isinstance(part, str) for pair in found for part in pair)


def bare(header: str) -> str:
    """Return a header without what means nothing in it."""
    return header.translate({ord(character): None for character in ' ",'})


async def test_rubbish_never_gets_a_500_and_is_never_let_in(signing):
    cases: list[str] = []

    @settings(max_examples=200, database=None)
    @given(st.lists(st.tuples(names, rubbish), max_size=9), rubbish)
    def collect(parts, tail):
        cases.append("OAuth " + ",".join(f'{name}="{value}"' for name, value in parts) + tail)

    collect()
    good = oauth.header(signing.keys, "GET", f"http://{HOST}{ORDERS}")
    for number in range(0, len(good), 3):
        cases += [
            good[:number],
            good[:number] + "%ff\xe9" + good[number:],
            good[:number] + good[number + 1 :],
        ]
    for header in cases:
        for url in (ORDERS, "/rest/V1/orders?a=%FF", "/rest/V1/orders?a=%ED%A0%80"):
            answer = await signing.client.get(url, authorization=header, host=HOST, token=None)
            if bare(header) != bare(good):
                assert answer.status in {400, 401}, (header, answer)
