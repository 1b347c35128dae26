"""``searchCriteria``: from the query to a `Search`, and the envelope of what was found (contract adobe §2.5).

A list route has ``params=(SEARCH_CRITERIA,)``; its handler calls `criteria` with the decoded argument and
answers `envelope`.
"""

import re
from collections.abc import Sequence
from typing import Any, NoReturn

from msgspec import Struct

from counterfoil.dialects.adobe.errors import NOT_SUPPORTED, AdobeError, required
from counterfoil.dialects.adobe.wire import INT, STRING, DataObject, ListOf, Param
from counterfoil.ledger.searching import Filter, InvalidCondition, Search, Sort, UnknownField

MAX_PAGE = 5000
"""The most documents of one answer. More must be asked for in pages."""

MAX_CONDITIONS = 500

_MAX_OFFSET = 2**62
_RESTRICTED = re.compile(r"[^a-z0-9_]", re.IGNORECASE | re.ASCII)

CONDITIONS = frozenset(
    {"eq", "neq", "like", "nlike", "in", "nin", "notnull", "null", "gt", "lt", "gteq", "lteq", "moreq"}
    | {"finset", "nfinset", "from", "to", "is", "regexp", "seq", "sneq"}
)
"""Condition types. Any other one behaves like ``eq`` and is echoed as it was sent (contract adobe §12.12)."""

_FILTER = DataObject("Filter", {"field": STRING, "value": STRING, "condition_type": STRING})
_GROUP = DataObject("FilterGroup", {"filters": ListOf(_FILTER)})
_SORT = DataObject("SortOrder", {"field": STRING, "direction": STRING})
_CRITERIA = DataObject(
    "SearchCriteria",
    {"filter_groups": ListOf(_GROUP), "sort_orders": ListOf(_SORT), "page_size": INT, "current_page": INT},
)
SEARCH_CRITERIA = Param("search_criteria", _CRITERIA)
"""The argument of every list route. It must be there, and may be empty."""


class Criteria(Struct, frozen=True):
    """What is looked for, and the form in which the answer repeats it."""

    search: Search
    echo: dict[str, Any]


def criteria(decoded: dict[str, Any]) -> Criteria:
    """Return the search that the decoded ``search_criteria`` argument asks for.

    Raises `AdobeError` 400 for a sort direction, field name or size that cannot be.
    """
    groups = [group.get("filters") or [] for group in decoded.get("filter_groups") or []]
    if sum(map(len, groups)) > MAX_CONDITIONS:
        raise AdobeError(
            400, 'Maximum items of type "%type" is %max', {"type": "Filter", "max": MAX_CONDITIONS}
        )
    sorts = [_sort(entry) for entry in decoded.get("sort_orders") or []]
    size, page = decoded.get("page_size"), decoded.get("current_page")
    echo: dict[str, Any] = {
        "filter_groups": [{"filters": [_echo(entry) for entry in group]} for group in groups]
    }
    if sorts:
        echo["sort_orders"] = [
            {"field": sort.field, "direction": "DESC" if sort.descending else "ASC"} for sort in sorts
        ]
    if size is not None:
        echo["page_size"] = size
    if page is not None:
        echo["current_page"] = page
    limit = max(size or 0, 0)
    search = Search(
        groups=tuple(tuple(_filter(entry) for entry in group) for group in groups if group),
        sorts=tuple(sorts),
        limit=limit,
        offset=min((max(page or 1, 1) - 1) * limit, _MAX_OFFSET),
    )
    return Criteria(search, echo)


def envelope(items: Sequence[Any], found: Criteria, total_count: int) -> dict[str, Any]:
    """Return the answer of a list route."""
    return {"items": list(items), "search_criteria": found.echo, "total_count": total_count}


def refuse(problem: UnknownField | InvalidCondition) -> NoReturn:
    """Raise the `AdobeError` for a search that the books cannot make."""
    if isinstance(problem, UnknownField):
        raise AdobeError(400, NOT_SUPPORTED, {"fieldName": problem.field}) from None
    message = 'The condition "%1" is not possible with this field and value.'
    raise AdobeError(400, message, [problem.condition]) from None


def too_many() -> AdobeError:
    """Return the error for an answer of more than `MAX_PAGE` documents."""
    return AdobeError(400, "Maximum SearchCriteria pageSize is %max", {"max": MAX_PAGE})


def _filter(entry: dict[str, Any]) -> Filter:
    field = entry.get("field")
    if not field:
        raise required("field")
    condition = entry.get("condition_type")
    return Filter(field, condition if condition in CONDITIONS else "eq", entry.get("value") or "")


def _echo(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "field": entry.get("field"),
        "value": entry.get("value"),
        "condition_type": entry.get("condition_type") or "eq",
    }


def _sort(entry: dict[str, Any]) -> Sort:
    field = entry.get("field")
    if not field:
        raise required("field")
    if _RESTRICTED.search(field):
        raise AdobeError(400, 'The sort order field "%1" contains restricted symbols.', [field])
    direction = entry.get("direction")
    if direction is not None and direction.upper() not in {"ASC", "DESC"}:
        message = "The sort order has to be specified as %1 for ascending order or %2 for descending order."
        raise AdobeError(400, message, ["ASC", "DESC"])
    return Sort(field, (direction or "ASC").upper() == "DESC")
