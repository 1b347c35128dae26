"""Faults: the machine could not.

Fault
├── Busy           not served in time; definite: nothing happened, try again
├── Unavailable    the database cannot be used now; definite: nothing happened, try again later
├── PaymentPending money is on its way; not definite: it will settle by itself
├── Conflict       another transaction got in between; definite; retried by the ledger itself
└── Unknown        the connection was lost while committing; it may or may not have happened

The docstring of a fault is its message to people. Expected "no" answers are refusals, not faults.
"""


class Fault(Exception):
    """The machine could not do what was asked."""

    definite: bool = True
    retry_after_s: int = 1

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or (self.__doc__ or ""))


class Busy(Fault):
    """The order is busy. Nothing was done. Please try again."""


class Unavailable(Fault):
    """The database is not available. Nothing was done. Please try again later."""

    retry_after_s = 5


class Conflict(Fault):
    """Another transaction changed the same rows. Nothing was done. Please try again."""


class Unknown(Fault):
    """The connection to the database was lost while saving. Look before you repeat the request."""

    definite = False


class PaymentPending(Fault):
    """The payment is on its way, and it is not known yet what becomes of it. It will settle by itself."""

    definite = False
    retry_after_s = 2
