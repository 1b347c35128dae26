"""Which payment methods are on offer, and what each of them needs."""

import pytest

from counterfoil.checkout.payment import (
    TITLES,
    PaymentChoice,
    PaymentMethod,
    PaymentUnavailable,
    PurchaseOrderNumberMissing,
    choose,
    complete,
    methods,
)
from counterfoil.checkout.settings import PaymentSettings

EVERY = PaymentSettings(active=tuple(TITLES))


def test_a_fresh_shop_takes_checks():
    assert methods(PaymentSettings(), grand_total=1) == (PaymentMethod("checkmo", "Check / Money order"),)


def test_the_shop_decides_which_methods_there_are_and_in_which_order():
    settings = PaymentSettings(active=("cashondelivery", "checkmo", "nonsense"))
    assert [method.code for method in methods(settings, grand_total=1)] == ["cashondelivery", "checkmo"]


@pytest.mark.parametrize("code", TITLES)
def test_free_is_for_a_total_of_zero_and_the_others_are_not(code):
    chosen = PaymentChoice(code)
    nothing, something = choose(chosen, EVERY, grand_total=0), choose(chosen, EVERY, grand_total=1)
    refused = nothing if code != "free" else something
    taken = something if code != "free" else nothing
    assert refused == PaymentUnavailable(code)
    assert taken == PaymentMethod(code, TITLES[code])


@pytest.mark.parametrize("number", [None, "", "  "])
def test_a_purchase_order_needs_its_number(number):
    assert complete(PaymentChoice("purchaseorder", number)) == PurchaseOrderNumberMissing()


def test_other_methods_need_no_number():
    assert complete(PaymentChoice("checkmo")) is None
    assert complete(PaymentChoice("purchaseorder", "PO-1")) is None
