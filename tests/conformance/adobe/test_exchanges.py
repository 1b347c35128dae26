"""The recorded exchanges of a real Magento, replayed against Counterfoil on both engines.

They are sent in their order to one fresh service; every exchange is a test of its own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.adobe import differences
from tests.conformance.adobe.compare import Found
from tests.conformance.adobe.replay import Replay, recorded_exchanges
from tests.servers import Server, create_user, serving

EXCHANGES = recorded_exchanges()
INSTEAD = {number: instead for instead in differences.INSTEAD for number in instead.exchanges}
COMPARED = [number for number in EXCHANGES if number not in INSTEAD]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "adobe-differences.md"

Outcome = tuple[list[Found], str]


def name_of(number: int) -> str:
    return f"{number:03}-{EXCHANGES[number]['name']}"


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that clients reach where they reached the recorded one."""
    environment = {"COUNTERFOIL_BASE_URL": "http://127.0.0.1:8080/"}
    logs = tmp_path_factory.mktemp("logs")
    with serving(module_database_url, logs, environment=environment) as (one,):
        yield one


@pytest.fixture(scope="module")
def outcomes(server: Server) -> Iterator[dict[int, Outcome | Exception]]:
    """What came of every exchange: the differences, and the answer as text."""
    replay = Replay(server.port, create_user(server, "limited", resources=["Magento_Catalog::products"]))
    found: dict[int, Outcome | Exception] = {}
    for number, recorded in EXCHANGES.items():
        try:
            answer = replay.send(number, recorded)
            found[number] = (replay.compare(recorded, answer), f"{answer.status} {answer.body.decode()}")
        except (AssertionError, OSError, ValueError) as error:
            found[number] = error
    yield found
    replay.shop.close()
    replay.connection.close()


def outcome(outcomes: dict[int, Outcome | Exception], number: int) -> Outcome:
    found = outcomes[number]
    if isinstance(found, Exception):
        raise found
    return found


def is_meant(number: int, found: Found) -> bool:
    return any(
        number in difference.exchanges and re.fullmatch(difference.path, found.path)
        for difference in (*differences.DIFFERENCES, *differences.HISTORY)
    )


@pytest.mark.parametrize("number", COMPARED, ids=name_of)
def test_the_answer_is_as_recorded(outcomes: dict[int, Outcome | Exception], number: int) -> None:
    found, answer = outcome(outcomes, number)
    unmeant = [str(one) for one in found if not is_meant(number, one)]
    assert not unmeant, "\n" + "\n".join(unmeant[:20]) + "\n" + answer[:2000]


@pytest.mark.parametrize("number", sorted(INSTEAD), ids=name_of)
def test_where_we_differ_on_purpose_the_answer_is_ours(
    outcomes: dict[int, Outcome | Exception], number: int
) -> None:
    _, answer = outcome(outcomes, number)
    status, _, body = answer.partition(" ")
    assert (int(status), _read(body)) == (INSTEAD[number].status, INSTEAD[number].body)


def test_every_difference_is_real(outcomes: dict[int, Outcome | Exception]) -> None:
    """An entry of the table that no answer needs any more has to go."""
    stale = [
        (difference.name, number)
        for difference in (*differences.DIFFERENCES, *differences.HISTORY)
        for number in difference.exchanges
        if isinstance(number, int)
        and not any(re.fullmatch(difference.path, found.path) for found in outcome(outcomes, number)[0])
    ]
    assert not stale


def test_every_difference_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = {entry.name for entry in differences.DIFFERENCES}
    named |= {entry.name for entry in differences.INSTEAD}
    headings = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    assert named - headings == set(), "explain it in docs/adobe-differences.md"


def test_every_exchange_is_accounted_for_once() -> None:
    listed = [*COMPARED, *INSTEAD]
    assert sorted(listed) == sorted(EXCHANGES)


def _read(body: str) -> Any:
    return json.loads(body) if body else None
