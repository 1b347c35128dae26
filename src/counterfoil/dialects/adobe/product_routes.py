"""Products: save, read, find, delete (contract adobe §3.3, §4.3)."""

from collections.abc import Sequence
from typing import Any, assert_never

from counterfoil.checkout import catalogue
from counterfoil.checkout.bundle_options import PartsRefusal
from counterfoil.checkout.catalogue import (
    InvalidValue,
    NegativeNumber,
    NotSupported,
    PlainRefusal,
    ProductRefusal,
    ProductUnknown,
    SavedProduct,
    SkuTooLong,
    ValueMissing,
)
from counterfoil.checkout.configurable import (
    OptionAttributeUnknown,
    TooManyVariants,
    VariantLacksValue,
    VariantsEqual,
    VariantUnknown,
)
from counterfoil.checkout.downloadable_links import LinksRefusal
from counterfoil.checkout.product import Product, find_product, load_products
from counterfoil.checkout.stock import InvalidStock, load_stock
from counterfoil.dialects.adobe import (
    bundle_document,
    bundle_routes,
    downloadable_routes,
    product_document,
    stock_document,
)
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import INVALID_PRODUCT, PRODUCT_UNKNOWN, invalid, page, written
from counterfoil.dialects.adobe.product_document import PRODUCT
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import BOOL, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Transaction

ATTRIBUTE_UNKNOWN = (
    'The attribute with a "%1" attributeCode doesn\'t exist. Verify the attribute and try again.'
)

_RESOURCES = ("Magento_Catalog::products",)


async def post_product(call: Call) -> Reply:
    """POST /V1/products."""
    return await _save(call, call.args["product"].get("sku") or "")


async def put_product(call: Call) -> Reply:
    """PUT /V1/products/:sku. The sku of the path counts; one that is new makes a product."""
    return await _save(call, call.args["sku"])


async def _save(call: Call, sku: str) -> Reply:
    changes = product_document.changes(sku, call.args["product"])
    now = call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | ProductRefusal:
        saved = await catalogue.save_product(transaction, changes, now=now)
        if not isinstance(saved, SavedProduct):
            return saved
        return written(product_document.render_saved(saved, await _parts(transaction, saved.product)))

    result: Reply | ProductRefusal = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


async def get_product(call: Call) -> Reply:
    """GET /V1/products/:sku."""
    async with call.shop.ledger.reading() as reader:
        product = await find_product(reader.records, call.args["sku"])
        if product is None:
            raise AdobeError(404, PRODUCT_UNKNOWN)
        saved = SavedProduct(product, await load_stock(reader, product))
        return Reply(product_document.render(saved, await _parts(reader, product)))


async def _parts(reader: Reader, product: Product) -> dict[int, Product]:
    """Return what the product consists of: variants, or what can be selected for a bundle."""
    ids = [*product.child_ids, *bundle_document.part_ids(product)]
    return await load_products(reader.records, ids) if ids else {}


async def list_products(call: Call) -> Reply:
    """GET /V1/products."""

    async def render(_: Reader, products: Sequence[Product]) -> list[Any]:
        return [product_document.render_listed(product) for product in products]

    return await page(call, catalogue.search_products, render)


async def delete_product(call: Call) -> Reply:
    """DELETE /V1/products/:sku."""

    async def work(transaction: Transaction) -> Body | ProductUnknown:
        return await catalogue.delete_product(transaction, sku=call.args["sku"]) or written(True)  # noqa: FBT003

    result = await call.write(work)
    if isinstance(result, ProductUnknown):
        raise AdobeError(404, PRODUCT_UNKNOWN)
    return result


def of_refusal(refusal: ProductRefusal) -> AdobeError:
    """Return how this dialect says no to a product."""
    if isinstance(refusal, PartsRefusal):
        return bundle_routes.of_refusal(refusal)
    if isinstance(refusal, LinksRefusal):
        return downloadable_routes.of_refusal(refusal)
    return _of_product(refusal)


def _of_product(refusal: PlainRefusal) -> AdobeError:
    match refusal:
        case ValueMissing(label=label):
            message = 'The "%1" attribute value is empty. Set the attribute and try again.'
            return AdobeError(400, message, [label])
        case SkuTooLong(limit=limit):
            return AdobeError(400, "SKU length should be %1 characters maximum.", [limit])
        case NegativeNumber():
            return AdobeError(400, "Please enter a number 0 or greater in this field.")
        case InvalidValue(field=field, value=value):
            return invalid(field, value)
        case NotSupported(attribute_code=code):
            return AdobeError(400, INVALID_PRODUCT, [f"{code} is not supported"])
        case InvalidStock():
            return stock_document.of_refusal(refusal)
        case OptionAttributeUnknown(attribute_id=attribute_id):
            return AdobeError(404, ATTRIBUTE_UNKNOWN, [str(attribute_id)])
        case VariantUnknown():
            return AdobeError(404, PRODUCT_UNKNOWN)
        case VariantLacksValue(product_id=product_id, attribute_code=code):
            message = 'Product with id "%1" does not contain required attribute "%2".'
            return AdobeError(400, message, [product_id, code])
        case VariantsEqual(product_id=product_id, other_id=other_id):
            message = 'Products "%1" and "%2" have the same set of attribute values.'
            return AdobeError(400, message, [product_id, other_id])
        case TooManyVariants(limit=limit):
            return AdobeError(400, INVALID_PRODUCT, [f"more than {limit} options or variants"])
        case _:
            assert_never(refusal)


_SAVE = (Param("product", PRODUCT), Param("save_options", BOOL, required=False, default=False))

ROUTES = (
    Route("POST", "/V1/products", post_product, _RESOURCES, _SAVE),
    Route("PUT", "/V1/products/:sku", put_product, _RESOURCES, _SAVE),
    Route("GET", "/V1/products/:sku", get_product, _RESOURCES),
    Route("GET", "/V1/products", list_products, _RESOURCES, (SEARCH_CRITERIA,)),
    Route("DELETE", "/V1/products/:sku", delete_product, _RESOURCES),
)
