"""Every operation that the schema describes is sent what the schema allows, and what it does not.

Schemathesis makes the requests from the document that the service itself answers; most of the ids in their
paths are put right, so that they get past 404.
"""

import random
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.faults.fuzzing import SEED, SHARE_S, Looking, Report, World
from tests.servers import assert_books_are_clean, serving
from tests.shop import Shop
from tests.wire import Answer

EXAMPLES = 3
"""Requests to one operation before it is the next one's turn."""

RIGHT_IDS = 0.85
GUESTS = 0.25
PATIENT = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def described(shop: Shop, token: str) -> list[Any]:
    """Return the operations that the service describes to one who has this token."""
    answer = shop.connection.ask("GET", "/rest/all/schema", token=token)
    assert answer.status == 200, answer
    schema = schemathesis.openapi.from_dict(answer.json)
    schema.validate()
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def customer_token(shop: Shop) -> str:
    """Create a customer with a cart, and return a token of that customer."""
    password = "Passw0rd!customer"
    customer = {"email": "cust@example.com", "firstname": "Cust", "lastname": "Omer"}
    shop.must("POST", "/rest/V1/customers", {"customer": customer, "password": password})
    who = {"username": "cust@example.com", "password": password}
    token: str = shop.must("POST", "/rest/V1/integration/customer/token", who)
    assert shop.connection.ask("POST", "/rest/V1/carts/mine", token=token).status == 200
    return token


class Fuzz:
    """Sends requests made of one document to one service."""

    def __init__(self, shop: Shop, database_url: str) -> None:
        self._chance = random.Random(SEED)
        self._url = f"http://127.0.0.1:{shop.port}/rest/all"
        self._session = requests.Session()
        self._session.trust_env = False
        self._world = World(shop)
        self.report = Report("schema")
        self._looking = Looking(self.report, database_url, self._chance)
        self._tokens: dict[str, str] = {}
        """Whose turn an operation is, by its name: the first of all who are told about it."""

        self.operations: list[Any] = []
        for token in (shop.token, customer_token(shop)):
            self.operations += [found for found in described(shop, token) if found.label not in self._tokens]
            self._tokens |= {
                found.label: token for found in self.operations if found.label not in self._tokens
            }

    def run(self) -> None:
        """Ask every operation a few times, and all over again until the time is over."""
        for turn in count(SEED * 1000):
            mode = GenerationMode.POSITIVE if turn % 2 == 0 else GenerationMode.NEGATIVE
            self._chance.shuffle(self.operations)
            for operation in self.operations:
                if self.report.is_over():
                    return
                self._ask_about(operation, mode, turn)

    def _ask_about(self, operation: Any, mode: GenerationMode, turn: int) -> None:
        @seed(turn)
        @PATIENT
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            if not self.report.is_over():
                self._ask(case)

        # Nothing can be wrong about an operation without arguments.
        with suppress(Unsatisfiable, SkipTest, pytest.skip.Exception):
            ask()

    def _ask(self, case: Case) -> None:
        if case.method == "DELETE" and "sku" in case.path:
            case.path_parameters = dict.fromkeys(case.path_parameters, "NEW-1")
        for name in case.path_parameters if case.method != "DELETE" else ():
            if self._chance.random() < RIGHT_IDS:
                case.path_parameters[name] = self._chance.choice(self._world.ids(case.path, name))
        if self._chance.random() > GUESTS:
            case.headers["Authorization"] = f"Bearer {self._tokens[case.operation.label]}"
        arguments = case.as_transport_kwargs(base_url=self._url)
        sent = f"{arguments}"
        before = self._looking.before(case.path)
        try:
            reply = self._session.request(timeout=30, **arguments)
        except requests.exceptions.InvalidHeader:
            return  # the client library would not send it
        lines = {name.lower(): value for name, value in reply.headers.items()}
        answer = Answer(reply.status_code, lines, reply.content)
        self.report.note(f"{case.method} {case.path}", sent, answer)
        self._looking.after(before, sent, answer)


@pytest.mark.timeout(int(SHARE_S) + 120)
def test_no_request_that_the_schema_leads_to_breaks_anything(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        fuzz = Fuzz(shop, database_url)
        fuzz.run()
        shop.close()
        fuzz.report.assert_good()
    assert_books_are_clean(database_url)
