"""What a decision is given besides the order and the command, and what it asks to be loaded."""

from msgspec import Struct

from counterfoil.domain.numbering import Numbers


class Context(Struct):
    """The world as a decision may know it: the time (UTC, ``YYYY-MM-DD HH:MM:SS``) and free numbers."""

    now: str
    numbers: Numbers


class Scope(Struct, frozen=True):
    """Which rows of the order a decision needs.

    ``item_ids`` names rows; their parents and children come with them. ``open_to_invoice`` asks for
    every row with something left to invoice. Neither means the head alone.
    """

    item_ids: frozenset[int] = frozenset()
    open_to_invoice: bool = False
