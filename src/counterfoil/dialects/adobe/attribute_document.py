"""Product attributes on the wire: what of a request becomes changes, and how they are shown."""

from collections.abc import Sequence
from typing import Any

from counterfoil.checkout.attribute import Attribute, AttributeOption, FrontendLabel
from counterfoil.checkout.define_attribute import AttributeChanges, DefinedAttribute, OptionChange
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.wire import BOOL, INT, MIXED, STRING, DataObject, ListOf

ENTITY_TYPE_ID = "4"
"""The type of things that product attributes belong to."""

_BOOLEANS = (
    "is_wysiwyg_enabled",
    "is_html_allowed_on_front",
    "used_for_sort_by",
    "is_filterable",
    "is_filterable_in_search",
    "is_used_in_grid",
    "is_visible_in_grid",
    "is_filterable_in_grid",
)
_FLAGS_AS_TEXT = (
    "is_searchable",
    "is_visible_in_advanced_search",
    "is_comparable",
    "is_used_for_promo_rules",
    "is_visible_on_front",
    "used_in_product_listing",
)
_FLAGS = (*_BOOLEANS, *_FLAGS_AS_TEXT, "is_visible", "is_unique")

_LABEL = DataObject("AttributeFrontendLabel", {"store_id": INT, "label": STRING})
_STORE_LABEL = DataObject("AttributeOptionLabel", {"store_id": INT, "label": STRING})
OPTION = DataObject(
    "AttributeOption",
    {
        "label": STRING,
        "value": STRING,
        "sort_order": INT,
        "is_default": BOOL,
        "store_labels": ListOf(_STORE_LABEL),
    },
)
ATTRIBUTE = DataObject(
    "ProductAttribute",
    {
        **dict.fromkeys(_FLAGS, BOOL),
        "position": INT,
        "apply_to": ListOf(STRING),
        "scope": STRING,
        "attribute_id": INT,
        "attribute_code": STRING,
        "frontend_input": STRING,
        "entity_type_id": STRING,
        "is_required": BOOL,
        "options": ListOf(OPTION),
        "is_user_defined": BOOL,
        "default_frontend_label": STRING,
        "frontend_labels": ListOf(_LABEL),
        "note": STRING,
        "backend_type": STRING,
        "backend_model": STRING,
        "source_model": STRING,
        "default_value": STRING,
        "frontend_class": STRING,
        "validation_rules": MIXED,
        "custom_attributes": MIXED,
        "extension_attributes": MIXED,
    },
)

_SOURCE_TABLE = "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Table"
_SOURCE_BOOLEAN = "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Boolean"
_MAX_OPTION_ID = 2**31


def changes(sent: dict[str, Any]) -> AttributeChanges:
    """Return what a decoded attribute says. What follows from its kind of input is ignored."""
    labels = sent.get("frontend_labels")
    apply_to = sent.get("apply_to")
    return AttributeChanges(
        attribute_code=sent.get("attribute_code"),
        frontend_input=sent.get("frontend_input"),
        default_frontend_label=sent.get("default_frontend_label"),
        frontend_labels=None if labels is None else tuple(_label(label) for label in labels),
        is_required=sent.get("is_required"),
        scope=sent.get("scope"),
        default_value=sent.get("default_value"),
        apply_to=None if apply_to is None else tuple(apply_to),
        position=sent.get("position"),
        flags={name: sent[name] for name in _FLAGS if sent.get(name) is not None},
        options=tuple(option_change(option) for option in sent.get("options") or ()),
    )


def _label(sent: dict[str, Any]) -> FrontendLabel:
    return FrontendLabel(sent.get("store_id") or 0, sent.get("label") or "")


def option_change(sent: dict[str, Any]) -> OptionChange:
    """Return what a decoded option says. A ``value`` that is no number stands for a new option."""
    value = (sent.get("value") or "").strip()
    option_id = int(value) if value.isdecimal() and len(value) <= 10 else None
    if option_id is not None and option_id >= _MAX_OPTION_ID:
        raise invalid("value", value)
    return OptionChange(
        label=sent.get("label") or "",
        option_id=option_id,
        sort_order=sent.get("sort_order"),
        is_default=sent.get("is_default") or False,
    )


def render(defined: DefinedAttribute) -> dict[str, Any]:
    """Return an attribute as clients see it."""
    attribute = defined.attribute
    flags = attribute.flags
    shown: dict[str, Any] = {"extension_attributes": {"is_pagebuilder_enabled": False}}
    shown |= {name: flags.get(name, False) for name in _BOOLEANS}
    shown |= {"position": attribute.position, "apply_to": list(attribute.apply_to)}
    shown |= {name: str(int(flags.get(name, False))) for name in _FLAGS_AS_TEXT}
    shown |= {
        "is_visible": flags.get("is_visible", True),
        "scope": attribute.scope,
        "attribute_id": attribute.attribute_id,
        "attribute_code": attribute.attribute_code,
        "frontend_input": attribute.frontend_input,
        "entity_type_id": ENTITY_TYPE_ID,
        "is_required": attribute.is_required,
        "options": render_options(attribute, defined.options),
        "is_user_defined": True,
        "default_frontend_label": attribute.default_frontend_label,
        "frontend_labels": [
            {"store_id": label.store_id, "label": label.label} for label in attribute.frontend_labels
        ],
        "backend_type": attribute.backend_type,
    }
    if attribute.has_options or attribute.frontend_input == "boolean":
        shown["source_model"] = _SOURCE_TABLE if attribute.has_options else _SOURCE_BOOLEAN
    shown["default_value"] = attribute.default_value
    shown["is_unique"] = str(int(flags.get("is_unique", False)))
    shown["validation_rules"] = []
    return shown


def render_options(attribute: Attribute, options: Sequence[AttributeOption]) -> list[dict[str, str]]:
    """Return the values to choose from. A list of options begins with the choice of none."""
    if attribute.frontend_input == "boolean":
        return [{"label": "Yes", "value": "1"}, {"label": "No", "value": "0"}]
    if not attribute.has_options:
        return []
    none = [{"label": " ", "value": ""}]
    return none + [{"label": option.label, "value": str(option.id)} for option in options]
