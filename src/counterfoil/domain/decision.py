"""What a decision is given besides the order and the command, and what it asks to be loaded."""

from msgspec import Struct

from counterfoil.domain.numbering import Numbers


class Context(Struct):
    """The world as a decision may know it: the time (UTC, ``YYYY-MM-DD HH:MM:SS``) and free numbers.

    ``unique_id`` is a word that no other transaction gets.
    """

    now: str
    numbers: Numbers
    unique_id: str = ""


class Scope(Struct, frozen=True):
    """What a decision needs of an order besides its head.

    ``item_ids`` names rows; their parents and children come with them. ``open_to_invoice`` asks for
    every row with something left to invoice (and those of bundles priced by their parts that were canceled
    instead), ``all_items`` for all rows. ``invoice_ids`` names invoices, ``shipment_ids`` shipments,
    ``payments`` payment operations by ``seq``; ``all_invoices`` asks for all invoices, ``particulars`` for
    what decisions otherwise do without.
    ``stock`` says that the decision may move the stock of the rows. ``creditmemo_ids`` names credit memos,
    ``packages`` packages by their number, ``changes`` Changes by their id. ``product_ids`` names products of
    rows that are not there yet, whose stock the decision may move.
    """

    item_ids: frozenset[int] = frozenset()
    open_to_invoice: bool = False
    all_items: bool = False
    invoice_ids: frozenset[int] = frozenset()
    shipment_ids: frozenset[int] = frozenset()
    particulars: bool = False
    stock: bool = False
    all_invoices: bool = False
    payments: frozenset[int] = frozenset()
    creditmemo_ids: frozenset[int] = frozenset()
    packages: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    product_ids: frozenset[int] = frozenset()

    def __or__(self, other: "Scope") -> "Scope":
        """Return the scope of two decisions on one order."""
        return Scope(
            self.item_ids | other.item_ids,
            self.open_to_invoice or other.open_to_invoice,
            self.all_items or other.all_items,
            self.invoice_ids | other.invoice_ids,
            self.shipment_ids | other.shipment_ids,
            self.particulars or other.particulars,
            self.stock or other.stock,
            self.all_invoices or other.all_invoices,
            self.payments | other.payments,
            self.creditmemo_ids | other.creditmemo_ids,
            self.packages | other.packages,
            self.changes | other.changes,
            self.product_ids | other.product_ids,
        )
