"""Bundles: options and selections (Adobe's ``/V1/bundle-products``, contract adobe §3.3)."""

from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from counterfoil.checkout import bundle_options
from counterfoil.checkout.bundle import BundleOption, Selection
from counterfoil.checkout.bundle_options import (
    AlreadySelected,
    BundleOptionUnknown,
    BundleUnknown,
    InvalidPart,
    NotABundle,
    OptionRefusal,
    PartNotAllowed,
    SelectionUnknown,
    TooManyParts,
)
from counterfoil.checkout.product import BUNDLE, Product, find_product, load_products
from counterfoil.dialects.adobe import bundle_document
from counterfoil.dialects.adobe.bundle_document import LINK, OPTION
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import INVALID_PRODUCT, PRODUCT_UNKNOWN, invalid, written
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

OPTION_UNKNOWN = "The option that was requested doesn't exist. Verify the entity and try again."

_RESOURCES = ("Magento_Catalog::products",)


async def get_types(_: Call) -> Reply:
    """GET /V1/bundle-products/options/types."""
    return Reply([{"label": label, "code": code} for code, label in bundle_document.TYPES])


async def get_options(call: Call) -> Reply:
    """GET /V1/bundle-products/:sku/options/all."""
    bundle, parts = await _bundle(call, call.args["sku"])
    return Reply(bundle_document.render_options(bundle, parts))


async def get_option(call: Call) -> Reply:
    """GET /V1/bundle-products/:sku/options/:optionId."""
    bundle, parts = await _bundle(call, call.args["sku"])
    for option in bundle.bundle_options:
        if option.id == call.args["option_id"]:
            return Reply(bundle_document.render_option(option, bundle, parts))
    raise AdobeError(404, OPTION_UNKNOWN)


async def get_children(call: Call) -> Reply:
    """GET /V1/bundle-products/:productSku/children: what can be selected, of all options."""
    bundle, parts = await _bundle(call, call.args["product_sku"])
    options = bundle_document.render_options(bundle, parts)
    return Reply([link for option in options for link in option["product_links"]])


async def _bundle(call: Call, sku: str) -> tuple[Product, dict[int, Product]]:
    async with call.shop.ledger.reading() as reader:
        product = await find_product(reader.records, sku)
        if product is None:
            raise AdobeError(404, PRODUCT_UNKNOWN)
        if product.type_id != BUNDLE:
            raise AdobeError(400, "This is implemented for bundle products only.")
        return product, await load_products(reader.records, bundle_document.part_ids(product))


async def post_option(call: Call) -> Reply:
    """POST /V1/bundle-products/options/add: answers the option's id."""
    return await _save_option(call, None)


async def put_option(call: Call) -> Reply:
    """PUT /V1/bundle-products/options/:optionId."""
    return await _save_option(call, call.args["option_id"])


async def _save_option(call: Call, option_id: int | None) -> Reply:
    sent = call.args["option"]
    draft, now = bundle_document.option_draft(sent, option_id=option_id), call.shop.clock.now()

    async def change(transaction: Transaction) -> object:
        saved = await bundle_options.save_option(transaction, sku=sent.get("sku") or "", draft=draft, now=now)
        return saved.id if isinstance(saved, BundleOption) else saved

    return await _written(call, change)


async def delete_option(call: Call) -> Reply:
    """DELETE /V1/bundle-products/:sku/options/:optionId."""
    args, now = call.args, call.shop.clock.now()

    async def change(transaction: Transaction) -> object:
        left = await bundle_options.delete_option(
            transaction, sku=args["sku"], option_id=args["option_id"], now=now
        )
        return True if isinstance(left, Product) else left

    return await _written(call, change)


async def post_link(call: Call) -> Reply:
    """POST /V1/bundle-products/:sku/links/:optionId: answers the selection's id."""
    args, now = call.args, call.shop.clock.now()
    draft = bundle_document.selection_draft(args["linked_product"])

    async def change(transaction: Transaction) -> object:
        added = await bundle_options.add_selection(
            transaction, sku=args["sku"], option_id=args["option_id"], draft=draft, now=now
        )
        return added.id if isinstance(added, Selection) else added

    return await _written(call, change)


async def put_link(call: Call) -> Reply:
    """PUT /V1/bundle-products/:sku/links/:id."""
    args, now = call.args, call.shop.clock.now()
    draft = bundle_document.selection_draft(args["linked_product"] | {"id": str(args["id"])})

    async def change(transaction: Transaction) -> object:
        changed = await bundle_options.change_selection(transaction, sku=args["sku"], draft=draft, now=now)
        return True if isinstance(changed, Selection) else changed

    return await _written(call, change)


async def delete_link(call: Call) -> Reply:
    """DELETE /V1/bundle-products/:sku/options/:optionId/children/:childSku."""
    args, now = call.args, call.shop.clock.now()

    async def change(transaction: Transaction) -> object:
        left = await bundle_options.remove_selection(
            transaction,
            sku=args["sku"],
            option_id=args["option_id"],
            part_sku=args["child_sku"],
            now=now,
        )
        return True if isinstance(left, Product) else left

    return await _written(call, change)


async def _written(call: Call, change: Callable[[Transaction], Awaitable[Any]]) -> Reply:
    """Run ``change``, which returns what to answer (an id or true) or a refusal."""

    async def work(transaction: Transaction) -> Body | OptionRefusal:
        result = await change(transaction)
        return written(result) if isinstance(result, int) else result

    result: Reply | OptionRefusal = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: OptionRefusal) -> AdobeError:
    """Return how this dialect says no to a bundle's options."""
    match refusal:
        case BundleUnknown():
            return AdobeError(404, PRODUCT_UNKNOWN)
        case NotABundle(sku=sku):
            return AdobeError(400, 'The product with the "%1" SKU isn\'t a bundle product.', [sku])
        case BundleOptionUnknown():
            return AdobeError(404, OPTION_UNKNOWN)
        case SelectionUnknown(selection_id=None):
            message = "The bundle product doesn't exist. Review your request and try again."
            return AdobeError(404, message)
        case SelectionUnknown(selection_id=selection_id):
            message = 'The product link with the "%1" ID field wasn\'t found. Verify the ID and try again.'
            return AdobeError(400, message, [selection_id])
        case PartNotAllowed():
            return AdobeError(400, "The bundle product can't contain another composite product.")
        case AlreadySelected(sku=sku, bundle_sku=bundle_sku):
            message = 'Child with specified sku: "%1" already assigned to product: "%2"'
            return AdobeError(400, message, [sku, bundle_sku])
        case InvalidPart(field=field, value=value):
            return invalid(field, value)
        case TooManyParts(limit=limit):
            return AdobeError(400, INVALID_PRODUCT, [f"more than {limit} options or selections"])
        case _:
            assert_never(refusal)


_PATH = "/V1/bundle-products"
_OPTION_ID = Param("option_id", INT)
_LINK = Param("linked_product", LINK)

ROUTES = (
    Route("GET", f"{_PATH}/options/types", get_types, _RESOURCES),
    Route("POST", f"{_PATH}/options/add", post_option, _RESOURCES, (Param("option", OPTION),)),
    Route("PUT", f"{_PATH}/options/:optionId", put_option, _RESOURCES, (_OPTION_ID, Param("option", OPTION))),
    Route("GET", f"{_PATH}/:productSku/children", get_children, _RESOURCES),
    Route("GET", f"{_PATH}/:sku/options/all", get_options, _RESOURCES),
    Route("GET", f"{_PATH}/:sku/options/:optionId", get_option, _RESOURCES, (_OPTION_ID,)),
    Route("DELETE", f"{_PATH}/:sku/options/:optionId", delete_option, _RESOURCES, (_OPTION_ID,)),
    Route("POST", f"{_PATH}/:sku/links/:optionId", post_link, _RESOURCES, (_OPTION_ID, _LINK)),
    Route("PUT", f"{_PATH}/:sku/links/:id", put_link, _RESOURCES, (Param("id", INT), _LINK)),
    Route(
        "DELETE",
        f"{_PATH}/:sku/options/:optionId/children/:childSku",
        delete_link,
        _RESOURCES,
        (_OPTION_ID,),
    ),
)
