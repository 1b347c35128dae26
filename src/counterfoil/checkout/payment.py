"""Payment methods: which a cart may be paid with, and what each needs. Pure.

Source: contract adobe §4.10. A cart that costs nothing is paid with ``free``, and only with that.
"""

from msgspec import Struct

from counterfoil.checkout.settings import PaymentSettings

FREE = "free"
PURCHASE_ORDER = "purchaseorder"
TEST_GATEWAY = "testgateway"

TITLES = {
    "checkmo": "Check / Money order",
    "banktransfer": "Bank Transfer Payment",
    "cashondelivery": "Cash On Delivery",
    PURCHASE_ORDER: "Purchase Order",
    TEST_GATEWAY: "Test Gateway",
    FREE: "No Payment Information Required",
}
"""All payment methods there are, by code, with the names that people read."""


GATEWAYS = frozenset({TEST_GATEWAY})
"""The payment methods whose money a gateway moves; with all others it moves outside of this program."""

MAX_TOKEN = 255


class PaymentMethod(Struct, frozen=True):
    """A payment method on offer."""

    code: str
    title: str

    @property
    def gateway(self) -> bool:
        """Whether a payment gateway moves the money."""
        return self.code in GATEWAYS


class PaymentChoice(Struct, frozen=True):
    """How a cart is to be paid. ``token`` is what the client's page got from a payment gateway."""

    method: str
    po_number: str | None = None
    token: str | None = None


class PaymentUnavailable(Struct, frozen=True):
    """Refusal: the method does not exist, or is not on offer for this cart."""

    method: str


class PurchaseOrderNumberMissing(Struct, frozen=True):
    """Refusal: paying by purchase order needs its number."""


def methods(settings: PaymentSettings, *, grand_total: int) -> tuple[PaymentMethod, ...]:
    """Return the payment methods on offer for a cart of that total (scaled money)."""
    codes = (FREE,) if grand_total == 0 else (code for code in settings.active if code != FREE)
    return tuple(PaymentMethod(code, TITLES[code]) for code in codes if code in TITLES)


def choose(
    choice: PaymentChoice, settings: PaymentSettings, *, grand_total: int
) -> PaymentMethod | PaymentUnavailable:
    """Return the method that was chosen, if it is on offer."""
    offered = methods(settings, grand_total=grand_total)
    chosen = next((method for method in offered if method.code == choice.method), None)
    return chosen or PaymentUnavailable(choice.method)


def complete(choice: PaymentChoice) -> PurchaseOrderNumberMissing | None:
    """Return what the choice still lacks before an order can be placed with it."""
    if choice.method == PURCHASE_ORDER and not (choice.po_number or "").strip():
        return PurchaseOrderNumberMissing()
    return None
