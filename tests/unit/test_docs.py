"""What the documentation says is true of the program: names, flags, paths, links, operations, limits."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from counterfoil import cli
from counterfoil.access.app_role import ALL as ALL_OF_VTEX
from counterfoil.access.app_role import APP_ROLES
from counterfoil.access.lockout import MAX_FAILURES
from counterfoil.access.role import ROLES
from counterfoil.checkout import cart, configurable
from counterfoil.checkout.given_order import MAX_ORDERS
from counterfoil.config import Settings
from counterfoil.dialects import idempotency, receiving
from counterfoil.dialects.adobe import accept, body, query, search, wire
from counterfoil.dialects.adobe.cart_family import ALL
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.dialects.vtex import money as vtex_money
from counterfoil.dialects.vtex import order_request, package_request, shape
from counterfoil.dialects.vtex import request as vtex_request
from counterfoil.dialects.vtex.order_routes import MOST_OF_GROUP
from counterfoil.dialects.vtex.routes import ROUTES as VTEX_ROUTES
from counterfoil.domain.package import MOST_COURIER_ENTRIES
from counterfoil.storage.columns import VIEWED
from counterfoil.storage.search import _LONGEST_VALUE, _MOST_VALUES

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "counterfoil"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
DECISIONS = ROOT / "docs" / "decisions"
VARIABLE = re.compile(r"COUNTERFOIL_[A-Z]+(?:_[A-Z]+)*")
CALL = re.compile(r"(?<!-u )\bcounterfoil ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?([^`|&;]*)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PATH = re.compile(r"[\w./-]+/[\w.-]*|[\w-]+\.(?:py|toml|md|sql)")
METHODS = {"GET", "POST", "PUT", "DELETE"}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(document: str) -> list[str]:
    return re.findall(r"^```[^\n]*\n(.*?)^```", document, re.MULTILINE | re.DOTALL)


def prose(document: str) -> str:
    return re.sub(r"^```.*?^```", "", document, flags=re.MULTILINE | re.DOTALL)


def spans(document: str) -> list[str]:
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(document))]


def code_lines(document: str) -> Iterator[str]:
    yield from spans(document)
    for block in blocks(document):
        yield from block.replace("\\\n", " ").splitlines()


def rows(document: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = [line for line in prose(document).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture(params=NAMES)
def document(request: pytest.FixtureRequest) -> str:
    """Each document's text in turn."""
    return text(request.param)


# ---------------------------------------------------------------- configuration


def setting_rows() -> dict[str, list[str]]:
    return {row[0].strip("`"): row for row in rows(text("README.md")) if row[0].startswith("`COUNTERFOIL_")}


def test_the_readme_has_every_setting_and_no_other() -> None:
    assert set(setting_rows()) == {f"COUNTERFOIL_{name.upper()}" for name in Settings.__struct_fields__}


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_flag_and_default_are_as_the_readme_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, flag, default, _ = setting_rows()[f"COUNTERFOIL_{name.upper()}"]
    known = FLAG.findall(help_of(("serve",), capsys))
    assert flag == (f"`--{name.replace('_', '-')}`" if f"--{name.replace('_', '-')}" in known else "")
    if getattr(Settings(), name) not in {None, ""}:
        assert default.split(" ")[0] == f"`{getattr(Settings(), name)}`"


@cache
def variables_of_the_code() -> frozenset[str]:
    found = {f"COUNTERFOIL_{name.upper()}" for name in Settings.__struct_fields__}
    for path in (*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")):
        if path != Path(__file__):
            found.update(re.findall(r'"(COUNTERFOIL_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    return frozenset(found)


def test_every_variable_that_is_named_exists(document: str) -> None:
    assert set(VARIABLE.findall(document)) - variables_of_the_code() == set()


# ---------------------------------------------------------------- commands


def help_of(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run([*command, "--help"]) == 0
    return capsys.readouterr().out


def calls(document: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every call of the program: the command, and the flags behind it."""
    for line in code_lines(document):
        for command, word, rest in CALL.findall(line):
            group = (command, word) if command in cli.GROUPS and word else (command,)
            yield group, set(FLAG.findall(rest))


def test_every_command_and_flag_that_is_named_exists(
    document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, flags in calls(document):
        assert command[0] in cli.COMMANDS, command
        assert flags <= set(FLAG.findall(help_of(command, capsys))), (command, flags)


def test_every_flag_that_stands_alone_exists(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"--help"}
    for command in ("serve", "doctor", "bench", "users create", "keys create"):
        known |= set(FLAG.findall(help_of(tuple(command.split()), capsys)))
    alone = {FLAG.findall(span)[0] for span in spans(document) if span.startswith("--") and FLAG.match(span)}
    assert alone <= known


def test_the_readme_has_every_command() -> None:
    named = {row[0].removeprefix("`counterfoil ").strip("`") for row in rows(text("README.md"))}
    assert set(cli.COMMANDS) <= named


def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {found for line in code_lines(document) for found in re.findall(r"^make ([a-z]+)", line)}
    assert named <= targets


# ---------------------------------------------------------------- paths, links, decisions


def test_every_path_in_architecture_exists() -> None:
    named = {span for span in spans(text("ARCHITECTURE.md")) if PATH.fullmatch(span)}
    assert len(named) > 50
    missing = {path for path in named if not (ROOT / path).exists() and not (SOURCE / path).exists()}
    assert missing == set()


def test_every_room_is_in_architecture() -> None:
    rooms = {path.name + "/" for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    files = {path.name for path in SOURCE.glob("*.py") if not path.name.startswith("__")}
    named = set(spans(text("ARCHITECTURE.md")))
    assert {room for room in rooms | files if not any(name.startswith(room) for name in named)} == set()


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_inside_the_repository_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text(name))):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), link
        assert not anchor or anchor in anchors(path), link


def test_every_decision_is_listed_under_its_title_and_numbered_without_holes() -> None:
    files = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    listed = [row for row in rows(text("docs/decisions/README.md")) if row[0].startswith("[")]
    expected = [
        [f"[{number:04}]({path.name})", path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")]
        for number, path in enumerate(files, start=1)
    ]
    assert listed == expected


def test_every_view_is_in_the_readme() -> None:
    assert {document.view for document in VIEWED} | {"sales_invoice_grid"} <= set(spans(text("README.md")))


# ---------------------------------------------------------------- the Adobe dialect


def documented_operations() -> list[tuple[str, str, tuple[str, ...]]]:
    """The tables of docs/adobe.md; those of carts stand for up to three ways to a cart."""
    ways = dict(zip(("guest", "mine", "admin"), ALL, strict=True))
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for method, *cells in rows(text("docs/adobe.md")):
        if method not in METHODS:
            continue
        path, last = (cell.strip("`") for cell in cells)
        if not path.startswith("…"):
            found.append((method, path, tuple(last.split("`, `"))))
            continue
        families = [ways[way] for way in last.split(", ")]
        found += [(method, family.prefix + path[1:], family.resources) for family in families]
    return found


def test_the_operations_are_those_of_the_route_table() -> None:
    assert sorted(documented_operations()) == sorted(
        (route.method, route.path, route.resources) for route in ROUTES
    )


def test_the_operator_may_what_the_page_says() -> None:
    resources = {resource for route in ROUTES for resource in route.resources if "::" in resource}
    (row,) = (row for row in rows(text("docs/adobe.md")) if row[0] == "`operator`")
    named = tuple(re.findall(r"`([\w:]+)`", row[1]))
    for resource in resources:
        granted = resource in ROLES["operator"].resources
        assert granted == (resource in named or resource.partition("::")[0] in named), resource


def test_the_conditions_are_those_of_the_search() -> None:
    (listed,) = (span for span in spans(text("docs/adobe.md")) if span.startswith("eq neq"))
    assert set(listed.split()) == search.CONDITIONS


LIMITS = {
    "body": f"{body.MAX_BYTES} bytes, within {receiving.WITHIN_S:.0f} s, nested {body.MAX_DEPTH} levels deep",
    "body of a bulk": f"{accept.MAX_BYTES} bytes, {accept.MAX_OPERATIONS} operations",
    "query string": f"{query.MAX_BYTES} bytes, {query.MAX_PAIRS} fields",
    "entries of one list in a body": f"{wire.MAX_LIST}",
    "documents of one answer": f"{search.MAX_PAGE}; ask for pages",
    "filters of one search": (
        f"{search.MAX_CONDITIONS}; {_MOST_VALUES} values in one list, "
        f"{_LONGEST_VALUE} characters in one value"
    ),
    "idempotency key": f"{idempotency.MAX_KEY_LENGTH} printable characters",
    "rows of a cart": f"{cart.MAX_ROWS}",
    "variations of a product": f"{configurable.MAX_CHILDREN}",
    "numbers in a body": f"{wire.MAX_INTEGER_DIGITS} digits before the point",
    "wrong passwords": f"{MAX_FAILURES}, then half an hour",
}


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit_is_what_the_page_says(what: str) -> None:
    assert [what, LIMITS[what]] in rows(text("docs/adobe.md"))


# ---------------------------------------------------------------- the VTEX dialect


def test_the_roles_of_app_keys_may_what_the_page_says() -> None:
    page = text("docs/vtex.md")
    listed = {row[0].strip("`"): set(re.findall(r"`([^`]+)`", row[1])) for row in rows(page) if len(row) == 2}

    assert {role: listed[role] or ALL_OF_VTEX for role in APP_ROLES} == APP_ROLES
    assert set(spans(page)) >= ALL_OF_VTEX


def test_the_operations_of_vtex_are_those_of_the_route_table() -> None:
    documented = [
        tuple(cell.strip("`") for cell in row)
        for row in rows(text("docs/vtex.md"))
        if row[0] in {*METHODS, "PATCH"}
    ]
    routes = [(route.method, route.path, route.resource) for route in VTEX_ROUTES]
    assert sorted(documented) == sorted(routes)


VTEX_LIMITS = {
    "body": LIMITS["body"],
    "query string": f"{vtex_request.MAX_QUERY_BYTES} bytes, {vtex_request.MAX_QUERY_PAIRS} fields",
    "lines of one invoice": f"{package_request.MAX_LINES}",
    "orders of one request": f"{MAX_ORDERS}",
    "items of one order, entries of any list in it": f"{shape.MAX_ENTRIES}",
    "units of one item of an order": f"{order_request.MAX_QUANTITY}",
    "text in an order": f"{shape.MAX_TEXT} characters",
    "orders of one group that are shown": f"{MOST_OF_GROUP}",
    "entries of one tracking request": (
        f"{package_request.MAX_EVENTS}; a package keeps the newest {MOST_COURIER_ENTRIES}"
    ),
    "invoice number": f"{package_request.MAX_NUMBER} characters",
    "amount": f"{vtex_money.MAX_CENTS} cents",
}


@pytest.mark.parametrize("what", VTEX_LIMITS)
def test_a_limit_of_vtex_is_what_the_page_says(what: str) -> None:
    assert [what, VTEX_LIMITS[what]] in rows(text("docs/vtex.md"))


def test_every_code_of_vtex_that_is_ours_is_on_the_page() -> None:
    sources = (SOURCE / "dialects" / "vtex").glob("*refusals.py")
    ours = {code for path in sources for code in re.findall(r'"(CNTF\d+)"', path.read_text("utf-8"))}
    assert ours <= set(spans(text("docs/vtex.md")))
