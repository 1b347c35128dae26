"""What goes into the ledger and what comes out of it."""

from msgspec import Struct

from counterfoil.domain.decider import Command, Refusal
from counterfoil.domain.order import Order


class Actor(Struct, frozen=True):
    """Who asks, and through which language. Both are written to the journal."""

    name: str
    channel: str


class IdempotencyKey(Struct, frozen=True):
    """A client's name for one wish.

    ``scope`` keeps the keys of different clients apart; ``fingerprint`` tells whether a repeat is the
    same request.
    """

    scope: str
    key: str
    fingerprint: str


class Envelope(Struct, frozen=True):
    """One command for one order on its way to the lane.

    ``expected_version`` is the version the client has seen (If-Match); None if it does not care.
    ``deadline`` is on the monotonic clock, in seconds: later than that the command is not begun.
    """

    order_id: int
    command: Command
    actor: Actor
    deadline: float
    key: IdempotencyKey | None = None
    expected_version: int | None = None


class Effect(Struct, frozen=True, omit_defaults=True):
    """What a command did: the order's new version, and the id of the document it made, if any.

    ``payment`` is the ``seq`` of the payment operation that it began, and that its document waits for.
    """

    order_id: int
    version: int
    document_id: int | None = None
    payment: int | None = None


class Accepted(Struct, frozen=True):
    """The command took effect and is on disk. ``replayed`` means it did so earlier, under this key."""

    effect: Effect
    order: Order | None = None
    replayed: bool = False


class OrderUnknown(Struct, frozen=True):
    """Refusal: there is no such order."""

    order_id: int


class VersionStale(Struct, frozen=True):
    """Refusal: the order has changed since the client saw it."""

    expected: int
    actual: int


class KeyReused(Struct, frozen=True):
    """Refusal: the idempotency key was used before with another request."""

    key: str


class KeyInFlight(Struct, frozen=True):
    """Refusal: the first request with this idempotency key is still being worked on."""

    key: str


LedgerRefusal = OrderUnknown | VersionStale | KeyReused | KeyInFlight


class Refused(Struct, frozen=True):
    """The command was refused and nothing was written."""

    refusal: Refusal | LedgerRefusal


Outcome = Accepted | Refused


class Answered(Struct, frozen=True):
    """The answer of a unit of work outside orders: the body as JSON, stored with its key."""

    body: bytes
    replayed: bool = False
