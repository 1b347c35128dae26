"""What a shop has decided about its checkout. The defaults are those of a fresh Adobe Commerce."""

from msgspec import Struct, field

from counterfoil.domain.money import SCALE

PER_ITEM = "item"
PER_ORDER = "order"

DEFAULT_STORE = 1

_STORE_NAME = "Main Website\nMain Website Store\nDefault Store View"


class ShippingSettings(Struct, frozen=True):
    """Which ways of shipping there are, and what they cost. Money is scaled.

    ``flatrate_per`` is `PER_ITEM` (every unit that is shipped costs) or `PER_ORDER`. Free shipping is
    offered from ``freeshipping_minimum`` of goods on. ``tax_class_id`` 0 means that shipping is not taxed.
    """

    flatrate_active: bool = True
    flatrate_price: int = 5 * SCALE
    flatrate_per: str = PER_ITEM
    freeshipping_active: bool = False
    freeshipping_minimum: int = 0
    tax_class_id: int = 0


class PaymentSettings(Struct, frozen=True):
    """The codes of the payment methods on offer. ``free`` is always there for a total of zero."""

    active: tuple[str, ...] = ("checkmo",)


class CheckoutSettings(Struct, frozen=True):
    """Everything about the checkout that a shop can choose.

    ``default_country`` is where a cart without an address is taxed. ``store_names`` are printed on orders.
    With ``confirm_orders`` whoever has ordered gets a confirmation by e-mail.
    """

    default_country: str = "US"
    shipping: ShippingSettings = ShippingSettings()
    payment: PaymentSettings = PaymentSettings()
    store_names: dict[int, str] = field(default_factory=lambda: {DEFAULT_STORE: _STORE_NAME})
    guest_checkout: bool = True
    confirm_orders: bool = True
