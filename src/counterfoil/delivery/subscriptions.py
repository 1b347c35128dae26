"""Feeds and hooks as their owners have set them up: a record each, named after the app key it belongs to."""

import asyncio
from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Reader, Record, Records, Transaction

FEED = "feed"
HOOK = "hook"

FROM_WORKFLOW: Final = "FromWorkflow"
FROM_ORDERS: Final = "FromOrders"


_LONGEST_TRANSACTION_S = 5.0
_LOOK_AGAIN_S = 0.01


class Filter(Struct, frozen=True):
    """Which notices are wanted (contract vtex §3.13).

    ``FromWorkflow``: those of the steps into one of ``statuses``, of every step if that is empty.
    ``FromOrders``: those of versions whose document satisfies ``expression`` (JSONata), or only the first of
    each order unless ``disable_single_fire``.
    """

    type: Literal["FromWorkflow", "FromOrders"] = FROM_WORKFLOW
    statuses: tuple[str, ...] = ()
    expression: str | None = None
    disable_single_fire: bool = False


class Subscription(Struct, frozen=True, kw_only=True):
    """What feeds and hooks have in common. ``generation`` counts the filters that there have been."""

    id: int = 0
    version: int = 0
    app_key: str
    filter: Filter = Filter()
    generation: int = 1


class Feed(Subscription, frozen=True, kw_only=True):
    """A queue that its owner reads. Times in whole seconds."""

    visibility_s: int
    retention_s: int

    @property
    def subscriber(self) -> str:
        """Whom notices are stored for."""
        return f"{FEED}/{self.id}"


class Hook(Subscription, frozen=True, kw_only=True):
    """An address that is told. ``secret`` signs what is sent there; it is never shown or logged."""

    url: str
    headers: dict[str, str] = {}
    secret: str | None = None

    @property
    def subscriber(self) -> str:
        """Whom notices are stored for."""
        return f"{HOOK}/{self.id}"

    def __repr__(self) -> str:
        return f"Hook({self.id}, {self.app_key})"


S = TypeVar("S", Feed, Hook)


def fired_as(subscription: Feed | Hook) -> str:
    """Return under which name orders are marked as told: a new one for each filter."""
    return f"{subscription.subscriber}/{subscription.generation}"


async def of_key(records: Records, document: type[S], app_key: str, *, lock: bool = False) -> S | None:
    """Return the feed or the hook of an app key; None if there is none."""
    record = await records.named(_kind(document), app_key, lock=lock)
    return None if record is None else _read(record, document)


async def all_of(records: Records, document: type[S]) -> list[S]:
    """Return all feeds or all hooks."""
    kind = _kind(document)
    return [_read(record, document) for record in await records.owned(kind, kind)]


async def everybody(reader: Reader) -> list[Feed | Hook]:
    """Return all feeds and hooks."""
    return [*await all_of(reader.records, Feed), *await all_of(reader.records, Hook)]


async def save(transaction: Transaction, wanted: S) -> S:
    """Make or replace the subscription of an app key; what is waiting for it stays. Returns it as stored.

    Raises `NameTaken` or `Conflict` if somebody else does so at the same moment.
    """
    kind = _kind(type(wanted))
    stored = await of_key(transaction.records, type(wanted), wanted.app_key, lock=True)
    if stored is None:
        record_id = await transaction.records.insert(
            kind, msgspec.json.encode(wanted), name=wanted.app_key, owner=kind
        )
        return replace(wanted, id=record_id, version=1)
    generation = stored.generation + (stored.filter != wanted.filter)
    wanted = replace(wanted, id=stored.id, version=stored.version, generation=generation)
    body = msgspec.json.encode(wanted)
    await transaction.records.update(Record(kind, wanted.id, wanted.app_key, kind, wanted.version, body))
    return replace(wanted, version=wanted.version + 1)


async def establish(ledger: Ledger, wanted: S) -> None:
    """Make or replace the subscription of an app key. From the return on, it is told of every commit.

    Who decides while nobody listens writes nothing to the outbox, and may commit later. So the first
    subscription waits until everybody who was at it has ended.
    """
    moment: str | None = None

    async def work(transaction: Transaction) -> Body:
        nonlocal moment
        moment = None if await transaction.listened() else await transaction.notices.moment()
        await save(transaction, wanted)
        return Body(b"true")

    try:
        await ledger.transact(work)
    except NameTaken:
        await ledger.transact(work)  # somebody made it at the same moment: now it is there
    if moment is not None:
        await _ended(ledger, moment)


async def _ended(ledger: Ledger, moment: str) -> None:
    until_s = ledger.clock.monotonic_s() + _LONGEST_TRANSACTION_S
    while ledger.clock.monotonic_s() < until_s:
        async with ledger.reading() as reader:
            if await reader.notices.ended(moment):
                return
        await asyncio.sleep(_LOOK_AGAIN_S)


async def drop(transaction: Transaction, subscription: Feed | Hook) -> None:
    """Remove a feed or a hook. What is waiting for it is removed later, bit by bit."""
    await transaction.records.delete(_kind(type(subscription)), subscription.id)


async def drop_all(transaction: Transaction, app_key: str) -> None:
    """Remove the feed and the hook of an app key that is good no more."""
    for one in (
        await of_key(transaction.records, Feed, app_key, lock=True),
        await of_key(transaction.records, Hook, app_key, lock=True),
    ):
        if one is not None:
            await drop(transaction, one)


def same(some: Sequence[Feed | Hook], others: Sequence[Feed | Hook]) -> bool:
    """Tell whether these are the same subscriptions, unchanged."""
    return [(one.subscriber, one.version) for one in some] == [
        (one.subscriber, one.version) for one in others
    ]


def _kind(document: type[Feed] | type[Hook]) -> str:
    return FEED if document is Feed else HOOK


def _read(record: Record, document: type[S]) -> S:
    return replace(msgspec.json.decode(record.body, type=document), id=record.id, version=record.version)
