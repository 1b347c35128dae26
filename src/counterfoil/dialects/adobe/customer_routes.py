"""Customers (contract adobe §3.3, recordings 134 and 137)."""

from collections.abc import Sequence
from typing import Any, assert_never

from counterfoil.checkout import register_customer
from counterfoil.checkout.customer import GENERAL, GROUPS, Customer, addresses_of, get_customer
from counterfoil.checkout.register_customer import (
    AddressIncomplete,
    AddressUnknown,
    CustomerInvalid,
    CustomerRefusal,
    CustomerUnknown,
    EmailInvalid,
    EmailMissing,
    EmailTaken,
    NamesMissing,
    PasswordHasSpaces,
    PasswordRefusal,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooSimple,
    SavedCustomer,
)
from counterfoil.dialects.adobe import customer_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.customer_document import CUSTOMER
from counterfoil.dialects.adobe.documents import invalid, page, written
from counterfoil.dialects.adobe.errors import no_such_entity, required, unauthorized
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, STRING, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Transaction

_READ = ("Magento_Customer::customer",)
_MANAGE = "Magento_Customer::manage"
_GROUP = ("Magento_Customer::group",)

_TOO_SIMPLE = (
    "Minimum of different classes of characters in password is %1. "
    "Classes of characters: Lower Case, Upper Case, Digits, Special Characters."
)


async def post_customer(call: Call) -> Reply:
    """POST /V1/customers: anybody may make an account, but only the shop puts it into another group."""
    sent, password = call.args["customer"], call.args["password"]
    _check_group(call, sent)
    password_hash = None
    if password is not None:
        refusal = register_customer.unfit_password(password)
        if refusal is not None:
            raise of_password(refusal)
        password_hash = await call.shop.access.hash_password(password)
    changes = customer_document.changes(sent, password_hash=password_hash)
    now = call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | CustomerRefusal:
        saved = await register_customer.register(transaction, changes, store_id=call.store_id, now=now)
        return _written(saved)

    return _reply(await call.write(work))


async def put_customer(call: Call) -> Reply:
    """PUT /V1/customers/:id."""
    return await _change(call, call.args["id"])


async def put_me(call: Call) -> Reply:
    """PUT /V1/customers/me."""
    _check_group(call, call.args["customer"])
    return await _change(call, call.identity.id)


def _check_group(call: Call, sent: dict[str, Any]) -> None:
    if sent.get("group_id") in {None, GENERAL} and not sent.get("disable_auto_group_change"):
        return
    if not call.identity.allows(_MANAGE, writes=True):
        raise unauthorized([_MANAGE])


async def _change(call: Call, customer_id: int) -> Reply:
    changes, now = customer_document.changes(call.args["customer"]), call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | CustomerRefusal:
        saved = await register_customer.change_customer(transaction, customer_id, changes, now=now)
        return _written(saved)

    return _reply(await call.write(work))


async def get_customer_by_id(call: Call) -> Reply:
    """GET /V1/customers/:customerId."""
    return await _show(call, call.args["customer_id"])


async def get_me(call: Call) -> Reply:
    """GET /V1/customers/me."""
    return await _show(call, call.identity.id)


async def _show(call: Call, customer_id: int) -> Reply:
    async with call.shop.ledger.reading() as reader:
        customer = await get_customer(reader.records, customer_id)
        if customer is None:
            raise no_such_entity("customerId", customer_id)
        return Reply(customer_document.render(customer, await addresses_of(reader.records, customer_id)))


async def list_customers(call: Call) -> Reply:
    """GET /V1/customers/search."""

    async def render(reader: Reader, customers: Sequence[Customer]) -> list[Any]:
        return [
            customer_document.render(customer, await addresses_of(reader.records, customer.id))
            for customer in customers
        ]

    return await page(call, register_customer.search_customers, render)


async def get_group(call: Call) -> Reply:
    """GET /V1/customerGroups/:id."""
    group = GROUPS.get(call.args["id"])
    if group is None:
        raise no_such_entity("id", call.args["id"])
    return Reply(
        {
            "id": group.id,
            "code": group.code,
            "tax_class_id": group.tax_class_id,
            "tax_class_name": "Retail Customer",
        }
    )


def _written(saved: SavedCustomer | CustomerRefusal) -> Body | CustomerRefusal:
    return written(customer_document.render_saved(saved)) if isinstance(saved, SavedCustomer) else saved


def _reply(result: Reply | CustomerRefusal) -> Reply:
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: CustomerRefusal) -> AdobeError:
    """Return how this dialect says no to a customer."""
    match refusal:
        case EmailMissing():
            return AdobeError(400, "The customer email is missing. Enter and try again.")
        case EmailInvalid():
            return AdobeError(400, '"Email" is not a valid email address.')
        case NamesMissing(labels=labels):
            return AdobeError(400, "\n".join(f'"{label}" is a required value.' for label in labels))
        case EmailTaken():
            message = "A customer with the same email address already exists in an associated website."
            return AdobeError(400, message)
        case CustomerInvalid(field=field, value=value):
            return invalid(field, value)
        case AddressIncomplete(fields=fields):
            return required(*fields)
        case AddressUnknown(address_id=address_id):
            return no_such_entity("addressId", address_id)
        case CustomerUnknown(customer_id=customer_id):
            return no_such_entity("customerId", customer_id)
        case _:
            assert_never(refusal)


def of_password(refusal: PasswordRefusal) -> AdobeError:
    """Return how this dialect says no to a password."""
    match refusal:
        case PasswordTooShort(limit=limit):
            message = "The password needs at least %1 characters. Create a new password and try again."
            return AdobeError(400, message, [limit])
        case PasswordTooLong(limit=limit):
            return AdobeError(400, "Please enter a password with at most %1 characters.", [limit])
        case PasswordHasSpaces():
            message = "The password can't begin or end with a space. Verify the password and try again."
            return AdobeError(400, message)
        case PasswordTooSimple(classes=classes):
            return AdobeError(400, _TOO_SIMPLE, [classes])
        case _:
            assert_never(refusal)


_CUSTOMER = Param("customer", CUSTOMER)

ROUTES = (
    Route(
        "POST",
        "/V1/customers",
        post_customer,
        ANONYMOUS,
        (_CUSTOMER, Param("password", STRING, required=False)),
        # A fingerprint would let whoever reads the database try passwords faster than their hash does.
        # A repeat does no harm: an e-mail address makes one account.
        keyless=True,
    ),
    Route("GET", "/V1/customers/me", get_me, SELF),
    Route("PUT", "/V1/customers/me", put_me, SELF, (_CUSTOMER,)),
    Route("GET", "/V1/customers/search", list_customers, _READ, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/customers/:customerId", get_customer_by_id, _READ, (Param("customer_id", INT),)),
    Route("PUT", "/V1/customers/:id", put_customer, (_MANAGE,), (_CUSTOMER, Param("id", INT))),
    Route("GET", "/V1/customerGroups/:id", get_group, _GROUP, (Param("id", INT),)),
)
