"""Configurable products: by which attributes their variants differ, and which products the variants are.

A variant has a value for each of the attributes, and no two variants have the same values
(contract adobe §4.4).
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.attribute import Attribute, find_attributes
from counterfoil.checkout.product import (
    COMPOSITE,
    CONFIGURABLE,
    OPTION_IDS,
    PRODUCTS,
    ConfigurableOption,
    OptionId,
    Product,
    find_product,
    load_products,
)
from counterfoil.ledger.ports import Records, Transaction, WritableRecords

MAX_OPTIONS = 20
MAX_CHILDREN = 5000


class OptionDraft(Struct, frozen=True):
    """An attribute that variants shall differ by, as it was asked for. ``label`` "" takes the attribute's."""

    attribute_id: int
    label: str = ""
    position: int = 0
    value_indexes: tuple[int, ...] = ()


class ParentUnknown(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


class NotConfigurable(Struct, frozen=True):
    """Refusal: the product with this sku has no variants."""

    sku: str


class OptionAttributeUnknown(Struct, frozen=True):
    """Refusal: there is no attribute of this id that values could be chosen from."""

    attribute_id: int


class OptionExists(Struct, frozen=True):
    """Refusal: the variants differ by this attribute already."""

    attribute_id: int


class TooManyVariants(Struct, frozen=True):
    """Refusal: a product may have only so many options or variants."""

    limit: int


class AlreadyAttached(Struct, frozen=True):
    """Refusal: the product is a variant already."""

    sku: str


class NotAttached(Struct, frozen=True):
    """Refusal: the product is not a variant."""

    sku: str


class WithoutOptions(Struct, frozen=True):
    """Refusal: the parent has no attributes by which variants could differ."""

    sku: str


class VariantLacksValue(Struct, frozen=True):
    """Refusal: the product has no value for an attribute by which variants differ."""

    product_id: int
    attribute_code: str


class VariantsEqual(Struct, frozen=True):
    """Refusal: two products have the same values for all attributes by which variants differ."""

    product_id: int
    other_id: int


class VariantUnknown(Struct, frozen=True):
    """Refusal: a product that shall be a variant does not exist, or cannot be one."""

    product_id: int


OptionRefusal = ParentUnknown | OptionAttributeUnknown | OptionExists | TooManyVariants
VariantRefusal = VariantLacksValue | VariantsEqual | VariantUnknown | TooManyVariants


async def add_option(
    transaction: Transaction, *, sku: str, draft: OptionDraft, now: str
) -> ConfigurableOption | OptionRefusal:
    """Let the variants of a product differ by one more attribute and return the new option.

    The product becomes a configurable one if it was not, as Adobe has it.
    """
    records = transaction.records
    product = await find_product(records, sku, lock=True)
    if product is None:
        return ParentUnknown(sku)
    if any(option.attribute_id == draft.attribute_id for option in product.configurable_options):
        return OptionExists(draft.attribute_id)
    options = await options_of_drafts(records, product, [draft])
    if not isinstance(options, tuple):
        return options
    every = (*product.configurable_options, *options)
    if len(every) > MAX_OPTIONS:
        return TooManyVariants(MAX_OPTIONS)
    changed = replace(product, type_id=CONFIGURABLE, configurable_options=every, updated_at=now)
    await PRODUCTS.update(records, changed)
    return options[0]


async def options_of_drafts(
    records: WritableRecords, product: Product, drafts: Sequence[OptionDraft]
) -> tuple[ConfigurableOption, ...] | OptionAttributeUnknown | TooManyVariants:
    """Return the options that ``drafts`` ask for. One for an attribute that had an option keeps its id."""
    if len(drafts) > MAX_OPTIONS:
        return TooManyVariants(MAX_OPTIONS)
    known = {option.attribute_id: option.id for option in product.configurable_options}
    attributes = await find_attributes(records, [draft.attribute_id for draft in drafts])
    options: dict[int, ConfigurableOption] = {}
    for draft in drafts:
        attribute = attributes.get(draft.attribute_id)
        if attribute is None or not attribute.has_options:
            return OptionAttributeUnknown(draft.attribute_id)
        option_id = known.get(draft.attribute_id) or (await OPTION_IDS.insert(records, OptionId())).id
        label = draft.label or attribute.default_frontend_label or attribute.attribute_code
        options[draft.attribute_id] = ConfigurableOption(
            option_id, draft.attribute_id, label, draft.position, draft.value_indexes
        )
    return tuple(options.values())


async def add_child(
    transaction: Transaction, *, sku: str, child_sku: str, now: str
) -> Product | ParentUnknown | AlreadyAttached | WithoutOptions | VariantRefusal:
    """Make a product a variant of another and return the parent."""
    records = transaction.records
    parent = await find_product(records, sku, lock=True)
    if parent is None:
        return ParentUnknown(sku)
    child = await find_product(records, child_sku)
    if child is None:
        return ParentUnknown(child_sku)
    if child.id in parent.child_ids:
        return AlreadyAttached(child_sku)
    if not parent.configurable_options:
        return WithoutOptions(sku)
    changed = await with_children(records, parent, (*parent.child_ids, child.id))
    if not isinstance(changed, Product):
        return changed
    return await PRODUCTS.update(records, replace(changed, updated_at=now))


async def with_children(
    records: Records, parent: Product, child_ids: Sequence[int]
) -> Product | VariantRefusal:
    """Return the parent with these variants, if they can be its variants.

    A value that a variant has and the option did not list is added to the option. Products that were
    variants and have been deleted since are left out.
    """
    if len(child_ids) > MAX_CHILDREN:
        return TooManyVariants(MAX_CHILDREN)
    attributes = await find_attributes(
        records, [option.attribute_id for option in parent.configurable_options]
    )
    children = await load_products(records, child_ids)
    for child_id in child_ids:
        child = children.get(child_id)
        if child is None and child_id not in parent.child_ids:
            return VariantUnknown(child_id)
        if child is not None and (child.type_id in COMPOSITE or child.id == parent.id):
            return VariantUnknown(child_id)
    refusal = refuse_variants(parent, list(children.values()), attributes)
    if refusal is not None:
        return refusal
    options = tuple(
        replace(option, value_indexes=_with_values(option, list(children.values()), attributes))
        for option in parent.configurable_options
    )
    return replace(parent, child_ids=tuple(children), configurable_options=options)


def refuse_variants(
    parent: Product, children: Sequence[Product], attributes: dict[int, Attribute]
) -> VariantLacksValue | VariantsEqual | None:
    """Return why these products cannot be the variants of ``parent``, or None."""
    seen: dict[tuple[str, ...], int] = {}
    for child in children:
        values = []
        for option in parent.configurable_options:
            code = attributes[option.attribute_id].attribute_code
            value = child.attributes.get(code)
            if not isinstance(value, str) or not value:
                return VariantLacksValue(child.id, code)
            values.append(value)
        other = seen.setdefault(tuple(values), child.id)
        if values and other != child.id:
            return VariantsEqual(child.id, other)
    return None


def _with_values(
    option: ConfigurableOption, children: Sequence[Product], attributes: dict[int, Attribute]
) -> tuple[int, ...]:
    code = attributes[option.attribute_id].attribute_code
    values = list(option.value_indexes)
    for child in children:
        value = child.attributes.get(code)
        if isinstance(value, str) and value.isdecimal() and int(value) not in values:
            values.append(int(value))
    return tuple(values)


async def remove_child(
    transaction: Transaction, *, sku: str, child_sku: str, now: str
) -> Product | ParentUnknown | NotConfigurable | NotAttached:
    """Make a product no longer a variant of another and return the parent."""
    records = transaction.records
    parent = await find_product(records, sku, lock=True)
    if parent is None:
        return ParentUnknown(sku)
    if parent.type_id != CONFIGURABLE:
        return NotConfigurable(sku)
    child = await find_product(records, child_sku)
    if child is None or child.id not in parent.child_ids:
        return NotAttached(child_sku)
    left = tuple(child_id for child_id in parent.child_ids if child_id != child.id)
    changed = replace(parent, child_ids=left, updated_at=now)
    return await PRODUCTS.update(records, changed)


async def children_of(records: Records, parent: Product) -> list[Product]:
    """Return the variants of a product that still exist."""
    return list((await load_products(records, parent.child_ids)).values())
