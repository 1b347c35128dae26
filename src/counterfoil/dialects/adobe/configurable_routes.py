"""Configurable products: options and variants (contract adobe §3.3, §4.4)."""

from typing import Any, assert_never

from counterfoil.checkout import configurable
from counterfoil.checkout.configurable import (
    AlreadyAttached,
    NotAttached,
    NotConfigurable,
    OptionAttributeUnknown,
    OptionExists,
    OptionRefusal,
    ParentUnknown,
    TooManyVariants,
    VariantLacksValue,
    VariantRefusal,
    VariantsEqual,
    VariantUnknown,
    WithoutOptions,
    children_of,
)
from counterfoil.checkout.product import CONFIGURABLE, ConfigurableOption, Product, find_product
from counterfoil.dialects.adobe import product_document, product_routes
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import PRODUCT_UNKNOWN, written
from counterfoil.dialects.adobe.errors import several
from counterfoil.dialects.adobe.product_document import OPTION
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import STRING, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_RESOURCES = ("Magento_Catalog::products",)

ChildRefusal = (
    ParentUnknown | AlreadyAttached | WithoutOptions | NotConfigurable | NotAttached | VariantRefusal
)


async def post_option(call: Call) -> Reply:
    """POST /V1/configurable-products/:sku/options."""
    sent = call.args["option"]
    _check(sent)
    draft, now = product_document.option_draft(sent), call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | OptionRefusal:
        option = await configurable.add_option(transaction, sku=call.args["sku"], draft=draft, now=now)
        return written(str(option.id)) if isinstance(option, ConfigurableOption) else option

    result: Reply | OptionRefusal = await call.write(work)
    match result:
        case Reply():
            return result
        case ParentUnknown():
            raise AdobeError(404, PRODUCT_UNKNOWN)
        case OptionExists():
            raise AdobeError(400, "Product already has this option")
        case OptionAttributeUnknown() | TooManyVariants():
            raise product_routes.of_refusal(result)
        case _:
            assert_never(result)


def _check(option: dict[str, Any]) -> None:
    """Refuse a new option that leaves out what it consists of."""
    missing = [
        (f"Option {what} not specified.", None)
        for key, what in (
            ("attribute_id", "attribute ID is"),
            ("label", "label is"),
            ("values", "values are"),
        )
        if not option.get(key)
    ]
    if any(not value.get("value_index") for value in option.get("values") or ()):
        missing.append(("Value index is not specified for an option.", None))
    if missing:
        raise several(missing)


async def get_options(call: Call) -> Reply:
    """GET /V1/configurable-products/:sku/options/all."""
    product = await _configurable(call)
    return Reply([product_document.render_option(option, product) for option in product.configurable_options])


async def get_option(call: Call) -> Reply:
    """GET /V1/configurable-products/:sku/options/:id."""
    product, option_id = await _configurable(call), call.args["id"]
    for option in product.configurable_options:
        if str(option.id) == option_id:
            return Reply(product_document.render_option(option, product))
    raise AdobeError(
        404,
        'The "%1" entity that was requested doesn\'t exist. Verify the entity and try again.',
        [option_id],
    )


async def _configurable(call: Call) -> Product:
    product = await _product(call)
    if product.type_id != CONFIGURABLE:
        message = 'This is implemented for the "%1" configurable product only.'
        raise AdobeError(400, message, [product.sku])
    return product


async def _product(call: Call) -> Product:
    async with call.shop.ledger.reading() as reader:
        product = await find_product(reader.records, call.args["sku"])
    if product is None:
        raise AdobeError(404, PRODUCT_UNKNOWN)
    return product


async def get_children(call: Call) -> Reply:
    """GET /V1/configurable-products/:sku/children. A product that is not configurable has none."""
    async with call.shop.ledger.reading() as reader:
        product = await find_product(reader.records, call.args["sku"])
        if product is None:
            raise AdobeError(404, PRODUCT_UNKNOWN)
        children = await children_of(reader.records, product)
    return Reply([product_document.render_child(child) for child in children])


async def post_child(call: Call) -> Reply:
    """POST /V1/configurable-products/:sku/child."""
    args, now = call.args, call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | ChildRefusal:
        parent = await configurable.add_child(
            transaction, sku=args["sku"], child_sku=args["child_sku"], now=now
        )
        return written(True) if isinstance(parent, Product) else parent  # noqa: FBT003

    return _reply(await call.write(work))


async def delete_child(call: Call) -> Reply:
    """DELETE /V1/configurable-products/:sku/children/:childSku."""
    args, now = call.args, call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | ChildRefusal:
        parent = await configurable.remove_child(
            transaction, sku=args["sku"], child_sku=args["child_sku"], now=now
        )
        return written(True) if isinstance(parent, Product) else parent  # noqa: FBT003

    return _reply(await call.write(work))


def _reply(result: Reply | ChildRefusal) -> Reply:
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: ChildRefusal) -> AdobeError:
    """Return how this dialect says no to a variant."""
    match refusal:
        case ParentUnknown():
            return AdobeError(404, PRODUCT_UNKNOWN)
        case AlreadyAttached():
            return AdobeError(400, "The product is already attached.")
        case WithoutOptions():
            return AdobeError(400, "The parent product doesn't have configurable product options.")
        case NotConfigurable(sku=sku):
            return AdobeError(400, 'The product with the "%1" SKU isn\'t a configurable product.', [sku])
        case NotAttached():
            message = "The option that was requested doesn't exist. Verify the entity and try again."
            return AdobeError(404, message)
        case VariantLacksValue(attribute_code=code):
            message = (
                'The child product doesn\'t have the "%1" attribute value. Verify the value and try again.'
            )
            return AdobeError(400, message, [code])
        case VariantsEqual() | VariantUnknown() | TooManyVariants():
            return product_routes.of_refusal(refusal)
        case _:
            assert_never(refusal)


_PATH = "/V1/configurable-products/:sku"

ROUTES = (
    Route("POST", f"{_PATH}/options", post_option, _RESOURCES, (Param("option", OPTION),)),
    Route("GET", f"{_PATH}/options/all", get_options, _RESOURCES),
    Route("GET", f"{_PATH}/options/:id", get_option, _RESOURCES),
    Route("POST", f"{_PATH}/child", post_child, _RESOURCES, (Param("child_sku", STRING),)),
    Route("GET", f"{_PATH}/children", get_children, _RESOURCES),
    Route("DELETE", f"{_PATH}/children/:childSku", delete_child, _RESOURCES),
)
