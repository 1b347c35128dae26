from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.domain.binary import double
from counterfoil.domain.money import (
    MINOR,
    Carry,
    divide_minor,
    multiply,
    percent_of,
    priced,
    round_minor,
    shown,
)


def test_rounding_goes_half_away_from_zero():
    assert round_minor(150) == 200
    assert round_minor(149) == 100
    assert round_minor(-150) == -200
    assert round_minor(-149) == -100


def test_percentages_and_products_are_rounded_to_the_minor_unit():
    assert percent_of(299_700, 83_750) == 25_100  # 8.375 % of 29.97 is 2.51
    assert multiply(99_900, 15_000) == 149_900  # 1.5 × 9.99 is 14.985, and halves go up


def test_shares_are_rounded_half_away_from_zero():
    assert divide_minor(100_000 * 1, 3) == 33_300
    assert divide_minor(-100_000 * 2, 3) == -66_700
    assert divide_minor(100 * 1, 2) == 100
    assert divide_minor(-100 * 1, 2) == -100
    assert divide_minor(0, 7) == 0


@given(whole=st.integers(0, 10**12), parts=st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_differences_of_shares_of_a_whole_add_up_to_it(whole, parts):
    whole -= whole % MINOR
    ends = [sum(parts[:count]) for count in range(len(parts) + 1)]
    shares = [divide_minor(whole * end, ends[-1]) for end in ends]
    assert sum(after - before for before, after in pairwise(shares)) == whole


@pytest.mark.parametrize(
    "amount, currency, text",
    [
        (490_000, "USD", "$49.00"),
        (5_000, "USD", "$0.50"),
        (12_345_678_900, "USD", "$1,234,567.89"),
        (0, "EUR", "€0.00"),
        (10_000, "GBP", "£1.00"),
        (10_000, "SEK", "1.00 SEK"),
        (-2_500, "USD", "-$0.25"),
        (50, "USD", "$0.01"),
    ],
)
def test_sentences_name_amounts_with_their_currency(amount, currency, text):
    assert priced(amount, currency) == text


@pytest.mark.parametrize(
    "amount, text",
    [
        (0, "0"),
        (152_500, "15.25"),
        (95_000, "9.5"),
        (1_000_000, "100"),
        (1, "0.0001"),
        (-2_500, "-0.25"),
        (698_400, "69.84"),
    ],
)
def test_numbers_in_sentences_have_no_trailing_zeros(amount, text):
    assert shown(amount) == text


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
