"""The nouns of a bundle: its options, what can be selected for each, and what a customer has chosen.

A bundle is sold as one row of a cart, and what was chosen are the parts of that row. With a *dynamic* price
each part has its own product's price; with a *fixed* one the bundle has a price of its own, to which the
selections add theirs (contract adobe §5.3). Prices, percentages and quantities are scaled by 10 000.
"""

from msgspec import Struct

from counterfoil.checkout.kind import Document, Kind
from counterfoil.domain.money import SCALE

ONE_CHOICE = ("radio", "select")
MANY_CHOICES = ("checkbox", "multi")
OPTION_TYPES = (*ONE_CHOICE, *MANY_CHOICES)

MAX_OPTIONS = 50
MAX_SELECTIONS = 500
"""The most selections that all options of one bundle may have together."""


class Selection(Struct, frozen=True):
    """A product that can be chosen for an option.

    ``qty`` is how many units one bundle contains; who buys may say otherwise if ``can_change_quantity``.
    ``price`` is what it adds to a fixed price: an amount for each unit, or a percentage of the bundle's.
    """

    id: int
    product_id: int
    qty: int = SCALE
    position: int = 0
    is_default: bool = False
    price: int = 0
    price_is_percent: bool = False
    can_change_quantity: bool = False


class BundleOption(Struct, frozen=True):
    """A choice that a bundle consists of. ``type`` is one of `OPTION_TYPES`."""

    id: int
    title: str
    required: bool = False
    type: str = "select"
    position: int = 0
    selections: tuple[Selection, ...] = ()

    def selection(self, selection_id: int) -> Selection | None:
        """Return the selection of that id."""
        return next((found for found in self.selections if found.id == selection_id), None)


class BundlePart(Struct, frozen=True, omit_defaults=True):
    """What was chosen for an option: ``qty`` units of a product in each bundle.

    ``item_id`` is the id of the part's own row, as a variant of a configurable product has one.
    """

    option_id: int
    selection_id: int
    product_id: int
    qty: int
    item_id: int = 0


class PartId(Document, frozen=True, kw_only=True):
    """Options and selections stand in their product and draw ids that no two of them share."""

    product_id: int


OPTION_IDS = Kind("bundle_option", PartId)
SELECTION_IDS = Kind("bundle_selection", PartId)
