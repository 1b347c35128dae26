"""What shipping costs, and which ways are on offer."""

from counterfoil.checkout.settings import PER_ORDER, ShippingSettings
from counterfoil.checkout.shipping import rate_of, rates
from counterfoil.domain.money import SCALE

EUR_5 = 5 * SCALE


def test_the_flat_rate_is_charged_for_every_unit():
    (rate,) = rates(ShippingSettings(), units=3 * SCALE, goods_total=0)
    assert (rate.code, rate.description, rate.amount) == ("flatrate_flatrate", "Flat Rate - Fixed", 3 * EUR_5)


def test_a_part_of_a_unit_is_charged_as_a_part():
    (rate,) = rates(ShippingSettings(), units=SCALE // 4, goods_total=0)
    assert rate.amount == SCALE * 125 // 100


def test_the_flat_rate_can_be_charged_once_an_order():
    (rate,) = rates(ShippingSettings(flatrate_per=PER_ORDER), units=3 * SCALE, goods_total=0)
    assert rate.amount == EUR_5


def test_free_shipping_is_offered_from_a_value_on():
    settings = ShippingSettings(freeshipping_active=True, freeshipping_minimum=50 * SCALE)
    below = rates(settings, units=SCALE, goods_total=50 * SCALE - 100)
    enough = rates(settings, units=SCALE, goods_total=50 * SCALE)
    assert rate_of(below, "freeshipping_freeshipping") is None
    free = rate_of(enough, "freeshipping_freeshipping")
    assert free is not None
    assert (free.amount, free.description) == (0, "Free Shipping - Free")


def test_a_shop_may_offer_no_way_at_all():
    assert rates(ShippingSettings(flatrate_active=False), units=SCALE, goods_total=0) == ()
    assert rate_of((), None) is None
