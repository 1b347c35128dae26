"""Whatever is asked of an order in both languages by turns, both show the same book after every request."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterfoil.access.access import Access
from counterfoil.clock import Clock
from counterfoil.delivery.changes import Changes
from counterfoil.delivery.settlement import AtOnce
from counterfoil.delivery.worker import Worker
from counterfoil.dialects.adobe.app import App as AdobeApp
from counterfoil.dialects.adobe.call import Shop as AdobeShop
from counterfoil.dialects.adobe.routes import ROUTES as ADOBE_ROUTES
from counterfoil.dialects.vtex import order_id
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.call import Shop as VtexShopOfTheApp
from counterfoil.dialects.vtex.routes import ROUTES
from counterfoil.domain.order import COMPLETE, MARKETPLACE, READY_FOR_HANDLING, SELLER
from counterfoil.domain.order import Order as StoredOrder
from counterfoil.domain.steps import CHANGE_TASK
from counterfoil.domain.transitions import HANDLING, PAYMENT_APPROVED
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.drafts import bundle, draft, row
from tests.shop import Shop
from tests.storage import TESTER, findings
from tests.two_languages import Order, assert_one_book, documented_statuses
from tests.unit.dialects.adobe.asgi import Client as AdobeClient
from tests.unit.dialects.adobe.asgi import FakeAccess
from tests.unit.dialects.vtex.asgi import Client, FakeDoor
from tests.vtex_shop import VtexShop
from tests.wire import Answer, Headers

BEGINNINGS = (
    (COMPLETE, READY_FOR_HANDLING),
    (COMPLETE, HANDLING),
    (SELLER, HANDLING),
    (MARKETPLACE, PAYMENT_APPROVED),
)
ORDERS = (
    (row("TEE", 999, 3, tax_percent=83_750, discount=100), row("CUP", 333, 2)),
    (row("SHIRT", 2500, 2, configurable=True), row("GIFT", 1000, virtual=True)),
    (bundle("KIT", 2, (2, row("BOLT", 150, 4)), (1, row("NUT", 99, 2))),),
    (row("BOX", 5000, 2, contains=2, discount=333), row("TEE", 1, 7)),
    (row("TWIN", 5100), row("TWIN", 5000, 2)),
)
REFUSED = {400, 404, 409, 422}
ROWS = ({"r0": 1}, {"r1": 1}, {"r0": 2}, {"r1": 2}, {"r0": 1, "r1": 1}, {"r0": 3})
units = st.sampled_from(({}, *ROWS))
some = st.integers(1, 4000)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["issue", "ship", "refund"]), st.just(()), units),
    st.tuples(st.sampled_from(["issue", "issue", "ship", "refund"]), st.just(()), st.just({})),
    st.tuples(st.sampled_from(["issue", "issue", "ship", "refund"]), st.just(()), st.sampled_from(ROWS)),
    st.tuples(st.sampled_from(["start", "cancel", "deny"]), st.just(()), st.just({})),
    st.tuples(
        st.just("act"), st.sampled_from([("hold",), ("unhold",), ("unhold",), ("cancel",)]), st.just({})
    ),
    st.tuples(st.sampled_from(["tell", "tell_document"]), st.tuples(st.none() | some), units),
    st.tuples(st.just("give_back"), st.tuples(some), units),
    st.tuples(st.just("change"), st.just(()), st.sampled_from(ROWS)),
    st.tuples(
        st.sampled_from(["change", "change_at_once"]),
        st.just(()),
        st.fixed_dictionaries({"discount": some}, optional={"r0": st.just(1)}),
    ),
    st.tuples(st.just("change_at_once"), st.just(()), st.fixed_dictionaries({"increment": some})),
    st.tuples(
        st.just("add"), st.tuples(st.sampled_from(["TEE", "CUP"]), st.integers(1, 3), some), st.just({})
    ),
)


class LocalShop(Shop):
    """Adobe's language without a socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ledger: Ledger) -> None:
        shop = AdobeShop(ledger=ledger, clock=Clock(), access=cast("Access", FakeAccess()))
        self._client = AdobeClient(AdobeApp(shop, ADOBE_ROUTES))
        self._loop = loop

    def ask(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> Answer:
        assert headers is None
        answer = self._loop.run_until_complete(self._client.ask(method, path, body))
        return Answer(answer.status, answer.headers, answer.content)


class LocalVtexShop(VtexShop):
    """VTEX's language without a socket; Changes are settled when they are asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ledger: Ledger) -> None:
        shop = VtexShopOfTheApp(ledger=ledger, clock=Clock(), access=cast("Access", FakeDoor()))
        self._client = Client(App(shop, ROUTES))
        self._loop = loop
        changes = Changes(ledger, AtOnce(), within_s=60)
        self._worker = Worker(ledger, {CHANGE_TASK: changes.handler()}, alone=True)

    def ask(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> Answer:
        answer = self._loop.run_until_complete(self._client.ask(method, path, body, headers=headers))
        if method == "PATCH" and answer.status == 202:
            self._loop.run_until_complete(self._settle())
        return Answer(answer.status, answer.headers, answer.content)

    async def _settle(self) -> None:
        while await self._worker.turn():
            await self._worker.idle()


async def _place(ledger: Ledger, wanted: StoredOrder) -> int:
    placed: list[int] = []

    async def work(transaction: Transaction) -> Body:
        placed.append((await ledger.place(transaction, wanted, actor=TESTER)).entity_id)
        return Body(b"null")

    await ledger.transact(work)
    return placed[0]


async def _open() -> Ledger:
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    await engine.open()
    return Ledger(engine, Clock())


async def _close(ledger: Ledger) -> None:
    await ledger.drain()
    await ledger.engine.close()


@contextmanager
def opened(wanted: StoredOrder) -> Iterator[Order]:
    """Place an order in books of its own, which have to be right in the end."""
    loop = asyncio.new_event_loop()
    try:
        ledger = loop.run_until_complete(_open())
        entity_id = loop.run_until_complete(_place(ledger, wanted))
        shops = LocalShop(loop, ledger), LocalVtexShop(loop, ledger)
        yield Order(*shops, entity_id, order_id.derived(entity_id))
        assert loop.run_until_complete(findings(ledger)) == []
        loop.run_until_complete(_close(ledger))
    finally:
        loop.close()


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    beginning=st.sampled_from(BEGINNINGS),
    lines=st.sampled_from(ORDERS),
    steps=st.lists(STEPS, min_size=3, max_size=12),
)
def test_any_requests_in_both_languages_leave_one_book(beginning, lines, steps) -> None:
    flow, stage = beginning
    known = documented_statuses()
    with opened(replace(draft(*lines, shipping=500), flow=flow, stage=stage)) as order:
        before = order.look()
        assert_one_book(before, rewritten=True)
        done: list[str] = []
        for what, words, wanted in steps:
            places = len(before.classic["items"])
            more = {name: some for name, some in wanted.items() if name != "r1" or places > 1}
            if what == "deny" and not before.classic["cancellationRequests"]:
                continue
            answer = getattr(order, what)(*words, **more)
            done.append(f"{what}{words}{more}: {answer.status}")
            seen = order.look()
            try:
                if answer.status in REFUSED:
                    assert seen == before
                else:
                    assert answer.status in {200, 202, 204}
                    assert_one_book(seen, before=before, rewritten=not order.changed_at_once, exactly=False)
                    assert seen.status in known
            except AssertionError as error:
                raise AssertionError("\n".join([f"{flow} {stage}", *done, str(error)])) from error
            before = seen
