from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.domain.binary import double
from counterfoil.domain.money import MINOR, Carry, multiply, percent_of, round_minor


def test_rounding_goes_half_away_from_zero():
    assert round_minor(150) == 200
    assert round_minor(149) == 100
    assert round_minor(-150) == -200
    assert round_minor(-149) == -100


def test_percentages_and_products_are_rounded_to_the_minor_unit():
    assert percent_of(299_700, 83_750) == 25_100  # 8.375 % of 29.97 is 2.51
    assert multiply(99_900, 15_000) == 149_900  # 1.5 × 9.99 is 14.985, and halves go up


def test_a_third_and_two_thirds_make_a_whole():
    carry = Carry()
    assert [carry.share(100_000, 0, 1, 3) for _ in range(3)] == [33_300, 33_400, 33_300]


def test_discounts_flip_the_sign_of_the_carried_error():
    carry = Carry()
    rows = carry.share(100_000, 0, 10_000, 30_000)
    discount = carry.share(10_000, 0, 10_000, 30_000, negative=True)
    tax = carry.share(8_300, 0, 10_000, 30_000)
    assert (rows, discount, tax) == (33_300, 3_300, 2_800)


@given(amount=st.integers(0, 10**12), whole=st.integers(1, 500))
def test_shares_of_equal_parts_never_drift_by_a_cent(amount, whole):
    amount -= amount % MINOR
    carry = Carry()
    taken = 0
    for part in range(1, min(whole, 60) + 1):
        taken += carry.share(amount, 0, 1, whole)
        assert abs(taken - Fraction(amount * part, whole)) <= MINOR // 2


def test_an_exact_half_falls_the_way_adobes_doubles_let_it_fall():
    # 2.51 − 0.84 is 1.67, and half of it goes up …
    assert Carry().share(25_100, 8_400, 10_000, 20_000) == 8_400
    # … but not behind 29.97 − 9.99, which is 19.979999999999997 (recorded in walk 004).
    carry = Carry()
    assert carry.share(299_700, 99_900, 10_000, 20_000) == 99_900
    assert carry.share(25_100, 8_400, 10_000, 20_000) == 8_300


def test_a_half_with_a_carried_half_goes_up_where_15_digits_say_so():
    # 10.825 becomes 10.83, and 10.00 − 0.005 is 9.994999999999999 in doubles (recorded in walk 006).
    carry = Carry()
    assert carry.share(216_500, 0, 10_000, 20_000) == 108_300
    assert carry.share(100_000, 0, 20_000, 20_000) == 100_000


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-9, max_value=1e12), st.integers(1, 997))
def test_doubles_are_those_of_the_machine(number, divisor):
    assert double(Fraction(number) / divisor) == Fraction(number / divisor)
    assert double(-Fraction(number)) == -Fraction(number)
