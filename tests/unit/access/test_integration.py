from counterfoil.access import integration, token
from counterfoil.access.identity import GUEST, Identity
from counterfoil.access.role import Grant
from counterfoil.access.user import NameInUse, NameUnknown

INVOICING = Grant(None, ("Magento_Sales::invoice",))


async def test_an_integration_comes_with_a_token_that_does_not_expire(ledger, access, clock):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=INVOICING)
    clock.elapsed_s += 10 * 365 * 24 * 3600

    assert await access.identify(secret) == Identity(
        "integration", 1, "erp", frozenset({"Magento_Sales::invoice"})
    )


async def test_only_the_digest_of_a_token_is_stored(ledger):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=INVOICING)
    assert isinstance(secret, str)

    async with ledger.reading() as reader:
        record = await reader.records.named(token.KIND, token.digest(secret))
        integrations = await reader.records.named(integration.KIND, "erp")
    assert len(secret) == 32
    assert secret.encode() not in record.body + integrations.body
    assert secret not in record.name


async def test_a_revoked_integration_is_a_guest(ledger, access):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=INVOICING)
    assert await integration.revoke(ledger, name="erp") is None

    assert await access.identify(secret) is GUEST
    assert await integration.revoke(ledger, name="erp") == NameUnknown("erp")
    async with ledger.reading() as reader:
        assert await integration.listed(reader.records) == []


async def test_a_name_is_given_once_and_the_first_token_stays_good(ledger, access):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=INVOICING)

    again = await integration.create(ledger, name="erp", dialect="adobe", grant=INVOICING)

    assert again == NameInUse("erp")
    assert (await access.identify(secret)).name == "erp"
