"""The verbs of a downloadable product's links and samples: say which there are, and take them away."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.bundle import PartId
from counterfoil.checkout.bundle_options import MAX_PRICE, MAX_TITLE
from counterfoil.checkout.downloadable import (
    LINK_IDS,
    LINK_TYPES,
    MAX_LINKS,
    SAMPLE_IDS,
    SHAREABLE,
    DownloadableLink,
    DownloadableSample,
    Place,
)
from counterfoil.checkout.product import DOWNLOADABLE, PRODUCTS, Product, find_product
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Transaction, WritableRecords

MAX_DOWNLOADS = 10**9


class LinkDraft(Struct, frozen=True):
    """A link, or a sample of the product, as it was asked for. None: nothing was said. Money is scaled."""

    id: int | None = None
    title: str | None = None
    sort_order: int | None = None
    is_shareable: int | None = None
    price: int | None = None
    number_of_downloads: int | None = None
    place: Place | None = None
    sample: Place | None = None


class DownloadableUnknown(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


class NotDownloadable(Struct, frozen=True):
    """Refusal: the product with this sku is not one that can be downloaded."""

    sku: str


class LinkUnknown(Struct, frozen=True):
    """Refusal: there is no such link or sample."""

    link_id: int


class InvalidLink(Struct, frozen=True):
    """Refusal: a link or a sample cannot have this value."""

    field: str
    value: str


class TooManyLinks(Struct, frozen=True):
    """Refusal: a product may have only so many links, and as many samples."""

    limit: int


LinksRefusal = LinkUnknown | InvalidLink | TooManyLinks
LinkRefusal = LinksRefusal | DownloadableUnknown | NotDownloadable


async def with_links(
    records: WritableRecords,
    product: Product,
    *,
    links: Sequence[LinkDraft] | None,
    samples: Sequence[LinkDraft] | None,
) -> Product | LinksRefusal:
    """Return the stored product with these links and samples and no others; None leaves those there are."""
    if max(len(links or ()), len(samples or ())) > MAX_LINKS:
        return TooManyLinks(MAX_LINKS)
    if links is not None:
        made = []
        for draft in links:
            link = await _link(records, product, draft)
            if not isinstance(link, DownloadableLink):
                return link
            made.append(link)
        product = replace(product, links=tuple(made))
    if samples is not None:
        shown = []
        for draft in samples:
            sample = await _sample(records, product, draft)
            if not isinstance(sample, DownloadableSample):
                return sample
            shown.append(sample)
        product = replace(product, samples=tuple(shown))
    return product


async def _link(
    records: WritableRecords, product: Product, draft: LinkDraft
) -> DownloadableLink | LinkUnknown | InvalidLink:
    before = next((link for link in product.links if link.id == draft.id), None)
    if before is None and draft.id:
        return LinkUnknown(draft.id)
    names = ("title", "sort_order", "is_shareable", "price", "number_of_downloads", "place", "sample")
    said = {name: value for name in names if (value := getattr(draft, name)) is not None}
    link = replace(before or DownloadableLink(0, ""), **said)
    if not 0 <= link.price < MAX_PRICE:
        return InvalidLink("price", str(link.price // SCALE))
    if link.is_shareable not in SHAREABLE:
        return InvalidLink("is_shareable", str(link.is_shareable))
    if not 0 <= link.number_of_downloads < MAX_DOWNLOADS:
        return InvalidLink("number_of_downloads", str(link.number_of_downloads))
    refusal = _unfit(link.title, (link.place, link.sample))
    if refusal is not None or link.id:
        return refusal or link
    return replace(link, id=(await LINK_IDS.insert(records, PartId(product_id=product.id))).id)


async def _sample(
    records: WritableRecords, product: Product, draft: LinkDraft
) -> DownloadableSample | LinkUnknown | InvalidLink:
    before = next((sample for sample in product.samples if sample.id == draft.id), None)
    if before is None and draft.id:
        return LinkUnknown(draft.id)
    said = {
        name: value
        for name in ("title", "sort_order", "place")
        if (value := getattr(draft, name)) is not None
    }
    sample = replace(before or DownloadableSample(0, ""), **said)
    refusal = _unfit(sample.title, (sample.place,))
    if refusal is not None or sample.id:
        return refusal or sample
    return replace(sample, id=(await SAMPLE_IDS.insert(records, PartId(product_id=product.id))).id)


def _unfit(title: str, places: Sequence[Place | None]) -> InvalidLink | None:
    if not title.strip() or len(title) > MAX_TITLE:
        return InvalidLink("title", title[:MAX_TITLE])
    for place in places:
        if place is None:
            continue
        if place.type not in LINK_TYPES:
            return InvalidLink("link_type", place.type[:MAX_TITLE])
        for text in (place.url, place.file):
            if text and len(text) > MAX_TITLE:
                return InvalidLink("link_url", text[:MAX_TITLE])
    return None


async def save_link(
    transaction: Transaction, *, sku: str, draft: LinkDraft, is_sample: bool, now: str
) -> DownloadableLink | DownloadableSample | LinkRefusal:
    """Add a link or a sample to a product, or change the one that ``draft`` names, and return it."""
    records = transaction.records
    product = await find_product(records, sku, lock=True)
    if product is None:
        return DownloadableUnknown(sku)
    if product.type_id != DOWNLOADABLE:
        return NotDownloadable(product.sku)
    saved: DownloadableLink | DownloadableSample
    if is_sample:
        sample = await _sample(records, product, draft)
        if not isinstance(sample, DownloadableSample):
            return sample
        samples = {known.id: known for known in product.samples} | {sample.id: sample}
        changed, saved = replace(product, samples=tuple(samples.values())), sample
    else:
        link = await _link(records, product, draft)
        if not isinstance(link, DownloadableLink):
            return link
        links = {known.id: known for known in product.links} | {link.id: link}
        changed, saved = replace(product, links=tuple(links.values())), link
    if max(len(changed.links), len(changed.samples)) > MAX_LINKS:
        return TooManyLinks(MAX_LINKS)
    await PRODUCTS.update(records, replace(changed, updated_at=now))
    return saved


async def delete_link(
    transaction: Transaction, *, link_id: int, is_sample: bool, now: str
) -> Product | LinkUnknown:
    """Take a link or a sample away from its product and return the product."""
    records = transaction.records
    known = await (SAMPLE_IDS if is_sample else LINK_IDS).get(records, link_id)
    product = None if known is None else await PRODUCTS.get(records, known.product_id, lock=True)
    if product is None:
        return LinkUnknown(link_id)
    links = product.links if is_sample else tuple(link for link in product.links if link.id != link_id)
    samples = (
        tuple(sample for sample in product.samples if sample.id != link_id) if is_sample else product.samples
    )
    if (links, samples) == (product.links, product.samples):
        return LinkUnknown(link_id)
    return await PRODUCTS.update(records, replace(product, links=links, samples=samples, updated_at=now))
