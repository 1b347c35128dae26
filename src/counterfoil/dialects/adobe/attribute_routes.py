"""Product attributes, their options, and the attribute set (contract adobe §3.3, §4.2)."""

from collections.abc import Sequence
from typing import Any, assert_never

from counterfoil.checkout import define_attribute
from counterfoil.checkout.attribute import (
    ATTRIBUTES,
    Attribute,
    AttributeOption,
    find_attribute,
    options_of,
)
from counterfoil.checkout.define_attribute import (
    ATTRIBUTE_FIELDS,
    GROUP_FIELDS,
    GROUPS,
    AttributeGroup,
    AttributeInvalid,
    AttributeRefusal,
    AttributeUnknown,
    CodeTaken,
    DefinedAttribute,
    GroupNotInSet,
    LabelMissing,
    OptionLabelEmpty,
    OptionLabelTaken,
    OptionRefusal,
    OptionUnknown,
    SetUnknown,
    TooManyOptions,
    WithoutChoice,
)
from counterfoil.dialects.adobe import attribute_document
from counterfoil.dialects.adobe.attribute_document import ATTRIBUTE, OPTION
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import exists, invalid, page, written
from counterfoil.dialects.adobe.errors import required
from counterfoil.dialects.adobe.product_routes import ATTRIBUTE_UNKNOWN
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, STRING, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Records, Transaction
from counterfoil.ledger.searching import Search

_ATTRIBUTES = ("Magento_Catalog::attributes_attributes",)
_SETS = ("Magento_Catalog::sets",)


async def post_attribute(call: Call) -> Reply:
    """POST /V1/products/attributes."""
    changes = attribute_document.changes(call.args["attribute"])

    async def work(transaction: Transaction) -> Body | AttributeRefusal:
        return _written(await define_attribute.create_attribute(transaction, changes))

    return _reply(await call.write(work))


async def put_attribute(call: Call) -> Reply:
    """PUT /V1/products/attributes/:attributeCode."""
    code, changes = call.args["attribute_code"], attribute_document.changes(call.args["attribute"])

    async def work(transaction: Transaction) -> Body | AttributeRefusal:
        return _written(await define_attribute.update_attribute(transaction, code, changes))

    return _reply(await call.write(work))


async def get_attribute(call: Call) -> Reply:
    """GET /V1/products/attributes/:attributeCode."""
    return Reply(attribute_document.render(await _find(call)))


async def list_attributes(call: Call) -> Reply:
    """GET /V1/products/attributes."""

    async def find(records: Records, search: Search) -> tuple[list[Attribute], int]:
        return await ATTRIBUTES.search(records, ATTRIBUTE_FIELDS, search)

    async def render(reader: Reader, attributes: Sequence[Attribute]) -> list[Any]:
        return [
            attribute_document.render(
                DefinedAttribute(attribute, tuple(await options_of(reader.records, attribute)))
            )
            for attribute in attributes
        ]

    return await page(call, find, render)


async def get_options(call: Call) -> Reply:
    """GET /V1/products/attributes/:attributeCode/options."""
    defined = await _find(call)
    return Reply(attribute_document.render_options(defined.attribute, defined.options))


async def post_option(call: Call) -> Reply:
    """POST /V1/products/attributes/:attributeCode/options."""
    code, change = call.args["attribute_code"], attribute_document.option_change(call.args["option"])

    async def work(transaction: Transaction) -> Body | AttributeRefusal:
        option = await define_attribute.add_option(transaction, code, change)
        return written(str(option.id)) if isinstance(option, AttributeOption) else option

    return _reply(await call.write(work))


async def post_assignment(call: Call) -> Reply:
    """POST /V1/products/attribute-sets/attributes."""
    args = call.args

    async def work(transaction: Transaction) -> Body | AttributeUnknown | SetUnknown | GroupNotInSet:
        place = await define_attribute.assign_attribute(
            transaction,
            code=args["attribute_code"],
            attribute_set_id=args["attribute_set_id"],
            attribute_group_id=args["attribute_group_id"],
            sort_order=args["sort_order"],
        )
        return written(str(place)) if isinstance(place, int) else place

    result: Reply | AttributeUnknown | SetUnknown | GroupNotInSet = await call.write(work)
    match result:
        case SetUnknown(attribute_set_id=set_id):
            raise AdobeError(404, 'The AttributeSet with a "%1" ID doesn\'t exist.', [set_id])
        case GroupNotInSet():
            raise AdobeError(400, "The attribute group doesn't belong to the attribute set.")
        case AttributeUnknown(attribute_code=code):
            raise AdobeError(404, ATTRIBUTE_UNKNOWN, [code])
        case _:
            return result


async def list_groups(call: Call) -> Reply:
    """GET /V1/products/attribute-sets/groups/list."""

    async def find(records: Records, search: Search) -> tuple[list[AttributeGroup], int]:
        return await GROUPS.search(records, GROUP_FIELDS, search)

    async def render(_: Reader, groups: Sequence[AttributeGroup]) -> list[Any]:
        return [
            {
                "attribute_group_id": str(group.attribute_group_id),
                "attribute_group_name": group.attribute_group_name,
                "attribute_set_id": group.attribute_set_id,
            }
            for group in groups
        ]

    return await page(call, find, render)


async def _find(call: Call) -> DefinedAttribute:
    code = call.args["attribute_code"]
    async with call.shop.ledger.reading() as reader:
        attribute = await find_attribute(reader.records, code)
        if attribute is None:
            raise AdobeError(404, ATTRIBUTE_UNKNOWN, [code])
        return DefinedAttribute(attribute, tuple(await options_of(reader.records, attribute)))


def _written(result: DefinedAttribute | AttributeRefusal) -> Body | AttributeRefusal:
    return written(attribute_document.render(result)) if isinstance(result, DefinedAttribute) else result


def _reply(result: Reply | AttributeRefusal) -> Reply:
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: AttributeRefusal) -> AdobeError:
    """Return how this dialect says no to an attribute or an option."""
    match refusal:
        case AttributeUnknown(attribute_code=code):
            return AdobeError(404, ATTRIBUTE_UNKNOWN, [code])
        case LabelMissing():
            return required("frontend_label")
        case AttributeInvalid(field=field, value=value):
            return invalid(field, value)
        case CodeTaken():
            return exists("Attribute with the same code")
        case _:
            return _of_option(refusal)


def _of_option(refusal: OptionRefusal) -> AdobeError:
    match refusal:
        case WithoutChoice(attribute_code=code):
            return AdobeError(400, 'The "%1" attribute doesn\'t work with options.', [code])
        case OptionLabelEmpty():
            return AdobeError(400, "The attribute option label is empty. Enter the value and try again.")
        case OptionLabelTaken(label=label):
            message = 'Admin store attribute option label "%1" is already exists.'
            return AdobeError(400, message, [label])
        case OptionUnknown(attribute_code=code, option_id=option_id):
            message = 'The "%1" attribute doesn\'t include an option with "%2" ID.'
            return AdobeError(404, message, [code, option_id])
        case TooManyOptions(limit=limit):
            return AdobeError(400, 'Maximum items of type "%type" is %max', {"type": "option", "max": limit})
        case _:
            assert_never(refusal)


_CODE = Param("attribute_code", STRING)

ROUTES = (
    Route("POST", "/V1/products/attributes", post_attribute, _ATTRIBUTES, (Param("attribute", ATTRIBUTE),)),
    Route("GET", "/V1/products/attributes", list_attributes, _ATTRIBUTES, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/products/attributes/:attributeCode", get_attribute, _ATTRIBUTES),
    Route(
        "PUT",
        "/V1/products/attributes/:attributeCode",
        put_attribute,
        _ATTRIBUTES,
        (Param("attribute", ATTRIBUTE), _CODE),
    ),
    Route("GET", "/V1/products/attributes/:attributeCode/options", get_options, _ATTRIBUTES),
    Route(
        "POST",
        "/V1/products/attributes/:attributeCode/options",
        post_option,
        _ATTRIBUTES,
        (Param("option", OPTION), _CODE),
    ),
    Route(
        "POST",
        "/V1/products/attribute-sets/attributes",
        post_assignment,
        _SETS,
        (
            Param("attribute_set_id", INT),
            Param("attribute_group_id", INT),
            _CODE,
            Param("sort_order", INT),
        ),
    ),
    Route("GET", "/V1/products/attribute-sets/groups/list", list_groups, _SETS, (SEARCH_CRITERIA,)),
)
