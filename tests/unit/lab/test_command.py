"""How ``counterfoil bench`` reads what it is called with."""

import io

import pytest
from rich.console import Console

from counterfoil.commands.answer import UsageError
from counterfoil.commands.bench import choose_engines, read_connections, read_scale, read_sizes
from counterfoil.lab.findings import POSTGRES, SQLITE, Scale


@pytest.mark.parametrize(
    "text,expected", [("1", (1,)), ("1,8,32,128", (1, 8, 32, 128)), (" 32, 1 ,32", (1, 32)), ("200", (200,))]
)
def test_connections_are_ascending_and_each_once(text: str, expected: tuple[int, ...]) -> None:
    assert read_connections(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "201", "1,,2", "1;2", "many", "1.5", "²"])
def test_other_connections_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="1,8,32"):
        read_connections(text)


@pytest.mark.parametrize(
    "text,expected", [("100000,1000000", (100_000, 1_000_000)), (" 5000,1000 ", (1000, 5000))]
)
def test_sizes_are_ascending(text: str, expected: tuple[int, ...]) -> None:
    assert read_sizes(text) == expected


@pytest.mark.parametrize("text", ["", "999,2000", "2000,2000", "1000,10000001", "1e6", "²000", "1000;2000"])
def test_other_sizes_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="100000,1000000"):
        read_sizes(text)


def scale(
    *,
    quick: bool = False,
    seconds: float | None = None,
    rounds: int | None = None,
    connections: str | None = None,
) -> Scale:
    return read_scale(quick=quick, seconds=seconds, rounds=rounds, connections=connections)


def test_what_is_not_said_is_taken_from_the_default_or_from_quick() -> None:
    assert scale() == Scale()
    assert scale(quick=True).rounds == 1
    assert scale(quick=True, connections="4").connections == (4,)
    assert scale(seconds=0.5, rounds=7) == Scale(seconds=0.5, rounds=7)


@pytest.mark.parametrize("seconds,rounds", [(0, None), (-1, None), (61, None), (None, 0), (None, 101)])
def test_time_and_rounds_are_bounded(seconds: float | None, rounds: int | None) -> None:
    with pytest.raises(UsageError, match="must be"):
        scale(seconds=seconds, rounds=rounds)


def test_without_a_server_both_means_the_embedded_one_and_says_so() -> None:
    output = io.StringIO()
    console = Console(file=output)

    assert choose_engines("both", console, server_at_hand=True) == (POSTGRES, SQLITE)
    assert output.getvalue() == ""
    assert choose_engines("both", console, server_at_hand=False) == (SQLITE,)
    assert "PostgreSQL is left out" in output.getvalue()
    assert choose_engines("postgres", console, server_at_hand=False) == (POSTGRES,)
