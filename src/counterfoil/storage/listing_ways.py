"""The ways to the orders that a list asks for: by which index, and in what order that gives them.

SQLite is told its way: ``CROSS JOIN`` goes through its left side first, and ``INDEXED BY`` names the index.
PostgreSQL has statistics of terms; it takes the same statements as it likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, assert_never

from counterfoil.domain import terms
from counterfoil.ledger.listing import (
    Authorized,
    Condition,
    Created,
    Estimated,
    InStatus,
    InvoicedBetween,
    Invoices,
    Listing,
    Nothing,
    OneOf,
    Returns,
)
from counterfoil.storage.schema import SQLITE, Dialect
from counterfoil.storage.session import marks

Compiled = tuple[str, list[Any]]

VALUE: Final = "o.grand_total - o.total_gone"
"""What an order is worth, as `counterfoil.domain.terms.shown_value` has it."""

UNITS: Final = "o.qty_ordered - CASE WHEN o.change_generation = 1 THEN 0 ELSE o.qty_gone END"
"""How many units of it there are, as `counterfoil.domain.terms.shown_units` has it."""

_HAS_TERM: Final = (
    "EXISTS (SELECT 1 FROM order_term t "
    "WHERE t.term IN ({}) AND t.created_at = o.created_at AND t.order_id = o.entity_id LIMIT 1 OFFSET 0)"
)
"""With ``OFFSET`` PostgreSQL looks it up for each order, and does not make a join of it that it misjudges."""
_LAST: Final = "\x7f"
"""Sorts behind every time and day."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to orders ``o``.

    ``source`` and ``where`` are parts of a statement, ``parameters`` belong to ``where``; ``probe`` selects
    as many rows as the way leads through, with the same parameters. ``met`` are the conditions that all on
    the way meet. An ``ordered`` way gives orders by time of creation, and sorted by ``columns`` by nothing
    else. One that ``repeats`` leads through some orders twice.
    """

    source: str
    where: str
    parameters: tuple[Any, ...]
    probe: str
    met: tuple[Condition, ...]
    columns: tuple[str, str] = ("o.created_at", "o.entity_id")
    ordered: bool = False
    repeats: bool = False

    @property
    def covers(self) -> int:
        """How many conditions all orders on the way meet."""
        return len(self.met)

    def order(self, direction: str) -> str:
        """Return the ORDER BY list that this way gives without sorting."""
        return ", ".join(f"{column} {direction}" for column in self.columns)


def condition(wanted: Condition) -> Compiled:
    """Return a condition on an order ``o``, and its parameters."""
    match wanted:
        case OneOf(terms=named, without=without):
            return ("NOT " if without else "") + _HAS_TERM.format(marks(len(named))), list(named)
        case InStatus(statuses=statuses):
            return f"o.workflow_status IN ({marks(len(statuses))})", list(statuses)
        case Created(first=first, last=last):
            return _between("o.created_at", first, last)
        case Authorized(first=first, last=last):
            return _between("o.authorized_at", first or "", last)
        case InvoicedBetween(first=first, last=last):
            return _between("o.invoiced_at", first or "", last)
        case Estimated():
            text, values = _estimated(wanted)
            return f"o.entity_id IN ({text})", values
        case Invoices(some=some):
            return f"o.invoice_count {'>' if some else '='} 0", []
        case Returns(some=some):
            return f"o.creditmemo_count {'>' if some else '='} 0", []
        case Nothing():
            return "1 = 0", []
        case _:
            assert_never(wanted)


def ways(wanted: Listing, dialect: Dialect) -> list[Way]:
    """Return the ways to the orders of a list; at least the last of them is ordered."""
    created = next((one for one in wanted.conditions if isinstance(one, Created)), None)
    last = min(_lasts(wanted), default=None)
    span, bounds = _between("{}", created.first if created else None, last)
    span = span if bounds else ""
    also: tuple[Condition, ...] = (created,) if created else ()
    found = [*_by_conditions(wanted, dialect, span, bounds, also)]
    by_time = _of_orders(
        dialect, "orders_created", span.format(*["o.created_at"] * len(bounds)), bounds, also
    )
    return [*found, by_time]


def _lasts(wanted: Listing) -> Iterator[str]:
    """Yield times after which no order was placed that is wanted: first it is placed, then all the rest."""
    for one in wanted.conditions:
        if isinstance(one, Created | Authorized | InvoicedBetween) and one.last is not None:
            # Clocks may be set back a little, so what follows has the rest of the day.
            yield one.last if isinstance(one, Created) else f"{one.last[:10]} 99"


def _by_conditions(
    wanted: Listing, dialect: Dialect, span: str, bounds: list[Any], also: tuple[Condition, ...]
) -> Iterator[Way]:
    for one in wanted.conditions:
        match one:
            case OneOf(terms=named, without=False):
                within = f" AND {span}".format(*["d.created_at"] * len(bounds)) if span else ""
                yield _by_term(one, named, within, bounds, also)
            case InStatus(statuses=statuses):
                within = f" AND {span}".format(*["o.created_at"] * len(bounds)) if span else ""
                text = f"o.workflow_status IN ({marks(len(statuses))}){within}"
                way = _of_orders(dialect, "orders_workflow", text, [*statuses, *bounds], (one, *also))
                yield way if len(statuses) == 1 else _unordered(way)
            case Authorized(first=first, last=last):
                yield _by_ids(one, *_term_range(terms.AUTHORIZED, first, last))
            case InvoicedBetween(first=first, last=last):
                yield _by_ids(one, *_invoiced(first, last), repeats=True)
            case Estimated():
                yield _by_ids(one, *_estimated(one))
            case Returns(some=True):
                yield _by_ids(one, "SELECT c.order_id FROM creditmemo c", [], repeats=True)
            case _:
                pass


def _by_term(
    one: OneOf, named: tuple[str, ...], within: str, bounds: list[Any], also: tuple[Condition, ...]
) -> Way:
    if len(named) > 1:
        text = f"SELECT d.order_id FROM order_term d WHERE d.term IN ({marks(len(named))}){within}"
        return _by_ids(one, text, [*named, *bounds], also=also, repeats=True)
    where = f"d.term = ?{within}"
    return Way(
        "order_term d CROSS JOIN orders o",
        f"{where} AND o.entity_id = d.order_id",
        (*named, *bounds),
        f"SELECT 1 FROM order_term d WHERE {where}",
        (one, *also),
        ("d.created_at", "d.order_id"),
        ordered=True,
    )


def _by_ids(
    one: Condition,
    text: str,
    parameters: list[Any],
    *,
    also: tuple[Condition, ...] = (),
    repeats: bool = False,
) -> Way:
    """Return the way over a selection of ids. That an order was within it is looked at once more."""
    met = (one, *also) if isinstance(one, OneOf | Estimated | Returns) else also
    distinct = f"(SELECT DISTINCT order_id FROM ({text}) AS found) d"
    return Way(
        f"{distinct} CROSS JOIN orders o",
        "o.entity_id = d.order_id",
        tuple(parameters),
        text,
        met,
        repeats=repeats,
    )


def _of_orders(
    dialect: Dialect, index: str, where: str, parameters: list[Any], met: tuple[Condition, ...]
) -> Way:
    forced = f" INDEXED BY {index}" if dialect is SQLITE else ""
    probe = f"SELECT 1 FROM orders o{forced} WHERE {where}" if where else ""
    return Way(f"orders o{forced}", where, tuple(parameters), probe, met, ordered=True)


def _unordered(way: Way) -> Way:
    return Way(way.source, way.where, way.parameters, way.probe, way.met)


def _between(column: str, first: str | None, last: str | None) -> Compiled:
    texts, values = [], []
    for operator, bound in ((">=", first), ("<=", last)):
        if bound is not None:
            texts.append(f"{column} {operator} ?")
            values.append(bound)
    return " AND ".join(texts) or "1 = 1", values


def _term_range(name: str, first: str | None, last: str | None) -> Compiled:
    return (
        "SELECT r.order_id FROM order_term r WHERE r.term >= ? AND r.term <= ?",
        [f"{name}:{first or ''}", f"{name}:{_LAST if last is None else last}"],
    )


def _estimated(wanted: Estimated) -> Compiled:
    return _term_range(terms.ESTIMATE, wanted.first, wanted.last)


def _invoiced(first: str | None, last: str | None) -> Compiled:
    """Return the orders that may have become invoiced then.

    Mostly an invoice did it, which is found by its own time; for others there is a term.
    """
    text, values = _between("i.created_at", first, last)
    by_term, more = _term_range(terms.INVOICED, first, last)
    return f"SELECT i.order_id FROM invoice i WHERE {text} UNION ALL {by_term}", [*values, *more]
