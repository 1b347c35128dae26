"""The verbs of a bundle's options: say what it consists of, change that, take it away.

Options and selections keep their ids as long as they are named by them, or by the product that they
select. A bundle consists of products that are sold as they are: simple and virtual ones
(Adobe's REST operations ``/V1/bundle-products``, contract adobe §3.3).
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.bundle import (
    MAX_OPTIONS,
    MAX_SELECTIONS,
    OPTION_IDS,
    OPTION_TYPES,
    SELECTION_IDS,
    BundleOption,
    PartId,
    Selection,
)
from counterfoil.checkout.product import BUNDLE, PRODUCTS, SIMPLE, VIRTUAL, Product, find_product
from counterfoil.checkout.stock import MAX_QTY
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Transaction, WritableRecords

MAX_TITLE = 255
MAX_PRICE = 10**8 * SCALE
"""Prices of selections must stay below this."""


class SelectionDraft(Struct, frozen=True):
    """A selection as it was asked for. None: nothing was said. Prices and quantities are scaled."""

    sku: str
    id: int | None = None
    qty: int | None = None
    position: int | None = None
    is_default: bool | None = None
    price: int | None = None
    price_is_percent: bool | None = None
    can_change_quantity: bool | None = None


class BundleOptionDraft(Struct, frozen=True):
    """An option as it was asked for. None: nothing was said; ``selections`` replace those there were."""

    id: int | None = None
    title: str | None = None
    required: bool | None = None
    type: str | None = None
    position: int | None = None
    selections: tuple[SelectionDraft, ...] | None = None


class BundleUnknown(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


class NotABundle(Struct, frozen=True):
    """Refusal: the product with this sku is no bundle."""

    sku: str


class BundleOptionUnknown(Struct, frozen=True):
    """Refusal: the bundle has no such option."""

    sku: str
    option_id: int


class SelectionUnknown(Struct, frozen=True):
    """Refusal: the bundle has no such selection. ``selection_id`` is None if it was named by its sku."""

    selection_id: int | None


class PartNotAllowed(Struct, frozen=True):
    """Refusal: the product with this sku cannot be part of a bundle."""

    sku: str


class AlreadySelected(Struct, frozen=True):
    """Refusal: the product can be chosen for the option already."""

    sku: str
    bundle_sku: str


class InvalidPart(Struct, frozen=True):
    """Refusal: an option or a selection cannot have this value."""

    field: str
    value: str


class TooManyParts(Struct, frozen=True):
    """Refusal: a bundle may have only so many options or selections."""

    limit: int


PartsRefusal = (
    BundleUnknown
    | BundleOptionUnknown
    | SelectionUnknown
    | PartNotAllowed
    | AlreadySelected
    | InvalidPart
    | TooManyParts
)
OptionRefusal = PartsRefusal | NotABundle


async def with_options(
    records: WritableRecords, product: Product, drafts: Sequence[BundleOptionDraft]
) -> Product | PartsRefusal:
    """Return the stored bundle with the options that ``drafts`` ask for and no others."""
    if len(drafts) > MAX_OPTIONS:
        return TooManyParts(MAX_OPTIONS)
    known = {option.id: option for option in product.bundle_options}
    options: dict[int, BundleOption] = {}
    for draft in drafts:
        before = known.get(draft.id or 0)
        if before is None and draft.id:
            return BundleOptionUnknown(product.sku, draft.id)
        option = await _option(records, product, draft, before)
        if not isinstance(option, BundleOption):
            return option
        options[option.id] = option
    return _within_bounds(replace(product, bundle_options=tuple(options.values())))


def _within_bounds(product: Product) -> Product | TooManyParts:
    if len(product.bundle_options) > MAX_OPTIONS:
        return TooManyParts(MAX_OPTIONS)
    count = sum(len(option.selections) for option in product.bundle_options)
    return TooManyParts(MAX_SELECTIONS) if count > MAX_SELECTIONS else product


async def _option(
    records: WritableRecords, product: Product, draft: BundleOptionDraft, before: BundleOption | None
) -> BundleOption | PartsRefusal:
    option = before or BundleOption(0, "")
    said = {
        name: value
        for name in ("title", "required", "type", "position")
        if (value := getattr(draft, name)) is not None
    }
    option = replace(option, **said)
    if not option.title.strip() or len(option.title) > MAX_TITLE:
        return InvalidPart("title", option.title[:MAX_TITLE])
    if option.type not in OPTION_TYPES:
        return InvalidPart("type", option.type)
    if option.id == 0:
        option = replace(option, id=(await OPTION_IDS.insert(records, PartId(product_id=product.id))).id)
    if draft.selections is None:
        return option
    if len(draft.selections) > MAX_SELECTIONS:
        return TooManyParts(MAX_SELECTIONS)
    selections: dict[int, Selection] = {}
    for wanted in draft.selections:
        selection = await _selection(records, product, wanted, option.selections)
        if not isinstance(selection, Selection):
            return selection
        if any(other.product_id == selection.product_id for other in selections.values()):
            return AlreadySelected(wanted.sku, product.sku)
        selections[selection.id] = selection
    return replace(option, selections=tuple(selections.values()))


async def _selection(
    records: WritableRecords, product: Product, draft: SelectionDraft, known: Sequence[Selection]
) -> Selection | PartsRefusal:
    """Return the selection that ``draft`` asks for, which may be one of ``known`` with changes."""
    part = await find_product(records, draft.sku)
    if part is None:
        return BundleUnknown(draft.sku)
    if part.type_id not in (SIMPLE, VIRTUAL):
        return PartNotAllowed(draft.sku)
    before = next((found for found in known if found.id == draft.id), None)
    if before is None and draft.id:
        return SelectionUnknown(draft.id)
    before = before or next((found for found in known if found.product_id == part.id), None)
    said = {
        name: value
        for name in ("qty", "position", "is_default", "price", "price_is_percent", "can_change_quantity")
        if (value := getattr(draft, name)) is not None
    }
    selection = replace(before or Selection(0, part.id), product_id=part.id, **said)
    if not 0 < selection.qty < MAX_QTY:
        return InvalidPart("qty", str(selection.qty // SCALE))
    most = 100 * SCALE + 1 if selection.price_is_percent else MAX_PRICE
    if not 0 <= selection.price < most:
        return InvalidPart("price", str(selection.price // SCALE))
    if selection.id:
        return selection
    return replace(selection, id=(await SELECTION_IDS.insert(records, PartId(product_id=product.id))).id)


async def save_option(
    transaction: Transaction, *, sku: str, draft: BundleOptionDraft, now: str
) -> BundleOption | OptionRefusal:
    """Add an option to a bundle, or change the one that ``draft`` names, and return it."""
    records = transaction.records
    product = await _bundle(transaction, sku)
    if not isinstance(product, Product):
        return product
    before = next((option for option in product.bundle_options if option.id == draft.id), None)
    if before is None and draft.id:
        return BundleOptionUnknown(product.sku, draft.id)
    option = await _option(records, product, draft, before)
    if not isinstance(option, BundleOption):
        return option
    saved = await _save(transaction, _with_option(product, option), now)
    return saved if isinstance(saved, TooManyParts) else option


async def delete_option(
    transaction: Transaction, *, sku: str, option_id: int, now: str
) -> Product | OptionRefusal:
    """Take an option away from a bundle and return the bundle."""
    product = await _bundle(transaction, sku)
    if not isinstance(product, Product):
        return product
    left = tuple(option for option in product.bundle_options if option.id != option_id)
    if len(left) == len(product.bundle_options):
        return BundleOptionUnknown(product.sku, option_id)
    return await _save(transaction, replace(product, bundle_options=left), now)


async def add_selection(
    transaction: Transaction, *, sku: str, option_id: int, draft: SelectionDraft, now: str
) -> Selection | OptionRefusal:
    """Let one more product be chosen for an option and return the selection."""
    product = await _bundle(transaction, sku)
    if not isinstance(product, Product):
        return product
    option = next((option for option in product.bundle_options if option.id == option_id), None)
    if option is None:
        return BundleOptionUnknown(product.sku, option_id)
    selection = await _selection(transaction.records, product, replace(draft, id=None), ())
    if not isinstance(selection, Selection):
        return selection
    if any(other.product_id == selection.product_id for other in option.selections):
        return AlreadySelected(draft.sku, product.sku)
    option = replace(option, selections=(*option.selections, selection))
    saved = await _save(transaction, _with_option(product, option), now)
    return saved if isinstance(saved, TooManyParts) else selection


async def change_selection(
    transaction: Transaction, *, sku: str, draft: SelectionDraft, now: str
) -> Selection | OptionRefusal:
    """Change the selection that ``draft`` names by its id and return it."""
    product = await _bundle(transaction, sku)
    if not isinstance(product, Product):
        return product
    option = next((option for option in product.bundle_options if option.selection(draft.id or 0)), None)
    if option is None:
        return SelectionUnknown(draft.id)
    selection = await _selection(transaction.records, product, draft, option.selections)
    if not isinstance(selection, Selection):
        return selection
    others = [other for other in option.selections if other.id != selection.id]
    if any(other.product_id == selection.product_id for other in others):
        return AlreadySelected(draft.sku, product.sku)
    changed = tuple(selection if other.id == selection.id else other for other in option.selections)
    saved = await _save(transaction, _with_option(product, replace(option, selections=changed)), now)
    return saved if isinstance(saved, TooManyParts) else selection


async def remove_selection(
    transaction: Transaction, *, sku: str, option_id: int, part_sku: str, now: str
) -> Product | OptionRefusal:
    """Let a product no longer be chosen for an option and return the bundle."""
    product = await _bundle(transaction, sku)
    if not isinstance(product, Product):
        return product
    part = await find_product(transaction.records, part_sku)
    option = next((option for option in product.bundle_options if option.id == option_id), None)
    if option is None or part is None:
        return SelectionUnknown(None)
    left = tuple(selection for selection in option.selections if selection.product_id != part.id)
    if len(left) == len(option.selections):
        return SelectionUnknown(None)
    return await _save(transaction, _with_option(product, replace(option, selections=left)), now)


async def _bundle(transaction: Transaction, sku: str) -> Product | BundleUnknown | NotABundle:
    product = await find_product(transaction.records, sku, lock=True)
    if product is None:
        return BundleUnknown(sku)
    return product if product.type_id == BUNDLE else NotABundle(product.sku)


def _with_option(product: Product, option: BundleOption) -> Product:
    options = {known.id: known for known in product.bundle_options} | {option.id: option}
    return replace(product, bundle_options=tuple(options.values()))


async def _save(transaction: Transaction, product: Product, now: str) -> Product | TooManyParts:
    bounded = _within_bounds(product)
    if isinstance(bounded, TooManyParts):
        return bounded
    return await PRODUCTS.update(transaction.records, replace(bounded, updated_at=now))
