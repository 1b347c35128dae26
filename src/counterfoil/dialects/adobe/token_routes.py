"""Routes that give tokens for passwords and take them back (contract adobe §2.6).

An idempotency key has no effect here: its stored answer would be a token in clear.
"""

from typing import Final

from counterfoil.access.sign_in import SignInFailed
from counterfoil.checkout.customer import find_customer
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.errors import AdobeError, required
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route
from counterfoil.dialects.adobe.wire import STRING, Param

NOT_SIGNED_IN: Final = (
    "The account sign-in was incorrect or your account is disabled temporarily. "
    "Please wait and try again later."
)


async def create_admin_token(call: Call) -> Reply:
    """POST /V1/integration/admin/token: a token that is good for four hours."""
    username, password = _credentials(call)
    return _token(await call.shop.access.sign_in_admin(username, password))


async def create_customer_token(call: Call) -> Reply:
    """POST /V1/integration/customer/token: a token that is good for one hour."""
    email, password = _credentials(call)
    async with call.shop.ledger.reading() as reader:
        customer = await find_customer(reader.records, email)
    return _token(
        await call.shop.access.sign_in_customer(
            email if customer is None else customer.email,
            password,
            customer_id=None if customer is None else customer.id,
            password_hash=None if customer is None else customer.password_hash,
        )
    )


async def revoke_customer_tokens(call: Call) -> Reply:
    """POST /V1/integration/customer/revoke-customer-token: every token of the customer who asks."""
    await call.shop.access.revoke_tokens("customer", call.identity.id)
    return Reply(value=True)


def _credentials(call: Call) -> tuple[str, str]:
    username, password = call.args["username"], call.args["password"]
    empty = [name for name, value in (("username", username), ("password", password)) if not value]
    if empty:
        raise required(*empty)
    return username, password


def _token(result: str | SignInFailed) -> Reply:
    if isinstance(result, SignInFailed):
        raise AdobeError(401, NOT_SIGNED_IN)
    return Reply(result)


_CREDENTIALS: Final = (Param("username", STRING), Param("password", STRING))

ROUTES: Final[tuple[Route, ...]] = (
    Route("POST", "/V1/integration/admin/token", create_admin_token, ANONYMOUS, _CREDENTIALS, keyless=True),
    Route(
        "POST", "/V1/integration/customer/token", create_customer_token, ANONYMOUS, _CREDENTIALS, keyless=True
    ),
    Route(
        "POST", "/V1/integration/customer/revoke-customer-token", revoke_customer_tokens, SELF, keyless=True
    ),
)
