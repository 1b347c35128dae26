"""Product attributes and the options of those that are chosen from a list: nouns and look-ups.

Option ids are unique over all attributes, as in Adobe's ``eav_attribute_option``.
"""

import re
from collections.abc import Sequence

from msgspec import Struct, field

from counterfoil.checkout.kind import Document, Kind
from counterfoil.ledger.ports import Records

FIRST_ATTRIBUTE_ID = 93
"""The id of ``color``, the first attribute a fresh database has; the others count up from there."""

OPTION_LIMIT = 10_000
"""The most options that an attribute may have."""

CODE = re.compile(r"[a-z][a-z_0-9]{0,30}", re.ASCII)
"""What an attribute's code looks like."""

WITH_OPTIONS = ("select", "multiselect")
"""Kinds of input whose values are chosen from options."""

BACKEND_TYPES = {
    "text": "varchar",
    "textarea": "text",
    "texteditor": "text",
    "date": "datetime",
    "datetime": "datetime",
    "boolean": "int",
    "select": "int",
    "multiselect": "text",
    "price": "decimal",
    "media_image": "varchar",
}
"""How values are kept, by kind of input. Any other kind of input is refused."""


class FrontendLabel(Struct, frozen=True):
    """An attribute's name in one store view."""

    store_id: int
    label: str


class Attribute(Document, frozen=True, kw_only=True):
    """A product attribute. ``flags`` are the settings that are kept only to be shown again."""

    attribute_code: str
    frontend_input: str = "text"
    default_frontend_label: str | None = None
    frontend_labels: tuple[FrontendLabel, ...] = ()
    is_required: bool = False
    scope: str = "store"
    default_value: str = ""
    apply_to: tuple[str, ...] = ()
    position: int = 0
    flags: dict[str, bool] = field(default_factory=dict)

    @property
    def attribute_id(self) -> int:
        """The id that clients see."""
        return self.id + FIRST_ATTRIBUTE_ID - 1

    @property
    def backend_type(self) -> str:
        """How values are kept."""
        return BACKEND_TYPES[self.frontend_input]

    @property
    def has_options(self) -> bool:
        return self.frontend_input in WITH_OPTIONS


class AttributeOption(Document, frozen=True, kw_only=True):
    """One value that can be chosen for an attribute."""

    attribute_id: int
    label: str
    sort_order: int = 0
    is_default: bool = False


ATTRIBUTES = Kind("attribute", Attribute, name_of=lambda attribute: attribute.attribute_code)
OPTIONS = Kind("attribute_option", AttributeOption, owner_of=lambda option: str(option.attribute_id))


async def find_attribute(records: Records, code: str, *, lock: bool = False) -> Attribute | None:
    """Return the attribute of that code, or None."""
    return await ATTRIBUTES.named(records, code, lock=lock)


async def get_attribute(records: Records, attribute_id: int) -> Attribute | None:
    """Return the attribute of that id (as clients see it), or None."""
    return await ATTRIBUTES.get(records, attribute_id - FIRST_ATTRIBUTE_ID + 1)


async def find_attributes(records: Records, attribute_ids: Sequence[int]) -> dict[int, Attribute]:
    """Return the attributes that exist by their ids, as clients see them."""
    stored = [attribute_id - FIRST_ATTRIBUTE_ID + 1 for attribute_id in attribute_ids]
    return {found.attribute_id: found for found in (await ATTRIBUTES.many(records, stored)).values()}


async def options_of(records: Records, attribute: Attribute) -> list[AttributeOption]:
    """Return the attribute's options in the order in which they are shown."""
    found = await OPTIONS.owned(records, str(attribute.attribute_id), limit=OPTION_LIMIT)
    return sorted(found, key=lambda option: (option.sort_order, option.id))


async def option_labels(records: Records, option_ids: Sequence[int]) -> dict[int, str]:
    """Return the labels of attribute options by option id; unknown ids are left out."""
    found = await OPTIONS.many(records, option_ids)
    return {option_id: option.label for option_id, option in found.items()}
