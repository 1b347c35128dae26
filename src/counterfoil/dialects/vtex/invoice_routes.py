"""Invoice notifications and what becomes of their packages (contract vtex §3.3 to §3.6)."""

import re
from typing import Final

from msgspec.structs import replace

from counterfoil.access.app_role import NOTIFY_INVOICE
from counterfoil.dialects.vtex import package_request, receipt
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import VtexError, invoice_not_found, order_not_found
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.packages_document import all_packages
from counterfoil.dialects.vtex.refusals import of_refusal, of_return
from counterfoil.dialects.vtex.route import Route
from counterfoil.dialects.vtex.whole import whole
from counterfoil.dialects.vtex.workflow_routes import DOCUMENT, ORDER
from counterfoil.domain.attachments import INPUT, OUTPUT, Package
from counterfoil.domain.package import UpdatePackage
from counterfoil.domain.register_invoice import InvoiceNumberTaken, RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.ledger.envelope import Accepted, Outcome, Refused
from counterfoil.ledger.ports import Reader

_INVOICE = f"{ORDER}/invoice/*invoiceNumber"
_PRINTED: Final = re.compile(r"[0-9]{9,}")
"""What the numbers look like under which the books print documents."""


async def notify(call: Call) -> Reply:
    """Take an invoice. The same one again has no effect and gets a receipt of its own."""
    target = await call.target()
    command = package_request.invoice(call.needed_object(), by_index=False)
    outcome = await _attempt(call, target, command)
    if _is_repeat(command, outcome):
        return receipt.of_nothing(call, target)
    return await _registered(call, target, command, outcome)


async def notify_by_index(call: Call) -> Reply:
    """Take an invoice. A number that the order has already is refused."""
    target = await call.target()
    command = package_request.invoice(call.needed_object(), by_index=True)
    return await _registered(call, target, command, await _attempt(call, target, command))


async def update(call: Call) -> Reply:
    """Take what is told of an invoice's package, and leave the rest as it is."""
    target = await call.target()
    given = package_request.details(call.needed_object())
    if not given:
        raise VtexError(400, "Nothing is told of the package: send trackingNumber, trackingUrl or courier.")
    command = await _of_package(call, target)
    return await receipt.of_effect(call, target, await call.execute(target, replace(command, given=given)))


async def track(call: Call) -> Reply:
    """Take what the courier tells: whether the package is delivered, and entries, which add up."""
    target = await call.target()
    courier = package_request.courier(call.needed_object(), call.shop.clock.now())
    command = await _of_package(call, target)
    outcome = await call.execute(target, replace(command, courier=courier))
    return await receipt.of_effect(call, target, outcome)


async def _attempt(call: Call, target: Target, command: RegisterInvoice | RegisterReturn) -> Outcome:
    """Register it, unless its number is that of a document which came through another dialect.

    Whoever knows such a number has it from an answer or a document, so it is there before this is asked.
    """
    printed = _PRINTED.fullmatch(command.number) is not None
    if printed and await call.shop.printed.has(target.entity_id, command.number):
        async with call.shop.ledger.reading() as reader:
            known = await _package(reader, target.entity_id, command.number)
        if known is not None:
            return Refused(InvoiceNumberTaken(known))
    return await call.attempt(target, command)


def _is_repeat(command: RegisterInvoice | RegisterReturn, outcome: Outcome) -> bool:
    """Tell whether the order has this very invoice: of that number, type and value."""
    if not isinstance(outcome, Refused) or not isinstance(outcome.refusal, InvoiceNumberTaken):
        return False
    package = outcome.refusal.package
    kind = INPUT if isinstance(command, RegisterReturn) else OUTPUT
    return (kind, command.value) == (package.type, package.value)


async def _registered(
    call: Call, target: Target, command: RegisterInvoice | RegisterReturn, outcome: Outcome
) -> Reply:
    if isinstance(outcome, Accepted):
        return await receipt.of_effect(call, target, outcome)
    explain = of_return if isinstance(command, RegisterReturn) else of_refusal
    raise explain(outcome.refusal, target.order_id)


async def _of_package(call: Call, target: Target) -> UpdatePackage:
    """Return a command about the package that the path names.

    An invoice or credit memo of another dialect goes by its printed number, and has no package before
    something is told of it. Raises `VtexError` 404.
    """
    number = package_request.number_of(call.variables["invoiceNumber"])
    async with call.shop.ledger.reading() as reader:
        found = await _package(reader, target.entity_id, number)
    if found is None:
        raise invoice_not_found()
    return UpdatePackage(number, invoice_id=found.invoice_id, creditmemo_id=found.creditmemo_id)


async def _package(reader: Reader, entity_id: int, number: str) -> Package | None:
    """Return the order's package of a number. Raises `VtexError` 404 if there is no such order."""
    order = await whole(reader, entity_id)
    if order is None:
        raise order_not_found()
    return order.packages.get(number) or next(
        (package for package in all_packages(order) if package.number == number), None
    )


ROUTES = (
    Route("POST", f"{ORDER}/invoice", notify, NOTIFY_INVOICE),
    Route("POST", f"{DOCUMENT}/invoices", notify_by_index, NOTIFY_INVOICE),
    Route("PATCH", _INVOICE, update, NOTIFY_INVOICE),
    Route("PUT", f"{_INVOICE}/tracking", track, NOTIFY_INVOICE),
    Route("POST", f"{_INVOICE}/tracking", track, NOTIFY_INVOICE),
)
