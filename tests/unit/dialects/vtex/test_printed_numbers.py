"""Numbers that the books have printed: those of one moment are looked up together, after they were asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest

from counterfoil.dialects.vtex.printed_numbers import PrintedNumbers
from counterfoil.ledger.faults import Unavailable
from counterfoil.ledger.ledger import Ledger


class Books:
    """Books that print numbers and count the looks."""

    def __init__(self) -> None:
        self.known = {(1, "000000001")}
        self.looks: list[list[tuple[int, str]]] = []
        self.broken = False
        self.looking = asyncio.Event()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Books"]:
        yield self

    async def printed(self, asked: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        self.looks.append(list(asked))
        self.looking.set()
        known = set(self.known)
        await asyncio.sleep(0)
        if self.broken:
            raise Unavailable
        return known.intersection(asked)


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def numbers(books: Books) -> PrintedNumbers:
    return PrintedNumbers(cast("Ledger", books))


async def test_numbers_of_one_moment_are_looked_up_together(books: Books, numbers: PrintedNumbers) -> None:
    asked = ((1, "000000001"), (2, "000000001"), (1, "000000002"))

    assert await asyncio.gather(*(numbers.has(*one) for one in asked)) == [True, False, False]
    assert books.looks == [list(asked)]


async def test_a_question_during_a_look_gets_a_look_of_its_own(books: Books, numbers: PrintedNumbers) -> None:
    first = asyncio.create_task(numbers.has(2, "000000002"))
    await books.looking.wait()
    books.known.add((2, "000000002"))

    assert await numbers.has(2, "000000002")
    assert not await first
    assert len(books.looks) == 2


async def test_a_fault_is_told_to_everybody_and_does_not_last(books: Books, numbers: PrintedNumbers) -> None:
    books.broken = True
    outcomes = await asyncio.gather(numbers.has(1, "a"), numbers.has(1, "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]

    books.broken = False
    assert await numbers.has(1, "000000001")
