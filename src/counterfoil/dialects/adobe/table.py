"""Tables of columns: how a domain value becomes an object with Adobe's keys, fast and in Adobe's order."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from counterfoil.dialects.adobe.render import number

_TWIN_NAMES = {
    "shipping_discount_tax_compensation_amount": "base_shipping_discount_tax_compensation_amnt",
}


def with_twins(columns: Mapping[str, str]) -> dict[str, str]:
    """Return ``columns`` and for each its ``base_`` twin: one currency per order, so both are equal."""
    return {**columns, **{_TWIN_NAMES.get(key, f"base_{key}"): path for key, path in columns.items()}}


class Table:
    """The keys of one kind of object.

    Args:
        keys: all keys in the order in which they are printed, parted by blanks.
        numbers: keys of scaled integers and where the value stands (``particulars.weight``).
        plain: keys of what is printed as it is.
        flags: keys of booleans, which are printed as 0 and 1.
        constants: keys that always have the same value.
        optional: keys that are left out when the value is None (contract adobe §2.3).
    """

    def __init__(
        self,
        keys: str,
        *,
        numbers: Mapping[str, str],
        plain: Mapping[str, str],
        flags: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        optional: str = "",
    ) -> None:
        self._numbers = _Group(numbers)
        self._plain = _Group(plain)
        self._flags = _Group(flags or {})
        self._optional = tuple(optional.split())
        self._blank: dict[str, Any] = dict.fromkeys(keys.split())
        self._blank.update(constants or {})

    def render(self, source: Any) -> dict[str, Any]:
        """Return the object for ``source``. Keys that no column fills are there, and None."""
        rendered = self._blank.copy()
        rendered.update(zip(self._plain.keys, self._plain.values(source), strict=True))
        rendered.update(zip(self._flags.keys, map(int, self._flags.values(source)), strict=True))
        rendered.update(zip(self._numbers.keys, map(_number, self._numbers.values(source)), strict=True))
        for key in self._optional:
            if rendered[key] is None:
                del rendered[key]
        return rendered


class _Group:
    """Columns whose values are treated alike."""

    __slots__ = ("_get", "keys")

    def __init__(self, columns: Mapping[str, str]) -> None:
        self.keys = tuple(columns)
        self._get = attrgetter(*columns.values()) if columns else None

    def values(self, source: Any) -> tuple[Any, ...]:
        if self._get is None:
            return ()
        values = self._get(source)
        return values if len(self.keys) > 1 else (values,)


def show_mailed(document: dict[str, Any], *, mailed: bool) -> None:
    """Fill in ``email_sent`` (contract adobe §2.3): 1 when a message has gone out, else it is not there."""
    if mailed:
        document["email_sent"] = 1
    else:
        del document["email_sent"]


def _number(scaled: int | None) -> Any:
    return None if scaled is None else number(scaled)
