"""Holds answers of the VTEX dialect against the schemas that the platform has published.

The schemas are not ours to ship, so a clone has none: ``COUNTERFOIL_VTEX_SCHEMAS`` names a folder with the
three files of `FILES` (from github.com/vtex/openapi-schemas), else ``../shared/openapi/vtex`` beside the
repository is looked at. Without them `assert_valid` says so in a warning, and what is checked is our own
description of the documents alone (`tests.conformance.vtex.wire`).
"""

import json
import os
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from openapi_schema_validator import OAS30Validator

ROOT = Path(__file__).resolve().parents[3]

FILES = ("orders.json", "orders-document-family.json", "external-marketplace-orders.json")


class Allowed(NamedTuple):
    """An error that is no fault of ours: where (route and path in the body, as patterns), and which.

    ``values`` are those that pass; empty for any.
    """

    route: str
    path: str
    keyword: str
    why: str
    values: tuple[object, ...] = ()


ALLOWED = (
    Allowed(
        ".*", r".*totals/\d+/id", "enum", "real orders have a fifth total (contract vtex §3.9)", ("Change",)
    ),
    Allowed(
        ".*/orders",
        r"stats/.*Facets/currencyCode",
        "required",
        "the facet is that of the platform's own example; here it is that of the shop's currency",
    ),
    Allowed(
        ".*/extendsearch/orders",
        r"list/\d+/(authorizedDate|paymentApprovedDate|shippingEstimatedDate(Max|Min))",
        "type",
        "there is no such date yet, and no text stands for one (the classic list has null, too)",
        (None,),
    ),
    Allowed(".*/changes.*", r"totals/\d+/id", "enum", "changes have a total more (§3.10)", ("ManualValues",)),
    Allowed(
        ".*/changes.*",
        "(requests/[0-9]+/)?(add|remove)",
        "type",
        "lists of texts in some schemas, objects in that of the history and in requests (§3.10)",
    ),
    Allowed(
        ".*/changes.*",
        "(requests/[0-9]+/)?replace",
        "type",
        "null where nothing is replaced (§3.10)",
        (None,),
    ),
    Allowed(
        ".*/changes.*",
        r".*items/\d+/price",
        "type",
        "a text in this schema, a number in the platform's own example and in requests",
    ),
    Allowed(
        ".*/changes.*", r".*priceTags/\d+", "type", "texts in these schemas, objects in requests (§3.10)"
    ),
    Allowed(".*", r".*kitItemDetails", "type", "null in the platform's own examples (§10)", (None,)),
    Allowed(
        r"GET /api/oms/user/orders/\{\w+\}",
        ".*",
        "type",
        "the shopper's view is the classic document, whose schema says null where this one forgets to",
        (None,),
    ),
    Allowed(
        r"GET /api/oms/(pvt|user)/orders/\{\w+\}",
        r"items/\d+/(priceTags|attachments)/\d+",
        "type",
        "texts in this schema, objects in that of order-group and in real documents",
    ),
    Allowed(
        r"GET /api/oms/user/orders/\{\w+\}",
        r"packageAttachment/packages/\d+|changesAttachment/changesData/\d+/items(Added|Removed)/\d+",
        "type",
        "texts in this schema, objects in that of the classic document",
    ),
    Allowed(
        r"GET /api/oms/(pvt|user)/orders/\{\w+\}",
        r"items/\d+/unitMultiplier",
        "type",
        "whole in this schema, a number in that of the document family (§7)",
    ),
    Allowed(
        r"GET /api/orders/pvt/document/\{\w+\}",
        "authorizedDate",
        "type",
        "an order that nobody has paid has no such date; the classic schema says so",
        (None,),
    ),
    Allowed(
        r"GET /api/(orders/pvt/document/\{\w+\}|oms/pvt/orders/order-group/\{\w+\})",
        r"(\d+/)?customData/customApps/\d+",
        "type",
        "texts in these schemas, objects in that of the classic document",
    ),
    Allowed(
        r"GET /api/oms/user/orders/\{\w+\}",
        "giftRegistryData|callCenterOperatorData|openTextField|customData",
        "type",
        "a text in this schema, an object in that of the classic document",
    ),
    Allowed(
        "GET /api/oms/pvt/orders",
        r"stats/stats/.*(Mean|StdDev)",
        "type",
        "whole in this schema, but means and deviations are not",
    ),
    Allowed(
        ".*change-summary",
        r"original/\d+/(additionalInfo/offeringTypeId|priceDefinition/reason)",
        "type",
        "null in the platform's own example (§10)",
        (None,),
    ),
    Allowed(".*change-summary", r"totals/\d+", "type", "objects in the platform's own example (§10)"),
    Allowed(
        ".*change-summary", r".*priceDefinition", "type", "an object in the platform's own example (§10)"
    ),
)


class NotInSchema(LookupError):
    """The published schemas do not describe an answer of this route and status."""


@cache
def folder() -> Path | None:
    """Return the folder with the schemas, or None where they are not."""
    named = os.environ.get("COUNTERFOIL_VTEX_SCHEMAS")
    place = Path(named) if named else ROOT.parent / "shared/openapi/vtex"
    return place if all((place / name).is_file() for name in FILES) else None


def missing() -> str:
    """Return the sentence that says that nothing was compared with the published schemas."""
    return "the schemas published by VTEX are not here: set COUNTERFOIL_VTEX_SCHEMAS to compare with them"


@cache
def _documents(place: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((place / name).read_text()) for name in FILES)


def _same(path: str, other: str) -> bool:
    return re.sub(r"\{[^}]*\}", "{}", path) == re.sub(r"\{[^}]*\}", "{}", other)


@cache
def _validator(place: Path, route: str, status: int) -> OAS30Validator:
    method, _, path = route.partition(" ")
    for document in _documents(place):
        for published, operations in document["paths"].items():
            if not _same(published, path) or method.lower() not in operations:
                continue
            answer = operations[method.lower()]["responses"].get(str(status))
            for content in (answer or {}).get("content", {}).values():
                return OAS30Validator({**content["schema"], "components": document["components"]})
    raise NotInSchema(f"{status} of {route}")


def faults(route: str, status: int, body: Any) -> list[str]:
    """Return what is wrong with an answer by the published schema, without what is `ALLOWED`.

    Args:
        route: method and path as published, whatever the parameters are called: ``GET /a/{orderId}``.
        status: the answer's status.
        body: the decoded JSON.

    Raises:
        NotInSchema: the schemas say nothing of such an answer.
    """
    place = folder()
    if place is None:
        warnings.warn(missing(), stacklevel=2)
        return []
    found = []
    for error in _validator(place, route, status).iter_errors(body):
        path, keyword = "/".join(map(str, error.absolute_path)), str(error.validator)
        if not any(_passes(allowed, route, path, keyword, error.instance) for allowed in ALLOWED):
            found.append(f"{path}: {error.message[:200]} ({keyword})")
    return found


def _passes(allowed: Allowed, route: str, path: str, keyword: str, value: object) -> bool:
    return (
        allowed.keyword == keyword
        and (not allowed.values or value in allowed.values)
        and re.fullmatch(allowed.path, path) is not None
        and re.fullmatch(allowed.route, route) is not None
    )


def assert_valid(route: str, status: int, body: Any) -> None:
    """Assert that an answer is as the published schema has it. See `faults`."""
    wrong = faults(route, status, body)
    assert not wrong, f"{status} of {route}:\n" + "\n".join(wrong)
