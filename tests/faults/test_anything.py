"""Every operation is sent anything: values of the right shape and of none, at random, from a fixed seed.

Whatever comes back, it is no 500, it is JSON, and the books are clean afterwards.
"""

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, STRING, DataObject, ListOf, Type
from tests.servers import assert_books_are_clean, serving
from tests.shop import Shop
from tests.wire import Answer, request

SEEDS = int(os.environ.get("COUNTERFOIL_FUZZ", "3"))
REQUESTS = 2000

STRINGS = [
    "",
    " ",
    "a" * 70_000,
    "\x00",
    "a\x00b",
    "é😀",
    "\ud800",
    "%s%n",
    "'; DROP TABLE orders; --",
    "-1",
    "1e9",
]
NUMBERS = [0, -1, 1, 2, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 0.5, -0.5, 1e-9, 1e15, 1e308]
SHAPES: list[Any] = [[], {}, [[]], [{}], {"": ""}, [None], {"extension_attributes": "x"}, {"a": {"b": []}}]
ODD: list[Any] = [None, True, False, *NUMBERS, *STRINGS, *SHAPES]
SENSIBLE: dict[str, list[Any]] = {
    "sku": ["S1", "S2", "CONF", "CONF-RED", "V1", "NEW-1"],
    "qty": [1, 2, 3],
    "country_id": ["US"],
    "region_id": [43],
    "type_id": ["simple", "configurable", "virtual"],
    "method": ["checkmo"],
    "shipping_carrier_code": ["flatrate"],
    "shipping_method_code": ["flatrate"],
    "attribute_set_id": [4],
    "attribute_code": ["color", "tax_class_id", "new_code"],
    "frontend_input": ["select", "text"],
    "tax_country_id": ["US"],
    "email": ["a@example.com", "b@example.com"],
    "password": ["Passw0rd!x"],
}
IDS = [1, 1, 2, 3, 4, 0, 999999]
WRITING = frozenset({"POST", "PUT"})


class Nonsense:
    """Makes requests that almost make sense."""

    def __init__(self, seed: int, masks: list[str]) -> None:
        self._chance = random.Random(seed)
        self._masks = masks

    def request(self, token: str) -> tuple[str, bytes]:
        """Return a request, and the same as text for the report."""
        route = self._chance.choice(ROUTES)
        path = self._path(route)
        if route.method == "GET" and self._chance.random() < 0.5:
            path += f"?searchCriteria[pageSize]={self._chance.choice([1, 5, 0, -1, 'x'])}"
        body = json.dumps(self._body(route)).encode() if route.method in WRITING else None
        headers = {"Content-Type": "application/json"}
        shown = f"{route.method} {path} {(body or b'')[:3000].decode()}"
        return shown, request(route.method, path, body, headers=headers, token=token)

    def _path(self, route: Route) -> str:
        if route.method == "DELETE" and ":sku" in route.path:
            return "/rest" + route.path.replace(":sku", "NEW-1").replace(":childSku", "NEW-1")
        parts = [self._variable(part) if part.startswith(":") else part for part in route.path.split("/")]
        return "/rest" + "/".join(parts)

    def _variable(self, name: str) -> str:
        if self._chance.random() < 0.1:
            return quote(str(self._chance.choice(["\x00", "é", "a b", "-1", "9" * 30, "%", "'"])), safe="")
        if "sku" in name.lower():
            return str(self._chance.choice(SENSIBLE["sku"]))
        if name == ":cartId":
            return self._chance.choice([*self._masks, "1", "2"])
        return str(self._chance.choice(IDS))

    def _body(self, route: Route) -> Any:
        if self._chance.random() < 0.05:
            return self._odd()
        return {param.wire_name: self._value(param.type, param.name) for param in route.params}

    def _value(self, kind: Type, name: str, depth: int = 0) -> Any:
        if self._chance.random() < 0.06 or depth > 6:
            return self._odd()
        if name in SENSIBLE and self._chance.random() < 0.85:
            return self._chance.choice(SENSIBLE[name])
        if isinstance(kind, DataObject):
            wanted = [
                key
                for key in kind.fields
                if key in kind.required or self._chance.random() < self._share(kind)
            ]
            return {key: self._value(kind.fields[key], key, depth + 1) for key in wanted}
        if isinstance(kind, ListOf):
            return [self._value(kind.item, name, depth + 1) for _ in range(self._chance.randrange(4))]
        return self._scalar(kind)

    def _share(self, kind: DataObject) -> float:
        """How many of the fields are sent: few, so that one odd one does not hide the others."""
        return min(1.0, 4 / len(kind.fields)) if kind.fields else 0

    def _scalar(self, kind: Type) -> Any:
        if kind is STRING:
            return self._chance.choice(["x", "abc", *STRINGS])
        if kind is INT:
            return self._chance.choice([1, 1, 2, 3, *NUMBERS])
        if kind is FLOAT:
            return self._chance.choice([1, 2.5, 10, *NUMBERS])
        if kind is BOOL:
            return self._chance.choice([True, False, "yes", 1])
        return self._odd()

    def _odd(self) -> Any:
        return self._chance.choice(ODD)


def is_bad(answer: Answer) -> bool:
    if answer.status >= 500:
        return True
    try:
        return answer.status != 200 and not answer.json["message"]
    except (ValueError, KeyError, TypeError):
        return True


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_operation_answers_500_to_anything(database_url: str, tmp_path: Path, seed: int) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        masks = [shop.cart([shop.item("S1", 1), shop.item("CONF-RED", 1)]) for _ in range(2)]
        shop.place([shop.item("S1", 2), shop.item("CONF-BLUE", 2)])
        nonsense = Nonsense(seed, masks)
        failures: list[str] = []
        statuses: Counter[int] = Counter()
        for _ in range(REQUESTS):
            shown, sent = nonsense.request(shop.token)
            shop.connection.send(sent)
            answer = shop.connection.receive()
            statuses[answer.status] += 1
            if is_bad(answer):
                failures.append(f"{shown}\n  -> {answer}")
        shop.close()
        assert not failures, "\n".join([f"{len(failures)} failures", *failures[:5]])
        assert statuses[200] > REQUESTS / 10, f"most of it is refused at the door: {statuses}"
    assert_books_are_clean(database_url)
