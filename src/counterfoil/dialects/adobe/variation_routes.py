"""Proposals of variations: products that could be made of a product and options (contract adobe §3.3).

Nothing is stored. Each proposal carries one value of every option, with the values behind name and sku.
"""

from itertools import product
from math import prod
from typing import Any

from counterfoil.checkout.attribute import find_attributes
from counterfoil.checkout.configurable import MAX_CHILDREN
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.errors import no_such_entity, required
from counterfoil.dialects.adobe.product_document import OPTION, PRODUCT
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import ListOf, Param, scaled

NOT_VISIBLE = 1
"""Adobe's visibility of a product that is not shown by itself."""

MAX_ATTRIBUTES = 100_000
"""The most attributes of all proposals together."""

_MOST_DIGITS = 19
_KEPT = ("attribute_set_id", "status", "type_id")
_NONE_OF_ITS_OWN = ("product_links", "options", "media_gallery_entries", "tier_prices")


async def propose(call: Call) -> Reply:
    """PUT /V1/configurable-products/variation: answer a product for every combination of values."""
    sent, options = call.args["product"], call.args["options"]
    missing = [name for name in ("sku", "name") if not sent.get(name)]
    if missing:
        raise required(*missing)
    values = await _values(call, options)
    count = prod(map(len, values))
    attributes = count * (len(values) + len(sent.get("custom_attributes") or ()))
    for kind, asked, most in (("Product", count, MAX_CHILDREN), ("Attribute", attributes, MAX_ATTRIBUTES)):
        if asked > most:
            raise AdobeError(400, 'Maximum items of type "%type" is %max', {"type": kind, "max": most})
    return Reply([_proposal(sent, chosen) for chosen in product(*values)])


async def _values(call: Call, options: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Return, for each option, pairs of attribute code and value. Raises `AdobeError` 400 and 404."""
    ids = [str(option.get("attribute_id")) for option in options]
    if not all(attribute_id.isdecimal() and len(attribute_id) < _MOST_DIGITS for attribute_id in ids):
        raise required("attribute_id")
    async with call.shop.ledger.reading() as reader:
        attributes = await find_attributes(reader.records, [int(attribute_id) for attribute_id in ids])
    found = []
    for attribute_id, option in zip(ids, options, strict=True):
        attribute = attributes.get(int(attribute_id))
        if attribute is None:
            raise no_such_entity("attribute_id", attribute_id)
        indexes = [value.get("value_index") for value in option.get("values") or ()]
        if not indexes or None in indexes:
            raise required("value_index")
        found.append([(attribute.attribute_code, str(index)) for index in indexes])
    return found


def _proposal(sent: dict[str, Any], chosen: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    suffix = "".join(f"-{value}" for _, value in chosen)
    attributes = {**(sent.get("custom_attributes") or {}), **dict(chosen)}
    proposal: dict[str, Any] = {
        "sku": sent["sku"] + suffix,
        "name": sent["name"] + suffix,
        **{key: sent[key] for key in _KEPT if sent.get(key) is not None},
        "price": number(scaled(sent.get("price") or 0)),
        "visibility": NOT_VISIBLE,
        **{key: [] for key in _NONE_OF_ITS_OWN},
        "custom_attributes": [{"attribute_code": code, "value": value} for code, value in attributes.items()],
    }
    if sent.get("weight") is not None:
        proposal["weight"] = number(scaled(sent["weight"]))
    return proposal


ROUTES = (
    Route(
        "PUT",
        "/V1/configurable-products/variation",
        propose,
        ("Magento_Catalog::products",),
        (Param("product", PRODUCT), Param("options", ListOf(OPTION))),
    ),
)
