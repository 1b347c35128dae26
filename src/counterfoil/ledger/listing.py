"""What VTEX's lists of orders ask for, and what they find.

Terms are those of `counterfoil.domain.terms`. Times are UTC ``YYYY-MM-DD HH:MM:SS``; bounds are included,
and None leaves an end open.
"""

from enum import Enum

from msgspec import Struct

COUNTED = 10_000
"""Figures are about so many orders at most: all that were found, or the newest of them."""


class OneOf(Struct, frozen=True):
    """Orders with one of these terms, or with none of them."""

    terms: tuple[str, ...]
    without: bool = False


class InStatus(Struct, frozen=True):
    """Orders in one of these workflow statuses."""

    statuses: tuple[str, ...]


class Created(Struct, frozen=True):
    """Orders placed between two times."""

    first: str | None
    last: str | None


class Authorized(Struct, frozen=True):
    """Orders whose payment was approved between two times."""

    first: str | None
    last: str | None


class InvoicedBetween(Struct, frozen=True):
    """Orders that became invoiced between two times."""

    first: str | None
    last: str | None


class Estimated(Struct, frozen=True):
    """Orders that should have arrived between two days (``YYYY-MM-DD``)."""

    first: str | None
    last: str | None


class Invoices(Struct, frozen=True):
    """Orders with invoices, or without any."""

    some: bool


class Returns(Struct, frozen=True):
    """Orders with returns, or without any."""

    some: bool


class Nothing(Struct, frozen=True):
    """No order at all."""


Condition = (
    OneOf | InStatus | Created | Authorized | InvoicedBetween | Estimated | Invoices | Returns | Nothing
)


class By(Enum):
    """What a list is sorted by."""

    CREATED = "created"
    NAME = "name"
    TOTAL = "total"
    UNITS = "units"
    ORIGIN = "origin"


class Listing(Struct, frozen=True):
    """A page of a list of orders that meet all conditions."""

    conditions: tuple[Condition, ...] = ()
    by: By = By.CREATED
    descending: bool = True
    limit: int = 15
    offset: int = 0


class Figures(Struct, frozen=True):
    """What statistics are made of: scaled values and units, flows and currencies of the same orders."""

    values: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    flows: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()


class Listed(Struct, frozen=True):
    """The ids of a page in its order, how many orders there are in all, and figures of `COUNTED` at most."""

    ids: tuple[int, ...]
    total: int
    figures: Figures


class Papers(Struct, frozen=True):
    """The numbers of an order's invoices and returns, in the order they were made.

    Of the invoices so many have been delivered. Those that a gateway undid are not among them.
    """

    invoices: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    delivered: int = 0
