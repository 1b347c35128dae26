"""Numbers before the doctor, without a database."""

import tracemalloc

from counterfoil.ledger.doctor_numbers import examine_numbers

MANY = 200_000


class Numbers:
    """The numbers of many invoices, page by page."""

    async def document_numbers(self, document, *, after, limit):
        first = int(after[0] or 0) + 1
        return [(1, f"{value:09d}") for value in range(first, min(first + limit, MANY + 1))]

    async def series(self):
        return {"invoice/1": 3_000_000_000}


async def test_many_numbers_and_a_series_far_ahead_need_little_memory():
    reader: object = Numbers()
    tracemalloc.start()
    try:
        problems = await examine_numbers(reader, "invoice")  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert problems == ["invoice numbers of store 1: 2999799999 missing, first 000200001"]
