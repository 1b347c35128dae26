"""The verbs of product attributes: define and change them, add options, put them into the attribute set."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.attribute import (
    ATTRIBUTES,
    BACKEND_TYPES,
    CODE,
    OPTION_LIMIT,
    OPTIONS,
    Attribute,
    AttributeOption,
    FrontendLabel,
    find_attribute,
    options_of,
)
from counterfoil.checkout.catalogue import FIELDS, SYSTEM_ATTRIBUTES, UNSUPPORTED_ATTRIBUTES, url_key
from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.product import DEFAULT_ATTRIBUTE_SET
from counterfoil.ledger.ports import NameTaken, Transaction

SWATCHES = ("swatch_visual", "swatch_text")
"""Kinds of input that are a select with a different look."""

SCOPES = ("global", "website", "store")
MAX_LABEL = 255
RESERVED = frozenset(FIELDS) | SYSTEM_ATTRIBUTES | UNSUPPORTED_ATTRIBUTES
"""Codes of attributes that every product has."""


class OptionChange(Struct, frozen=True):
    """An option as it was sent. ``option_id`` None is a new one."""

    label: str
    option_id: int | None = None
    sort_order: int | None = None
    is_default: bool = False


class AttributeChanges(Struct, frozen=True):
    """What a request says about an attribute. None: nothing was said."""

    attribute_code: str | None = None
    frontend_input: str | None = None
    default_frontend_label: str | None = None
    frontend_labels: tuple[FrontendLabel, ...] | None = None
    is_required: bool | None = None
    scope: str | None = None
    default_value: str | None = None
    apply_to: tuple[str, ...] | None = None
    position: int | None = None
    flags: dict[str, bool] = {}
    options: tuple[OptionChange, ...] = ()


class AttributeUnknown(Struct, frozen=True):
    """Refusal: there is no attribute with this code."""

    attribute_code: str


class LabelMissing(Struct, frozen=True):
    """Refusal: an attribute must have a label."""


class AttributeInvalid(Struct, frozen=True):
    """Refusal: an attribute cannot have this value in this field."""

    field: str
    value: str


class CodeTaken(Struct, frozen=True):
    """Refusal: there is an attribute with this code already."""

    attribute_code: str


class WithoutChoice(Struct, frozen=True):
    """Refusal: values of this attribute are not chosen from options."""

    attribute_code: str


class OptionLabelEmpty(Struct, frozen=True):
    """Refusal: an option must have a label."""


class OptionLabelTaken(Struct, frozen=True):
    """Refusal: the attribute has an option with this label already."""

    label: str


class OptionUnknown(Struct, frozen=True):
    """Refusal: the attribute has no option of this id."""

    attribute_code: str
    option_id: int


class TooManyOptions(Struct, frozen=True):
    """Refusal: an attribute may have only so many options."""

    limit: int


class SetUnknown(Struct, frozen=True):
    """Refusal: there is no attribute set of this id."""

    attribute_set_id: int


class GroupNotInSet(Struct, frozen=True):
    """Refusal: the attribute group does not exist, or not in this set."""

    attribute_group_id: int


OptionRefusal = WithoutChoice | OptionLabelEmpty | OptionLabelTaken | OptionUnknown | TooManyOptions
AttributeRefusal = LabelMissing | AttributeInvalid | CodeTaken | AttributeUnknown | OptionRefusal


class DefinedAttribute(Struct, frozen=True):
    """An attribute with its options in the order in which they are shown."""

    attribute: Attribute
    options: tuple[AttributeOption, ...]


class AttributeGroup(Document, frozen=True, kw_only=True):
    """A group of attributes within an attribute set. Clients know it by ``attribute_group_id``."""

    attribute_group_id: int
    attribute_group_name: str
    attribute_set_id: int = DEFAULT_ATTRIBUTE_SET


class Assignment(Document, frozen=True, kw_only=True):
    """An attribute's place in an attribute set."""

    attribute_id: int
    attribute_set_id: int
    attribute_group_id: int
    sort_order: int


def group_name(attribute_set_id: int, attribute_group_id: int) -> str:
    """Return the unique name under which a group of an attribute set is stored."""
    return f"{attribute_set_id}:{attribute_group_id}"


def place_name(attribute_set_id: int, attribute_id: int) -> str:
    """Return the unique name under which an attribute's place in a set is stored."""
    return f"{attribute_set_id}:{attribute_id}"


GROUPS = Kind(
    "attribute_group",
    AttributeGroup,
    name_of=lambda group: group_name(group.attribute_set_id, group.attribute_group_id),
)
ASSIGNMENTS = Kind(
    "attribute_assignment",
    Assignment,
    name_of=lambda place: place_name(place.attribute_set_id, place.attribute_id),
)

ATTRIBUTE_FIELDS = {
    "attribute_code": "attribute_code:text",
    "frontend_input": "frontend_input:text",
    "default_frontend_label": "default_frontend_label:text",
    "frontend_label": "default_frontend_label:text",
}
GROUP_FIELDS = {
    "attribute_group_id": "attribute_group_id:integer",
    "attribute_group_name": "attribute_group_name:text",
    "attribute_set_id": "attribute_set_id:integer",
}


async def create_attribute(
    transaction: Transaction, changes: AttributeChanges
) -> DefinedAttribute | AttributeRefusal:
    """Define a new attribute with its options. Without a code it gets one made of its label."""
    label = _label(changes)
    if label is None:
        return LabelMissing()
    code = changes.attribute_code or _code_of(label)
    if not CODE.fullmatch(code):
        return AttributeInvalid("attribute_code", code)
    if code in RESERVED:
        return CodeTaken(code)
    frontend_input = "select" if changes.frontend_input in SWATCHES else changes.frontend_input or ""
    if frontend_input not in BACKEND_TYPES:
        return AttributeInvalid("frontend_input", frontend_input)
    draft = Attribute(attribute_code=code, frontend_input=frontend_input, default_frontend_label=label)
    changed = _changed(draft, changes)
    if isinstance(changed, AttributeInvalid):
        return changed
    try:
        attribute = await ATTRIBUTES.insert(transaction.records, changed)
    except NameTaken:
        return CodeTaken(code)
    return await _save_options(transaction, attribute, changes.options)


async def update_attribute(
    transaction: Transaction, code: str, changes: AttributeChanges
) -> DefinedAttribute | AttributeRefusal:
    """Change an attribute. Its code and its kind of input stay as they are."""
    attribute = await find_attribute(transaction.records, code, lock=True)
    if attribute is None:
        return AttributeUnknown(code)
    changed = _changed(attribute, changes)
    if isinstance(changed, AttributeInvalid):
        return changed
    changed = replace(changed, default_frontend_label=_label(changes) or attribute.default_frontend_label)
    attribute = await ATTRIBUTES.update(transaction.records, changed)
    return await _save_options(transaction, attribute, changes.options)


def _changed(attribute: Attribute, changes: AttributeChanges) -> Attribute | AttributeInvalid:
    if changes.scope is not None and changes.scope not in SCOPES:
        return AttributeInvalid("scope", changes.scope)
    labels = [label.label for label in changes.frontend_labels or ()]
    for label in (changes.default_frontend_label or "", *labels):
        if len(label) > MAX_LABEL:
            return AttributeInvalid("frontend_label", label)
    said = {
        field: value
        for field in ("frontend_labels", "is_required", "scope", "default_value", "apply_to", "position")
        if (value := getattr(changes, field)) is not None
    }
    return replace(attribute, flags=attribute.flags | changes.flags, **said)


def _label(changes: AttributeChanges) -> str | None:
    """Return the attribute's own label: the one given, else that for the admin store."""
    of_admin = (label.label for label in changes.frontend_labels or () if label.store_id == 0)
    return changes.default_frontend_label or next(of_admin, None) or None


def _code_of(label: str) -> str:
    code = url_key(label).replace("-", "_")[:30]
    return code if CODE.fullmatch(code) else f"attr_{code}"[:30]


async def add_option(
    transaction: Transaction, code: str, change: OptionChange
) -> AttributeOption | AttributeUnknown | OptionRefusal:
    """Add a value to choose to an attribute and return it with its id."""
    attribute = await find_attribute(transaction.records, code, lock=True)
    if attribute is None:
        return AttributeUnknown(code)
    present = await options_of(transaction.records, attribute)
    if any(option.label.casefold() == change.label.strip().casefold() for option in present):
        return OptionLabelTaken(change.label)
    return await _save_option(transaction, attribute, replace(change, option_id=None), present)


async def _save_options(
    transaction: Transaction, attribute: Attribute, changes: Sequence[OptionChange]
) -> DefinedAttribute | OptionRefusal:
    present = await options_of(transaction.records, attribute)
    for change in changes:
        if change.option_id is None and not change.label.strip():
            continue  # the empty first entry of every list of options, sent back as it was answered
        saved = await _save_option(transaction, attribute, change, present)
        if not isinstance(saved, AttributeOption):
            return saved
        present = [option for option in present if option.id != saved.id] + [saved]
    # The default option is written to the attribute, so read it again.
    stored = await ATTRIBUTES.get(transaction.records, attribute.id)
    assert stored is not None
    ordered = sorted(present, key=lambda option: (option.sort_order, option.id))
    return DefinedAttribute(stored, tuple(ordered))


async def _save_option(
    transaction: Transaction, attribute: Attribute, change: OptionChange, present: Sequence[AttributeOption]
) -> AttributeOption | OptionRefusal:
    """Write one option: the one of its id, else the one of its label, else a new one."""
    label = change.label.strip()
    if not attribute.has_options:
        return WithoutChoice(attribute.attribute_code)
    if not label or len(label) > MAX_LABEL:
        return OptionLabelEmpty()
    same_label = next((option for option in present if option.label.casefold() == label.casefold()), None)
    before = next((option for option in present if option.id == change.option_id), None)
    if change.option_id is not None and before is None:
        return OptionUnknown(attribute.attribute_code, change.option_id)
    if before is not None and same_label is not None and same_label.id != before.id:
        return OptionLabelTaken(label)
    before = before or same_label
    if before is None and len(present) >= OPTION_LIMIT:
        return TooManyOptions(OPTION_LIMIT)
    saved = await _store_option(transaction, attribute, before, replace(change, label=label), len(present))
    if change.is_default:
        current = await ATTRIBUTES.get(transaction.records, attribute.id)
        assert current is not None
        changed = replace(current, default_value=str(saved.id))
        await ATTRIBUTES.update(transaction.records, changed)
    return saved


async def _store_option(
    transaction: Transaction,
    attribute: Attribute,
    before: AttributeOption | None,
    change: OptionChange,
    count: int,
) -> AttributeOption:
    if before is None:
        order = count if change.sort_order is None else change.sort_order
        option = AttributeOption(attribute_id=attribute.attribute_id, label=change.label, sort_order=order)
        return await OPTIONS.insert(transaction.records, option)
    order = before.sort_order if change.sort_order is None else change.sort_order
    changed = replace(before, label=change.label, sort_order=order)
    if changed == before:
        return before
    return await OPTIONS.update(transaction.records, changed)


async def assign_attribute(
    transaction: Transaction, *, code: str, attribute_set_id: int, attribute_group_id: int, sort_order: int
) -> int | AttributeUnknown | SetUnknown | GroupNotInSet:
    """Put an attribute into a group of an attribute set and return the id of that place."""
    records = transaction.records
    if attribute_set_id != DEFAULT_ATTRIBUTE_SET:
        return SetUnknown(attribute_set_id)
    group = await GROUPS.named(records, group_name(attribute_set_id, attribute_group_id))
    if group is None:
        return GroupNotInSet(attribute_group_id)
    attribute = await find_attribute(records, code, lock=True)
    if attribute is None:
        return AttributeUnknown(code)
    name = place_name(attribute_set_id, attribute.attribute_id)
    before = await ASSIGNMENTS.named(records, name, lock=True)
    place = Assignment(
        attribute_id=attribute.attribute_id,
        attribute_set_id=attribute_set_id,
        attribute_group_id=attribute_group_id,
        sort_order=sort_order,
    )
    if before is None:
        return (await ASSIGNMENTS.insert(records, place)).id
    await ASSIGNMENTS.update(records, replace(place, id=before.id, version=before.version))
    return before.id
