import asyncio

import pytest
from msgspec.structs import replace

from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import NameTaken
from counterfoil.ledger.searching import Filter, Search, Sort, UnknownField

FIELDS = {
    "entity_id": "id",
    "sku": "name",
    "price": "price:number",
    "status": "status:integer",
    "city": "at.city:text",
}


async def insert(ledger, *bodies):
    async def work(transaction):
        for name, body in bodies:
            await transaction.records.insert("thing", body, name=name, owner="o")
        return Body(b"1")

    await ledger.transact(work)


async def test_ids_count_up_per_kind_and_names_are_unique(ledger):
    await insert(ledger, ("a", b"{}"), ("b", b"{}"))
    with pytest.raises(NameTaken):
        await insert(ledger, ("a", b"{}"))
    async with ledger.reading() as reader:
        assert (await reader.records.named("thing", "b")).id == 2
        assert await reader.records.named("other", "b") is None
        assert [record.name for record in await reader.records.owned("thing", "o")] == ["a", "b"]


async def test_parallel_inserts_of_one_name_make_one_record(ledger):
    outcomes = await asyncio.gather(*(insert(ledger, ("a", b"{}")) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 7
    assert sum(outcome is None for outcome in outcomes) == 1


async def test_a_stale_update_is_a_conflict(ledger):
    await insert(ledger, ("a", b"{}"))

    async def work(transaction):
        record = await transaction.records.get("thing", 1, lock=True)
        await transaction.records.update(replace(record, body=b'{"x":1}'))
        with pytest.raises(Conflict):
            await transaction.records.update(record)
        return Body(b"1")

    await ledger.transact(work)
    async with ledger.reading() as reader:
        record = await reader.records.get("thing", 1)
    assert record.version == 2


async def test_parallel_changes_of_one_record_lose_nothing(ledger):
    await insert(ledger, ("a", b"0"))

    async def work(transaction):
        record = await transaction.records.get("thing", 1, lock=True)
        await transaction.records.update(replace(record, body=str(int(record.body) + 1).encode()))
        return Body(b"1")

    await asyncio.gather(*(ledger.transact(work) for _ in range(20)))
    async with ledger.reading() as reader:
        assert (await reader.records.get("thing", 1)).body == b"20"


async def test_records_are_searched_by_paths_into_their_bodies(ledger):
    await insert(
        ledger,
        ("S1", b'{"price": 100000, "status": 1, "at": {"city": "Rome"}}'),
        ("S2", b'{"price": 255000, "status": 2, "at": {"city": "Oslo"}}'),
        ("S3", b'{"price": 1000, "status": 1}'),
    )

    async def found(*filters, **options):
        wanted = Search(groups=tuple((condition,) for condition in filters), **options)
        async with ledger.reading() as reader:
            records, total = await reader.records.search("thing", FIELDS, wanted)
        return [record.name for record in records], total

    assert await found(Filter("price", "gt", "9.99")) == (["S1", "S2"], 2)
    assert await found(Filter("status", "eq", "1"), Filter("city", "like", "ro%")) == (["S1"], 1)
    assert await found(Filter("city", "null", "")) == (["S3"], 1)
    assert await found(sorts=(Sort("price", True),), limit=2) == (["S2", "S1"], 3)
    with pytest.raises(UnknownField):
        await found(Filter("nope", "eq", "1"))
