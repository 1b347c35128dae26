"""Compare an answer of ours with a recorded one.

Keys, JSON types and values have to be the same. Ids cannot be, so they are held against each other:
what one recorded id stands for must always be one id of ours, and the other way round. Times and
secrets have to have the same form.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

JSON_TYPES = {
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    Decimal: "number",
    list: "list",
    dict: "object",
    type(None): "null",
}
FORMS = {
    "created_at": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "updated_at": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "protect_code": r"[0-9a-f]{32}",
    "increment_id": r"\d{9}",
    "bulk_uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "data_hash": r"[0-9a-f]{64}",
}
CONTAINERS = {
    ("orders", "items"): "order",
    ("order", "items"): "order_item",
    ("order", "billing_address"): "address",
    ("order", "payment"): "payment",
    ("order", "status_histories"): "order_comment",
    ("order_comments", "items"): "order_comment",
    ("order", "shipping_assignments"): "assignment",
    ("order_items", "items"): "order_item",
    ("order_item", "parent_item"): "order_item",
    ("assignment", "items"): "order_item",
    ("assignment", "shipping"): "shipping",
    ("shipping", "address"): "address",
    ("invoices", "items"): "invoice",
    ("invoice", "items"): "invoice_item",
    ("invoice", "comments"): "invoice_comment",
    ("invoice_comments", "items"): "invoice_comment",
    ("shipments", "items"): "shipment",
    ("shipment", "items"): "shipment_item",
    ("shipment", "tracks"): "track",
    ("shipment", "comments"): "shipment_comment",
    ("creditmemos", "items"): "creditmemo",
    ("creditmemo", "items"): "creditmemo_item",
    ("creditmemo", "comments"): "creditmemo_comment",
    ("products", "items"): "product",
    ("product", "stock_item"): "stock_item",
    ("product", "configurable_product_options"): "configurable_option",
    ("shipping_information", "totals"): "totals",
    ("totals", "items"): "totals_item",
    ("attribute", "options"): "attribute_option",
    ("order_item", "itemized_taxes"): "itemized_tax",
    ("order", "additional_itemized_taxes"): "itemized_tax",
    ("order", "item_applied_taxes"): "itemized_tax",
    ("order", "taxes"): "order_tax",
}
"""What an object is, by what it is in and under which key. Inside ``extension_attributes``: as outside."""

REFERENCES = {
    ("order", "entity_id"): "order",
    ("order", "increment_id"): "order number",
    ("order", "billing_address_id"): "order address",
    ("order", "quote_id"): "quote",
    ("order", "customer_id"): "customer",
    ("order_comment", "entity_id"): "order comment",
    ("order_comment", "parent_id"): "order",
    ("order_item", "item_id"): "order item",
    ("order_item", "parent_item_id"): "order item",
    ("order_item", "order_id"): "order",
    ("order_item", "quote_item_id"): "quote item",
    ("order_item", "product_id"): "product",
    ("address", "entity_id"): "order address",
    ("address", "parent_id"): "order",
    ("address", "customer_id"): "customer",
    ("itemized_tax", "tax_item_id"): "item tax",
    ("itemized_tax", "tax_id"): "order tax",
    ("itemized_tax", "item_id"): "order item",
    ("order_tax", "tax_id"): "order tax",
    ("order_tax", "order_id"): "order",
    ("payment", "entity_id"): "payment",
    ("payment", "parent_id"): "order",
    ("invoice", "entity_id"): "invoice",
    ("invoice", "increment_id"): "invoice number",
    ("invoice", "order_id"): "order",
    ("invoice", "billing_address_id"): "order address",
    ("invoice", "shipping_address_id"): "order address",
    ("invoice_item", "entity_id"): "invoice item",
    ("invoice_item", "parent_id"): "invoice",
    ("invoice_item", "order_item_id"): "order item",
    ("invoice_item", "product_id"): "product",
    ("invoice_comment", "entity_id"): "invoice comment",
    ("invoice_comment", "parent_id"): "invoice",
    ("shipment", "entity_id"): "shipment",
    ("shipment", "increment_id"): "shipment number",
    ("shipment", "order_id"): "order",
    ("shipment", "customer_id"): "customer",
    ("shipment", "billing_address_id"): "order address",
    ("shipment", "shipping_address_id"): "order address",
    ("shipment_item", "entity_id"): "shipment item",
    ("shipment_item", "parent_id"): "shipment",
    ("shipment_item", "order_item_id"): "order item",
    ("shipment_item", "product_id"): "product",
    ("track", "entity_id"): "track",
    ("track", "order_id"): "order",
    ("track", "parent_id"): "shipment",
    ("shipment_comment", "entity_id"): "shipment comment",
    ("shipment_comment", "parent_id"): "shipment",
    ("creditmemo", "entity_id"): "creditmemo",
    ("creditmemo", "increment_id"): "creditmemo number",
    ("creditmemo", "order_id"): "order",
    ("creditmemo", "invoice_id"): "invoice",
    ("creditmemo", "billing_address_id"): "order address",
    ("creditmemo", "shipping_address_id"): "order address",
    ("creditmemo_item", "entity_id"): "creditmemo item",
    ("creditmemo_item", "parent_id"): "creditmemo",
    ("creditmemo_item", "order_item_id"): "order item",
    ("creditmemo_item", "product_id"): "product",
    ("creditmemo_comment", "entity_id"): "creditmemo comment",
    ("creditmemo_comment", "parent_id"): "creditmemo",
    ("cart_item", "item_id"): "quote item",
    ("cart_item", "quote_id"): "quote",
    ("totals_item", "item_id"): "quote item",
    ("product", "id"): "product",
    ("stock_item", "item_id"): "product",
    ("stock_item", "product_id"): "product",
    ("configurable_option", "id"): "configurable option",
    ("configurable_option", "product_id"): "product",
    ("configurable_option", "attribute_id"): "attribute",
    ("configurable_item_option", "option_id"): "attribute",
    ("configurable_item_option", "option_value"): "attribute option",
    ("configurable_value", "value_index"): "attribute option",
    ("attribute", "attribute_id"): "attribute",
    ("attribute_option", "value"): "attribute option",
    ("custom_attributes", "color"): "attribute option",
    ("tax_rate", "id"): "tax rate",
    ("tax_rule", "id"): "tax rule",
    ("sales_rule", "rule_id"): "sales rule",
    ("coupon", "coupon_id"): "coupon",
    ("coupon", "rule_id"): "sales rule",
    ("customer", "id"): "customer",
}
"""Which numbers are ids, and of what."""

ALIASES = {
    "configurable_item_options": "configurable_item_option",
    "values": "configurable_value",
}
REFERENCE_LISTS = {"configurable_product_links": "product", "tax_rate_ids": "tax rate"}


class Identities:
    """Which id of ours stands for which recorded one, per kind of thing."""

    def __init__(self) -> None:
        self._ours: dict[str, dict[str, str]] = defaultdict(dict)
        self._recorded: dict[str, dict[str, str]] = defaultdict(dict)

    def bind(self, kind: str, recorded: object, ours: object) -> str | None:
        """Note that the two are the same thing; return what contradicts that, if anything does."""
        known = self._ours[kind].setdefault(str(recorded), str(ours))
        back = self._recorded[kind].setdefault(str(ours), str(recorded))
        if known != str(ours) or back != str(recorded):
            return f"{kind} {recorded} is {known} here, and {ours} is {back} there"
        return None

    def ours(self, kind: str, recorded: object) -> str:
        """Return our id, or the recorded one where nothing is known."""
        return self._ours[kind].get(str(recorded), str(recorded))


class Found(NamedTuple):
    """One difference: where, and what."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path or '(the whole)'}: {self.what}"


class Comparison:
    """Compares with one set of identities that grows as answers are compared."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def differences(self, recorded: Any, ours: Any, *, root: str) -> list[Found]:
        """Return all differences. ``root`` says what the outermost value is (see `CONTAINERS`)."""
        return list(self._compare(recorded, ours, "", root, root))

    def _compare(self, recorded: Any, ours: Any, path: str, container: str, key: str) -> Iterator[Found]:
        if JSON_TYPES[type(recorded)] != JSON_TYPES[type(ours)]:
            yield Found(path, f"{_short(recorded)} is recorded, ours is {_short(ours)}")
        elif isinstance(recorded, dict):
            yield from self._compare_objects(recorded, ours, path, container)
        elif isinstance(recorded, list):
            yield from self._compare_lists(recorded, ours, path, container, key)
        elif recorded != ours or _is_reference(container, key):
            yield from self._compare_values(recorded, ours, path, container, key)

    def _compare_objects(
        self, recorded: dict[str, Any], ours: dict[str, Any], path: str, container: str
    ) -> Iterator[Found]:
        for key in recorded.keys() | ours.keys():
            below = f"{path}.{key}" if path else key
            if key not in ours:
                yield Found(below, f"{_short(recorded[key])} is recorded, ours is missing")
            elif key not in recorded:
                yield Found(below, f"is not recorded, ours is {_short(ours[key])}")
            else:
                inner = _container(container, key, recorded[key])
                yield from self._compare(recorded[key], ours[key], below, inner, key)

    def _compare_lists(
        self, recorded: list[Any], ours: list[Any], path: str, container: str, key: str
    ) -> Iterator[Found]:
        if key == "custom_attributes":
            yield from self._compare_attributes(recorded, ours, path)
            return
        if len(recorded) != len(ours):
            yield Found(path, f"{len(recorded)} are recorded, ours are {len(ours)}: {_short(ours)}")
        for number, (one, other) in enumerate(zip(recorded, ours, strict=False)):
            yield from self._compare(one, other, f"{path}[{number}]", container, key)

    def _compare_attributes(self, recorded: list[Any], ours: list[Any], path: str) -> Iterator[Found]:
        """Attributes have names; their order means nothing."""
        there, here = (
            {entry["attribute_code"]: entry["value"] for entry in side} for side in (recorded, ours)
        )
        yield from self._compare_objects(there, here, path, "custom_attributes")

    def _compare_values(
        self, recorded: Any, ours: Any, path: str, container: str, key: str
    ) -> Iterator[Found]:
        kind = REFERENCES.get((container, key)) or REFERENCE_LISTS.get(key)
        form = FORMS.get(key)
        if form and isinstance(ours, str) and not re.fullmatch(form, ours):
            yield Found(path, f"{ours!r} does not have the form {form}")
        elif kind:
            contradiction = self._identities.bind(kind, recorded, ours)
            if contradiction:
                yield Found(path, contradiction)
        elif not form:
            yield Found(path, f"{_short(recorded)} is recorded, ours is {_short(ours)}")


def _container(container: str, key: str, value: Any) -> str:
    if key == "extension_attributes" or not isinstance(value, dict | list):
        return container
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        return container
    return CONTAINERS.get((container, key)) or ALIASES.get(key, "")


def _is_reference(container: str, key: str) -> bool:
    return (container, key) in REFERENCES or key in REFERENCE_LISTS


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
