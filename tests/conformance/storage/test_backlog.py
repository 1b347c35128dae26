"""Reading costs the same however many notices of an order wait behind one that is out."""

import time

from counterfoil.ledger.ledger import Body
from counterfoil.ledger.notices import Notice, Place

FAR_MS = 10**15
ROUNDS = 5


async def wait(ledger, subscriber, behind):
    """Have ``behind`` notices of order 1 wait behind one that is out, and one of order 2 that is free."""
    waiting = [Notice(subscriber, Place(1, seq, 0), "{}", 1) for seq in range(1, behind + 2)]
    for start in range(0, len(waiting), 1000):

        async def put(transaction, some=waiting[start : start + 1000]):
            await transaction.notices.put(some)
            return Body(b"true")

        await ledger.transact(put)

    async def lease_first(transaction):
        await transaction.notices.lease(
            subscriber, handle="h", now_ms=2, until_ms=FAR_MS, orders=1, limit=1, run=1
        )
        await transaction.notices.put([Notice(subscriber, Place(2, 1, 0), "{}", 1)])
        return Body(b"true")

    await ledger.transact(lease_first)


async def least_s(ledger, subscriber):
    """Return the least time that it took to be handed what is free."""
    times = []

    async def look(transaction):
        begun = time.perf_counter()
        (lease,) = await transaction.notices.lease(
            subscriber, handle="x", now_ms=3, until_ms=4, orders=10, limit=10, run=10
        )
        times.append(time.perf_counter() - begun)
        assert lease.notice.place == Place(2, 1, 0)
        # Nothing is committed, so the next round finds the same.

    for _ in range(ROUNDS):
        await ledger.transact(look)
    return min(times)


async def test_a_long_backlog_of_one_order_does_not_hold_up_reading(ledger):
    await wait(ledger, "few", 10)
    await wait(ledger, "many", 20_000)
    few_s, many_s = await least_s(ledger, "few"), await least_s(ledger, "many")
    assert many_s < 8 * few_s, f"{many_s * 1000:.1f} ms instead of {few_s * 1000:.1f} ms"
