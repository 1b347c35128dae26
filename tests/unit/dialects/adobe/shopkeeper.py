"""A shop that has been set up with the recorded requests, for tests of the catalogue's operations."""

import json
from contextlib import contextmanager
from typing import Any, cast

from counterfoil.access.access import Access
from counterfoil.access.identity import Identity
from counterfoil.checkout import fresh
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.ledger.ledger import Body, Ledger
from tests.shop import Colour, localised
from tests.unit.dialects.adobe.asgi import TOKENS, Client, FakeAccess
from tests.unit.dialects.adobe.recorded import exchange

REST = "/rest/V1"
COLOUR = Colour(93, 1, 2)
SETUP = (*range(6, 26), 569, 570, 571, 572)
INSIDE = "searchCriteria[filterGroups][0][filters][0]"


class HashingAccess(FakeAccess):
    async def hash_password(self, password: str) -> str:
        return f"hash of {len(password)} characters"


async def open_client(ledger: Ledger) -> Client:
    """Return a client of a fresh shop. That it is prepared twice must make no difference."""

    async def prepare(transaction):
        await fresh.prepare(transaction)
        return Body(b"true")

    await ledger.transact(prepare)
    await ledger.transact(prepare)
    access = cast("Access", HashingAccess())
    return Client(App(Shop(ledger=ledger, clock=Clock(), access=access), ROUTES))


async def add_colours(client: Client) -> list[str]:
    """Add the recorded options of the attribute color and return their ids."""
    added = []
    for label, sort_order in (("Red", 1), ("Blue", 2)):
        option = {"option": {"label": label, "sort_order": sort_order}}
        added.append((await client.post(f"{REST}/products/attributes/color/options", option)).json)
    return added


async def set_up(client: Client) -> Client:
    """Repeat the recorded set-up."""
    await add_colours(client)
    for number in SETUP:
        await repeat(client, number)
    return client


async def repeat(client: Client, number: int) -> Any:
    """Send a recorded request, expect the recorded status and return our answer's JSON."""
    recorded = exchange(number)
    sent = recorded["request"]
    body = localised(sent["body"], COLOUR)
    content = None if body is None else json.dumps(body, default=float).encode()
    token = "admin" if "Authorization" in sent["headers"] else None
    answer = await client.ask(sent["method"], sent["path"], content, token=token)
    assert answer.status == recorded["response"]["status"], (number, answer)
    return answer.json


def where(field: str, value: object, condition: str = "eq") -> str:
    """Return the query of a search."""
    return f"{INSIDE}[field]={field}&{INSIDE}[value]={value}&{INSIDE}[condition_type]={condition}"


def shape(value: Any) -> Any:
    """Return what a client's code depends on: keys and types. Attribute values are keyed by code."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict) and "attribute_code" in value[0]:
        return {part["attribute_code"]: shape(part["value"]) for part in value}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__ if isinstance(value, bool | str | None) else "number"


@contextmanager
def signed_in(customer_id: int):
    """Let the token ``me`` be this customer's."""
    TOKENS["me"] = Identity("customer", customer_id, "cust@example.com")
    try:
        yield "me"
    finally:
        del TOKENS["me"]
