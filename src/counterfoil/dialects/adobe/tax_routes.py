"""Tax classes, rates and rules (contract adobe §3.3, recordings 569 and 570).

The three are served alike: made, changed, read, found and deleted. What differs stands in `_Family`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, assert_never

from counterfoil.checkout import tax_setup
from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.tax import (
    CLASS_FIELDS,
    CLASSES,
    RATE_FIELDS,
    RATES,
    RULE_FIELDS,
    RULES,
    TaxClass,
    TaxRate,
    TaxRule,
)
from counterfoil.checkout.tax_setup import (
    ClassTaken,
    ClassTypeFixed,
    InUse,
    Invalid,
    Missing,
    RangeBackwards,
    Taken,
    Unknown,
)
from counterfoil.dialects.adobe import tax_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import REQUIRED_FIELD, exists, invalid, page, written
from counterfoil.dialects.adobe.errors import no_such_entity, several
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, DataObject, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Records, Transaction
from counterfoil.ledger.searching import Search

D = TypeVar("D", bound=Document)

Refusal = Missing | Invalid | RangeBackwards | Unknown | Taken | ClassTaken | ClassTypeFixed | InUse

_RESOURCES = ("Magento_Tax::manage_tax",)


@dataclass(frozen=True)
class _Family(Generic[D]):
    """One of the three kinds of things, and how it is named, read, written and shown.

    Args:
        kind: where they are stored.
        fields: what they can be searched by.
        argument: what the body calls one.
        wire_type: how one is decoded.
        id_key: what its id is called in the body.
        read: makes one of what was sent.
        render: shows one.
        save: makes or changes one.
        delete: deletes one.
        in_use: the error if it is still needed.
    """

    kind: Kind[D]
    fields: Mapping[str, str]
    argument: str
    wire_type: DataObject
    id_key: str
    read: Callable[[dict[str, Any]], D]
    render: Callable[[D], Any]
    save: Callable[[Transaction, D, int | None], Awaitable[D | Refusal]]
    delete: Callable[[Transaction, int], Awaitable[Unknown | InUse | None]]
    unknown_field: str
    in_use: str = ""
    answers_id: bool = False

    def routes(self, path: str, variable: str, *, put_path: str) -> tuple[Route, ...]:
        """Return the routes of this family below ``path``; ``variable`` is the id in a path."""
        saved = (Param(self.argument, self.wire_type),)
        by_id = (Param(variable, INT),)
        name = "".join(part.title() if index else part for index, part in enumerate(variable.split("_")))
        put = (*saved, Param(self.id_key, INT)) if ":" in put_path else saved

        async def get(call: Call) -> Reply:
            async with call.shop.ledger.reading() as reader:
                found = await self.kind.get(reader.records, call.args[variable])
            if found is None:
                raise no_such_entity(self.unknown_field, call.args[variable])
            return Reply(self.render(found))

        async def delete(call: Call) -> Reply:
            async def work(transaction: Transaction) -> Body | Refusal:
                return await self.delete(transaction, call.args[variable]) or written(True)  # noqa: FBT003

            return self._reply(await call.write(work))

        return (
            Route("POST", path, self._post, _RESOURCES, saved),
            Route("PUT", put_path, self._put, _RESOURCES, put),
            Route("GET", f"{path}/search", self._search, _RESOURCES, (SEARCH_CRITERIA,)),
            Route("GET", f"{path}/:{name}", get, _RESOURCES, by_id),
            Route("DELETE", f"{path}/:{name}", delete, _RESOURCES, by_id),
        )

    async def _post(self, call: Call) -> Reply:
        # With an id of one that exists, POST changes it: in the platform both verbs are one operation.
        return await self._write(call, call.args[self.argument].get(self.id_key) or None)

    async def _put(self, call: Call) -> Reply:
        sent_id = call.args.get(self.id_key) or call.args[self.argument].get(self.id_key)
        return await self._write(call, sent_id or None)

    async def _write(self, call: Call, document_id: int | None) -> Reply:
        draft = self.read(call.args[self.argument])

        async def work(transaction: Transaction) -> Body | Refusal:
            saved = await self.save(transaction, draft, document_id)
            if not isinstance(saved, Document):
                return saved
            return written(str(saved.id) if self.answers_id else self.render(saved))

        return self._reply(await call.write(work))

    async def _search(self, call: Call) -> Reply:
        async def find(records: Records, search: Search) -> tuple[list[D], int]:
            return await self.kind.search(records, self.fields, search)

        async def render(_: Reader, found: Sequence[D]) -> list[Any]:
            return [self.render(document) for document in found]

        return await page(call, find, render)

    def _reply(self, result: Reply | Refusal) -> Reply:
        if isinstance(result, Reply):
            return result
        raise of_refusal(result, in_use=self.in_use)


def of_refusal(refusal: Refusal, *, in_use: str = "") -> AdobeError:
    """Return how this dialect says no to a tax class, rate or rule."""
    match refusal:
        case Missing(fields=fields):
            return several([(REQUIRED_FIELD, {"fieldName": field}) for field in fields])
        case Invalid(field=field, value=value):
            return invalid(field, value)
        case RangeBackwards():
            return AdobeError(400, "Range To should be equal or greater than Range From.")
        case Unknown(field=field, value=value):
            return no_such_entity(field, value)
        case Taken():
            return exists("Code")
        case ClassTaken(class_type=class_type):
            message = "A class with the same name already exists for ClassType %1."
            return AdobeError(400, message, [class_type])
        case ClassTypeFixed():
            return AdobeError(400, "Updating classType is not allowed.")
        case InUse():
            return AdobeError(400, in_use)
        case _:
            assert_never(refusal)


_CLASSES = _Family[TaxClass](
    kind=CLASSES,
    fields=CLASS_FIELDS,
    argument="tax_class",
    wire_type=tax_document.TAX_CLASS,
    id_key="class_id",
    read=tax_document.tax_class,
    render=tax_document.render_class,
    save=lambda transaction, draft, class_id: tax_setup.save_class(transaction, draft, class_id=class_id),
    delete=tax_setup.delete_class,
    unknown_field="class_id",
    in_use="You cannot delete this tax class because it is used in Tax Rules.",
    answers_id=True,
)
_RATES = _Family[TaxRate](
    kind=RATES,
    fields=RATE_FIELDS,
    argument="tax_rate",
    wire_type=tax_document.TAX_RATE,
    id_key="id",
    read=tax_document.tax_rate,
    render=tax_document.render_rate,
    save=lambda transaction, draft, rate_id: tax_setup.save_rate(transaction, draft, rate_id=rate_id),
    delete=tax_setup.delete_rate,
    unknown_field="taxRateId",
    in_use="The tax rate can't be removed because it exists in a tax rule.",
)
_RULES = _Family[TaxRule](
    kind=RULES,
    fields=RULE_FIELDS,
    argument="rule",
    wire_type=tax_document.TAX_RULE,
    id_key="id",
    read=tax_document.tax_rule,
    render=tax_document.render_rule,
    save=lambda transaction, draft, rule_id: tax_setup.save_rule(transaction, draft, rule_id=rule_id),
    delete=tax_setup.delete_rule,
    unknown_field="taxRuleId",
)

ROUTES = (
    *_CLASSES.routes("/V1/taxClasses", "tax_class_id", put_path="/V1/taxClasses/:classId"),
    *_RATES.routes("/V1/taxRates", "rate_id", put_path="/V1/taxRates"),
    *_RULES.routes("/V1/taxRules", "rule_id", put_path="/V1/taxRules"),
)
