"""The page on what users of the platform suffer names every such issue, and tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "vtex-known-issues.md"
SHOWN = re.compile(r"`([^`]+)`")
NUMBERS = """
1348894 1400005 1372902 1380918 1351358 1409506 1242813 792650 1198719 1004978 1089344 1218606 1218615 1031035
680919 345526 421137 420019 376646 1082298 955489 1249934 1259680 577103 1155646
2017-04-06 2019-02-17 2021-09-15
930491 784171 1008459 1198829 1080187 1219914 1070299 605517 756314 1302085 832400 640925 documented
1319395 1154224 1118560 1309799 1417330 1195265 1343830 280390 1386397 1450887
"""
"""The published issues about orders at once, and about what of an order has to agree."""


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "number"]


def without_a_test() -> set[str]:
    """Return the numbers that the page says do not apply."""
    section = PAGE.read_text(encoding="utf-8").partition("## What does not apply")[2]
    return set(re.findall(r"^\| (\d+) ", section, re.MULTILINE))


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def test_every_issue_is_on_the_page_once() -> None:
    assert sorted(row[0] for row in rows()) == sorted(NUMBERS.split())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_the_page_names_is_there(row: list[str]) -> None:
    number, suffered, here, shown = row
    assert suffered
    assert here
    named = SHOWN.findall(shown)
    assert named or number in without_a_test()
    for name in named:
        path, _, test = name.partition("::")
        assert test in names_in(path), name
