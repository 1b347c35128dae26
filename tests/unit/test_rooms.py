"""The import contract of `tools/rooms.py`, on small made-up packages."""

import pytest
from grimp import ImportGraph

from tools.rooms import Offence, RoomsContract

LINES = [
    "app.domain -> msgspec, !time",
    "app.ledger -> app.domain",
    "app.storage -> app.domain, app.ledger.ports",
    "app.dialects -> app.ledger",
    "app.dialects.adobe -> app.dialects, app.ledger",
    "app.dialects.vtex -> app.dialects, app.ledger",
    "app.lab -> *",
    "app.lab.checker ->",
    "app.main -> *",
]


def offences(*imports: tuple[str, str]) -> list[tuple[str, str | None]]:
    graph = ImportGraph()
    graph.add_module("app")
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="import …")
    contract = RoomsContract(
        name="rooms", session_options={"root_packages": ["app"]}, contract_options={"rooms": LINES}
    )
    found: list[Offence] = (contract.check(graph, verbose=False).metadata or {})["offences"]
    return [(offence.importer, offence.imported) for offence in found]


@pytest.mark.parametrize(
    "importer,imported",
    [
        ("app.domain.order", "msgspec"),
        ("app.domain.order", "enum"),
        ("app.domain.order", "app.domain.money"),
        ("app.ledger.execute", "app"),
        ("app.storage.sqlite", "app.ledger.ports"),
        ("app.dialects.adobe.routes", "app.dialects.http"),
        ("app.main", "app.storage.sqlite"),
        ("app.lab.bench", "uvicorn"),
    ],
)
def test_what_a_line_allows_is_kept(importer: str, imported: str) -> None:
    assert offences((importer, imported)) == []


@pytest.mark.parametrize(
    "importer,imported",
    [
        ("app.domain.order", "apsw"),
        ("app.domain.order", "time"),
        ("app.domain", "time"),
        ("app.domain.order", "app.ledger.ports"),
        ("app.ledger.execute", "app.storage.sqlite"),
        ("app.ledger.execute", "app.main"),
        ("app.storage.sqlite", "app.ledger.execute"),
        ("app.dialects.adobe.routes", "app.dialects.vtex.wire"),
        ("app.lab.checker.judge", "app.domain.order"),
        ("app.lab.checker.judge", "app.lab.bench"),
        ("app.lab.checker.judge", "msgspec"),
    ],
)
def test_what_no_line_allows_is_found(importer: str, imported: str) -> None:
    assert offences((importer, imported)) == [(importer, imported)]


def test_a_module_without_a_room_is_found() -> None:
    assert offences(("app.helpers", "enum")) == [("app.helpers", None)]
