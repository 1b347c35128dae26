"""What a customer may choose of a bundle's options and of a downloadable product's links. Pure.

Refusals and their order are Adobe's: required options, single choices, unknown selections, what is not for
sale any more.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from counterfoil.checkout.bundle import ONE_CHOICE, BundleOption, BundlePart, Selection
from counterfoil.checkout.product import Product
from counterfoil.domain.money import SCALE


class OptionChoice(Struct, frozen=True):
    """What somebody chose for one option, and how many of it (scaled; None: nothing was said)."""

    option_id: int
    selection_ids: tuple[int, ...]
    qty: int | None = None


class ChoicesMissing(Struct, frozen=True):
    """Refusal: nothing was chosen of a bundle's options."""


class RequiredChoiceMissing(Struct, frozen=True):
    """Refusal: nothing was chosen for an option that must not be left out."""


class TooManyChoices(Struct, frozen=True):
    """Refusal: several things were chosen for options (of these types) that take one."""

    types: tuple[str, ...]


class ChoiceUnavailable(Struct, frozen=True):
    """Refusal: what was chosen is not there, or not for sale; ``required``: and nothing stands in for it."""

    required: bool = False


class LinksMissing(Struct, frozen=True):
    """Refusal: nothing was chosen of a downloadable product's links."""


ChoiceRefusal = ChoicesMissing | RequiredChoiceMissing | TooManyChoices | ChoiceUnavailable | LinksMissing


def choose_parts(
    bundle: Product, choices: Sequence[OptionChoice], products: Mapping[int, Product]
) -> tuple[BundlePart, ...] | ChoiceRefusal:
    """Return the parts that ``choices`` make of ``bundle``, in the order in which they are shown.

    Args:
        bundle: the product.
        choices: what was chosen. If there is only one thing to choose anywhere, nothing need be said.
        products: those that can be selected, by id, as far as they exist.
    """
    chosen = {choice.option_id: choice for choice in choices if choice.selection_ids}
    if not chosen:
        chosen = _only_choices(bundle.bundle_options)
    if not chosen:
        return ChoicesMissing()
    options = {option.id: option for option in bundle.bundle_options}
    if any(option.required and option.id not in chosen for option in bundle.bundle_options):
        return RequiredChoiceMissing()
    single = [option for option in bundle.bundle_options if option.type in ONE_CHOICE and option.id in chosen]
    several = [option.type for option in single if len(set(chosen[option.id].selection_ids)) > 1]
    if several:
        return TooManyChoices(tuple(several))
    parts: list[tuple[tuple[int, int, int, int], BundlePart]] = []
    for option_id, choice in chosen.items():
        option = options.get(option_id)
        if option is None:
            return ChoiceUnavailable()
        for selection_id in dict.fromkeys(choice.selection_ids):
            selection = option.selection(selection_id)
            product = None if selection is None else products.get(selection.product_id)
            if selection is None or product is None:
                return ChoiceUnavailable()
            if not product.is_enabled:
                return ChoiceUnavailable(required=option.required and len(choice.selection_ids) == 1)
            place = (option.position, option.id, selection.position, selection.id)
            parts.append((place, _part(option, selection, choice.qty)))
    return tuple(part for _, part in sorted(parts, key=lambda entry: entry[0]))


def _only_choices(options: Sequence[BundleOption]) -> dict[int, OptionChoice]:
    """Return the choices where there is none: each option is required and offers one thing."""
    if any(not option.required or len(option.selections) != 1 for option in options):
        return {}
    return {option.id: OptionChoice(option.id, (option.selections[0].id,)) for option in options}


def _part(option: BundleOption, selection: Selection, asked: int | None) -> BundlePart:
    qty = selection.qty
    if selection.can_change_quantity and asked is not None:
        qty = asked if asked > 0 else SCALE
    return BundlePart(option.id, selection.id, selection.product_id, qty)


def choose_links(product: Product, link_ids: Sequence[int]) -> tuple[int, ...] | LinksMissing:
    """Return the links that are bought: those chosen, or all if they are not sold separately."""
    every = tuple(link.id for link in product.links)
    if not product.sells_links_separately:
        return every
    chosen = tuple(link_id for link_id in every if link_id in link_ids)
    return LinksMissing() if every and not chosen else chosen
