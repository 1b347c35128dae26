"""Ways of shipping: which are on offer for a cart, and what each costs. Pure.

Source: contract adobe §4.8; flat rate is 5.00 for every unit that is shipped.
"""

from msgspec import Struct

from counterfoil.checkout.settings import PER_ORDER, ShippingSettings
from counterfoil.domain.money import multiply


class ShippingRate(Struct, frozen=True):
    """A way of shipping and its net price (scaled money)."""

    carrier_code: str
    method_code: str
    carrier_title: str
    method_title: str
    amount: int

    @property
    def code(self) -> str:
        """The name by which carts and orders know it, as ``flatrate_flatrate``."""
        return f"{self.carrier_code}_{self.method_code}"

    @property
    def description(self) -> str:
        """What people read, as ``Flat Rate - Fixed``."""
        return f"{self.carrier_title} - {self.method_title}"


class ShippingMethodUnknown(Struct, frozen=True):
    """Refusal: the cart cannot be shipped this way."""

    carrier_code: str
    method_code: str


def rates(settings: ShippingSettings, *, units: int, goods_total: int) -> tuple[ShippingRate, ...]:
    """Return the ways in which a cart can be shipped.

    Args:
        settings: what the shop offers.
        units: scaled quantity of goods that are shipped; virtual goods are not counted.
        goods_total: scaled value of the goods before discount.
    """
    offered = []
    if settings.flatrate_active:
        per_order = settings.flatrate_per == PER_ORDER
        amount = settings.flatrate_price if per_order else multiply(settings.flatrate_price, units)
        offered.append(ShippingRate("flatrate", "flatrate", "Flat Rate", "Fixed", amount))
    if settings.freeshipping_active and goods_total >= settings.freeshipping_minimum:
        offered.append(ShippingRate("freeshipping", "freeshipping", "Free Shipping", "Free", 0))
    return tuple(offered)


def rate_of(offered: tuple[ShippingRate, ...], code: str | None) -> ShippingRate | None:
    """Return the rate of that code if it is on offer."""
    return next((rate for rate in offered if rate.code == code), None)
