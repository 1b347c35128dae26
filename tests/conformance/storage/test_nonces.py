"""Nonces: claimed once, forgotten a bounded number at a time, the oldest first."""

from tests.storage import everything


async def claim(engine, **nonces):
    async with engine.transaction() as transaction:
        fresh = await transaction.claim_nonces(nonces)
        await transaction.commit()
        return fresh


async def test_a_nonce_is_claimed_once(engine):
    assert await claim(engine, b=10, a=10) == {"a", "b"}
    assert await claim(engine, a=20, c=20) == {"c"}
    assert await claim(engine) == set()


async def test_a_claim_that_is_not_committed_is_none(engine):
    async with engine.transaction() as transaction:
        assert await transaction.claim_nonces({"a": 10}) == {"a"}
    assert await claim(engine, a=10) == {"a"}


async def test_expired_nonces_are_forgotten_the_oldest_first_and_no_more_than_asked(engine, ledger):
    await claim(engine, a=30, b=10, c=20, d=31)
    async with engine.transaction() as transaction:
        await transaction.forget_nonces(30, limit=2)
        await transaction.commit()
    assert (await everything(ledger))["oauth_nonce"] == ["('a', 30)", "('d', 31)"]

    async with engine.transaction() as transaction:
        await transaction.forget_nonces(30, limit=2)
        await transaction.commit()
    assert (await everything(ledger))["oauth_nonce"] == ["('d', 31)"]
