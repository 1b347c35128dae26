"""The conditions of cart price rules: does a rule hold for a cart, and for which of its rows. Pure.

A condition is the tree that clients send with the rule (contract adobe §12, recording 571): combinations
of ``all`` or ``any`` with leaves that compare an attribute of the cart or of a product. What is not known
here never holds, so that no discount is given by mistake.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Facts = Mapping[str, str | int | Decimal | None]
"""What can be asked about a cart or a row, by attribute name."""

Condition = Mapping[str, Any]

_FOUND = "Product\\Found"
_COMBINE = "Combine"
_ADDRESS = "Address"
_PRODUCT = "Condition\\Product"
_LISTS = ("()", "!()")


class _Unknown(Exception):
    """The condition asks for something that is not known here."""


def holds(condition: Condition, cart: Facts, rows: Sequence[Facts]) -> bool:
    """Whether a rule's ``condition`` holds for a cart. An empty condition always does."""
    try:
        return _cart(condition, cart, rows)
    except _Unknown:
        return False


def rows_of(condition: Condition, rows: Sequence[Facts]) -> frozenset[int]:
    """Return the indexes of the rows for which a rule's ``action_condition`` holds."""
    try:
        return frozenset(index for index, row in enumerate(rows) if _row(condition, row))
    except _Unknown:
        return frozenset()


def _cart(condition: Condition, cart: Facts, rows: Sequence[Facts]) -> bool:
    kind = str(condition.get("condition_type") or _COMBINE)
    if kind.endswith(_FOUND):
        found = any(_combine(condition, [_row(leaf, row) for leaf in _leaves(condition)]) for row in rows)
        return found == _truth(condition)
    if kind.endswith(_COMBINE):
        return _judged(condition, [_cart(leaf, cart, rows) for leaf in _leaves(condition)])
    if kind.endswith(_ADDRESS):
        return _compare(condition, cart)
    raise _Unknown


def _row(condition: Condition, row: Facts) -> bool:
    kind = str(condition.get("condition_type") or _COMBINE)
    if kind.endswith(_COMBINE):
        return _judged(condition, [_row(leaf, row) for leaf in _leaves(condition)])
    if kind.endswith(_PRODUCT):
        return _compare(condition, row)
    raise _Unknown


def _leaves(condition: Condition) -> list[Condition]:
    leaves = condition.get("conditions") or []
    if not isinstance(leaves, list) or not all(isinstance(leaf, Mapping) for leaf in leaves):
        raise _Unknown
    return leaves


def _judged(condition: Condition, results: list[bool]) -> bool:
    wanted = _truth(condition)
    return _combine(condition, [result == wanted for result in results])


def _combine(condition: Condition, results: list[bool]) -> bool:
    if not results:
        return True
    return any(results) if condition.get("aggregator_type") == "any" else all(results)


def _truth(condition: Condition) -> bool:
    return str(condition.get("value", True)).lower() in {"1", "true"}


def _compare(condition: Condition, facts: Facts) -> bool:
    name = str(condition.get("attribute_name"))
    if name not in facts:
        raise _Unknown
    fact = facts[name]
    operator = str(condition.get("operator") or "==")
    wanted = condition.get("value")
    if operator in _LISTS:
        entries = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
        return any(_equal(fact, str(entry).strip()) for entry in entries) == (operator == "()")
    if operator in {"==", "!="}:
        return _equal(fact, wanted) == (operator == "==")
    if operator in {"{}", "!{}"}:
        return (str(wanted).casefold() in str(fact or "").casefold()) == (operator == "{}")
    return _ordered(operator, _number(fact), _number(wanted))


def _ordered(operator: str, fact: Decimal, wanted: Decimal) -> bool:
    match operator:
        case ">":
            return fact > wanted
        case ">=":
            return fact >= wanted
        case "<":
            return fact < wanted
        case "<=":
            return fact <= wanted
        case _:
            raise _Unknown


def _equal(fact: object, wanted: object) -> bool:
    if isinstance(fact, int | Decimal):
        return fact == _number(wanted)
    return str(fact or "").casefold() == str("" if wanted is None else wanted).casefold()


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _Unknown from None
    if not number.is_finite():
        raise _Unknown
    return number
