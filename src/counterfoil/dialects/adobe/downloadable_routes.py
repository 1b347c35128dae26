"""Links and samples of downloadable products (Adobe's ``…/downloadable-links``, contract adobe §3.3)."""

from typing import Any, assert_never

from counterfoil.checkout import downloadable_links
from counterfoil.checkout.downloadable_links import (
    DownloadableUnknown,
    InvalidLink,
    LinkDraft,
    LinkRefusal,
    LinkUnknown,
    NotDownloadable,
    TooManyLinks,
)
from counterfoil.checkout.product import Product, find_product
from counterfoil.dialects.adobe import downloadable_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import INVALID_PRODUCT, PRODUCT_UNKNOWN, invalid, written
from counterfoil.dialects.adobe.downloadable_document import LINK, SAMPLE
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

NOT_DOWNLOADABLE = "The product needs to be the downloadable type. Verify the product and try again."
LINK_UNKNOWN = "No downloadable link with the provided ID was found. Verify the ID and try again."

_RESOURCES = ("Magento_Downloadable::downloadable",)


async def get_links(call: Call) -> Reply:
    """GET /V1/products/:sku/downloadable-links."""
    product = await _product(call)
    return Reply([downloadable_document.render_link(link) for link in product.links])


async def get_samples(call: Call) -> Reply:
    """GET /V1/products/:sku/downloadable-links/samples."""
    product = await _product(call)
    return Reply([downloadable_document.render_sample(sample) for sample in product.samples])


async def _product(call: Call) -> Product:
    async with call.shop.ledger.reading() as reader:
        product = await find_product(reader.records, call.args["sku"])
    if product is None:
        raise AdobeError(404, PRODUCT_UNKNOWN)
    return product


async def post_link(call: Call) -> Reply:
    """POST /V1/products/:sku/downloadable-links: answers the link's id."""
    return await _save(call, downloadable_document.link_draft(_new(call.args["link"])), is_sample=False)


async def put_link(call: Call) -> Reply:
    """PUT /V1/products/:sku/downloadable-links/:id."""
    draft = downloadable_document.link_draft(call.args["link"], link_id=call.args["id"])
    return await _save(call, draft, is_sample=False)


async def post_sample(call: Call) -> Reply:
    """POST /V1/products/:sku/downloadable-links/samples: answers the sample's id."""
    return await _save(call, downloadable_document.sample_draft(_new(call.args["sample"])), is_sample=True)


async def put_sample(call: Call) -> Reply:
    """PUT /V1/products/:sku/downloadable-links/samples/:id."""
    draft = downloadable_document.sample_draft(call.args["sample"], sample_id=call.args["id"])
    return await _save(call, draft, is_sample=True)


def _new(sent: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key != "id"}


async def _save(call: Call, draft: LinkDraft, *, is_sample: bool) -> Reply:
    sku, now = call.args["sku"], call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | LinkRefusal:
        saved = await downloadable_links.save_link(
            transaction, sku=sku, draft=draft, is_sample=is_sample, now=now
        )
        return saved if isinstance(saved, LinkRefusal) else written(saved.id)

    return _reply(await call.write(work))


async def delete_link(call: Call) -> Reply:
    """DELETE /V1/products/downloadable-links/:id."""
    return await _delete(call, is_sample=False)


async def delete_sample(call: Call) -> Reply:
    """DELETE /V1/products/downloadable-links/samples/:id."""
    return await _delete(call, is_sample=True)


async def _delete(call: Call, *, is_sample: bool) -> Reply:
    link_id, now = call.args["id"], call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | LinkRefusal:
        left = await downloadable_links.delete_link(
            transaction, link_id=link_id, is_sample=is_sample, now=now
        )
        return left if isinstance(left, LinkUnknown) else written(True)  # noqa: FBT003

    return _reply(await call.write(work))


def _reply(result: Reply | LinkRefusal) -> Reply:
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: LinkRefusal) -> AdobeError:
    """Return how this dialect says no to links and samples."""
    match refusal:
        case DownloadableUnknown():
            return AdobeError(404, PRODUCT_UNKNOWN)
        case NotDownloadable():
            return AdobeError(400, NOT_DOWNLOADABLE)
        case LinkUnknown():
            return AdobeError(404, LINK_UNKNOWN)
        case InvalidLink(field=field, value=value):
            return invalid(field, value)
        case TooManyLinks(limit=limit):
            return AdobeError(400, INVALID_PRODUCT, [f"more than {limit} links or samples"])
        case _:
            assert_never(refusal)


_OF_PRODUCT = "/V1/products/:sku/downloadable-links"
_OF_ALL = "/V1/products/downloadable-links"
_ID = Param("id", INT)
_LINK = Param("link", LINK)
_SAMPLE = Param("sample", SAMPLE)

ROUTES = (
    Route("GET", _OF_PRODUCT, get_links, _RESOURCES),
    Route("POST", _OF_PRODUCT, post_link, _RESOURCES, (_LINK,)),
    Route("PUT", f"{_OF_PRODUCT}/:id", put_link, _RESOURCES, (_ID, _LINK)),
    Route("DELETE", f"{_OF_ALL}/:id", delete_link, _RESOURCES, (_ID,)),
    Route("GET", f"{_OF_PRODUCT}/samples", get_samples, _RESOURCES),
    Route("POST", f"{_OF_PRODUCT}/samples", post_sample, _RESOURCES, (_SAMPLE,)),
    Route("PUT", f"{_OF_PRODUCT}/samples/:id", put_sample, _RESOURCES, (_ID, _SAMPLE)),
    Route("DELETE", f"{_OF_ALL}/samples/:id", delete_sample, _RESOURCES, (_ID,)),
)
