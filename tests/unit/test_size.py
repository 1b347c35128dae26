"""The limits on size and the owners of things, read from the source itself.

Every rule is a function from one parsed file to the faults it finds, so that the second half of this
file can plant a fault and see it caught: a rule that cannot fail protects nothing.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "counterfoil"

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
LONG_FUNCTION_LINES = 50
MAX_SHARE_OF_LONG = 0.02


class File(NamedTuple):
    """A source file: its path below src/counterfoil, its text and its tree."""

    path: str
    text: str
    tree: ast.Module


class Finding(NamedTuple):
    """Where a rule is broken, and how."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"src/counterfoil/{self.path}:{self.line}: {self.what}"


Rule = Callable[[File], Iterator[Finding]]


def parse(path: str, text: str) -> File:
    return File(path, text, ast.parse(text))


def source_files() -> list[File]:
    return [
        parse(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    ]


def belongs_to(file: File, *owners: str) -> bool:
    """Whether the file is one of the owners (a file) or below one of them (a folder ending in /)."""
    return any(file.path.startswith(owner) if owner.endswith("/") else file.path == owner for owner in owners)


# ---------------------------------------------------------------- size


def functions(file: File) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function with its length from `def` to its last line, decorators left out."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def long_files(file: File) -> Iterator[Finding]:
    lines = len(file.text.splitlines())
    if lines > MAX_FILE_LINES:
        yield Finding(file.path, lines, f"{lines} lines; a file has at most {MAX_FILE_LINES}")


def long_functions(file: File) -> Iterator[Finding]:
    for node, lines in functions(file):
        if lines > MAX_FUNCTION_LINES:
            what = f"{node.name} has {lines} lines; a function has at most {MAX_FUNCTION_LINES}"
            yield Finding(file.path, node.lineno, what)


def too_many_long(files: list[File]) -> list[Finding]:
    """The functions over 50 lines, if they are more than the share allows (one is always allowed)."""
    measured = [(file, node, lines) for file in files for node, lines in functions(file)]
    findings = [
        Finding(file.path, node.lineno, f"{node.name} has {lines} lines")
        for file, node, lines in measured
        if lines > LONG_FUNCTION_LINES
    ]
    return findings if len(findings) > max(1, MAX_SHARE_OF_LONG * len(measured)) else []


# ---------------------------------------------------------------- owners


def imports(file: File) -> Iterator[tuple[int, str]]:
    """Every imported name, dotted: `from os import environ` gives `os.environ`."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def attributes(file: File) -> Iterator[tuple[int, str]]:
    """Every dotted use, as `datetime.datetime.now`."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


SQL = re.compile(r"\b(SELECT\s|INSERT\s+INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b)")
SMALL_SQL = re.compile(
    r"^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s)", re.DOTALL
)


def is_prose(statement: ast.stmt) -> bool:
    """Whether the statement is a bare string: a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def sql_outside_storage(file: File) -> Iterator[Finding]:
    if belongs_to(file, "storage/", "lab/"):
        return
    prose = {id(node.value) for node in ast.walk(file.tree) if isinstance(node, ast.Expr) and is_prose(node)}
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in prose:
            continue
        if SQL.search(node.value) or SMALL_SQL.search(node.value):
            yield Finding(file.path, node.lineno, "SQL belongs in storage")


def environment_outside_config(file: File) -> Iterator[Finding]:
    if belongs_to(file, "config.py"):
        return
    names = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
    for line, name in (*imports(file), *attributes(file)):
        if name in names:
            yield Finding(file.path, line, f"{name} belongs in config.py")


CLOCK_MODULES = {"time", "uuid", "secrets", "random"}
CLOCK_CALLS = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|os\.urandom|SystemRandom)$")


def clock_outside_clock(file: File) -> Iterator[Finding]:
    if belongs_to(file, "clock.py"):
        return
    for line, name in imports(file):
        if name.partition(".")[0] in CLOCK_MODULES:
            yield Finding(file.path, line, f"import of {name}: time, randomness and ids belong in clock.py")
    for line, name in (*imports(file), *attributes(file)):
        if CLOCK_CALLS.search(name):
            yield Finding(file.path, line, f"{name}: time, randomness and ids belong in clock.py")


def floats_in_the_books(file: File) -> Iterator[Finding]:
    if not belongs_to(file, "domain/", "ledger/", "storage/"):
        return
    durations = (
        set() if belongs_to(file, "domain/") else {id(node) for node in _values_of_durations(file.tree)}
    )
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in durations:
            yield Finding(
                file.path, node.lineno, f"{node.value!r} is a float; the books are kept in integers"
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield Finding(file.path, node.lineno, "float(…): the books are kept in integers")


def _values_of_durations(tree: ast.AST) -> Iterator[ast.expr]:
    """Values given to names that end in ``_s``: seconds are neither money nor quantity."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and _is_duration(target.id) for target in targets):
                yield node.value
        elif isinstance(node, ast.arguments):
            plain = node.args[len(node.args) - len(node.defaults) :]
            for argument, default in (
                *zip(plain, node.defaults, strict=True),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ):
                if default is not None and _is_duration(argument.arg):
                    yield default


def _is_duration(name: str) -> bool:
    return name.lower().endswith("_s")


def true_division_in_the_domain(file: File) -> Iterator[Finding]:
    if not belongs_to(file, "domain/"):
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Finding(file.path, node.lineno, "`/` makes a float of two integers; use // or divmod")


def status_numbers_outside_wire(file: File) -> Iterator[Finding]:
    if belongs_to(file, "dialects/", "admin/", "guard/", "lab/"):
        return
    for line, name in imports(file):
        if name == "http.HTTPStatus":
            yield Finding(file.path, line, "HTTP status numbers belong in dialects, admin and guard")


# ---------------------------------------------------------------- the rules hold


def assert_kept(findings: list[Finding]) -> None:
    assert not findings, "\n" + "\n".join(str(finding) for finding in findings)


def assert_no_file_breaks(rule: Rule) -> None:
    assert_kept([finding for file in source_files() for finding in rule(file)])


def test_no_file_is_over_400_lines() -> None:
    assert_no_file_breaks(long_files)


def test_no_function_is_over_70_lines() -> None:
    assert_no_file_breaks(long_functions)


def test_at_most_two_percent_of_functions_are_over_50_lines() -> None:
    assert_kept(too_many_long(source_files()))


def test_sql_stands_only_in_storage() -> None:
    assert_no_file_breaks(sql_outside_storage)


def test_the_environment_is_read_only_in_config() -> None:
    assert_no_file_breaks(environment_outside_config)


def test_time_randomness_and_ids_come_only_from_clock() -> None:
    assert_no_file_breaks(clock_outside_clock)


def test_the_books_hold_no_floats() -> None:
    assert_no_file_breaks(floats_in_the_books)


def test_the_domain_never_divides_into_a_float() -> None:
    assert_no_file_breaks(true_division_in_the_domain)


def test_http_status_numbers_stand_only_where_http_is_spoken() -> None:
    assert_no_file_breaks(status_numbers_outside_wire)


# ---------------------------------------------------------------- the rules can fail


def function_of(lines: int, name: str = "long") -> str:
    return f"def {name}():\n" + "    pass\n" * (lines - 1)


PLANTED = [
    (long_files, "ledger/query.py", "x = 1\n" * 401, 401),
    (long_functions, "ledger/query.py", function_of(71), 1),
    (long_functions, "ledger/query.py", "class A:\n    async def f(self):\n" + "        pass\n" * 70, 2),
    (sql_outside_storage, "ledger/query.py", "q = 'SELECT 1'", 1),
    (sql_outside_storage, "ledger/query.py", "def f(t):\n    return f'DELETE FROM {t}'", 2),
    (sql_outside_storage, "access/users.py", "q = '''\n  update users set name = 1\n'''", 1),
    (sql_outside_storage, "cli.py", "run('''INSERT\n INTO orders''')", 1),
    (environment_outside_config, "main.py", "import os\nos.environ['A']", 2),
    (environment_outside_config, "main.py", "from os import getenv", 1),
    (clock_outside_clock, "ledger/lane.py", "import time", 1),
    (clock_outside_clock, "access/tokens.py", "from secrets import token_hex", 1),
    (clock_outside_clock, "domain/order.py", "import datetime\nx = datetime.datetime.now()", 2),
    (clock_outside_clock, "domain/order.py", "from datetime import datetime\n\nx = datetime.now()", 3),
    (clock_outside_clock, "access/tokens.py", "import os\nx = os.urandom(16)", 2),
    (floats_in_the_books, "domain/money.py", "rate = 0.19", 1),
    (floats_in_the_books, "domain/money.py", "wait_s = 0.5", 1),
    (floats_in_the_books, "ledger/lane.py", "def f(*, price=0.5): ...", 1),
    (floats_in_the_books, "storage/rows.py", "def f(x):\n    return float(x)", 2),
    (true_division_in_the_domain, "domain/money.py", "def f(a):\n    return a / 2", 2),
    (true_division_in_the_domain, "domain/money.py", "def f(a):\n    a /= 2", 2),
    (status_numbers_outside_wire, "ledger/faults.py", "from http import HTTPStatus", 1),
]


@pytest.mark.parametrize("rule,path,text,line", PLANTED)
def test_a_planted_fault_is_found_with_its_file_and_line(rule: Rule, path: str, text: str, line: int) -> None:
    findings = list(rule(parse(path, text)))

    assert [(finding.path, finding.line) for finding in findings] == [(path, line)]
    assert str(findings[0]).startswith(f"src/counterfoil/{path}:{line}: ")


ALLOWED = [
    (long_files, "ledger/query.py", "x = 1\n" * 400),
    (long_functions, "ledger/query.py", function_of(70)),
    (long_functions, "domain/transitions.py", "TABLE = {\n" + "    1: 2,\n" * 200 + "}"),
    (sql_outside_storage, "storage/sqlite.py", "q = 'SELECT 1'"),
    (sql_outside_storage, "ledger/ports.py", "def f():\n    '''Locks with SELECT … FOR UPDATE.'''"),
    (sql_outside_storage, "checkout/cart.py", "m = 'Select a payment method and update it.'"),
    (environment_outside_config, "config.py", "import os\nos.environ['A']"),
    (clock_outside_clock, "clock.py", "import time, uuid"),
    (clock_outside_clock, "domain/order.py", "from datetime import datetime\nx = datetime.fromtimestamp(0)"),
    (floats_in_the_books, "config.py", "timeout_s = 0.5"),
    (floats_in_the_books, "ledger/lane.py", "PAUSE_S = 0.5\ndef f(a, *, wait_s=0.1): ..."),
    (true_division_in_the_domain, "domain/money.py", "x = 7 // 2"),
    (status_numbers_outside_wire, "dialects/adobe/errors.py", "from http import HTTPStatus"),
]


@pytest.mark.parametrize("rule,path,text", ALLOWED)
def test_what_is_allowed_is_not_reported(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(parse(path, text)))


def test_a_second_long_function_among_few_is_too_many() -> None:
    one = parse("a.py", function_of(51))
    two = parse("b.py", function_of(51))
    short = parse("c.py", "\n".join(function_of(2, f"f{number}") for number in range(98)))

    assert not too_many_long([one])
    assert len(too_many_long([one, two])) == 2
    assert not too_many_long([one, two, short])


def test_the_source_is_found() -> None:
    assert any(file.path == "__init__.py" for file in source_files())
