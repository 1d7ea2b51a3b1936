"""The exactness certificate says "exact" only where no order of summation rounds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.numerics.exactness import MOST_PRODUCTS, last_bit, sums_are_exact
from strategies import Dimensions
from strategies.textures import seeded

PRECISION = {"float32": 24, "float64": 53}


def certificate(operand, weight, bias):
    precision = PRECISION[str(operand.dtype)]
    operand, weight, bias = (a.astype(float) for a in (operand, weight, bias))
    magnitudes = np.abs(operand) @ np.abs(weight) + np.abs(bias)
    return sums_are_exact(operand, weight, bias, magnitudes, precision)


def grid(rng, shape, bits, dtype):
    """Integers of at most ``bits`` bits times a common power of two; some of them zero."""
    integers = rng.integers(-(2**bits), 2**bits + 1, shape) * (rng.random(shape) < 0.8)
    return (integers * 2.0 ** int(rng.integers(-12, 12))).astype(dtype)


def operands(seed, operand_bits, weight_bits, n, dtype="float32"):
    rng = np.random.default_rng(seed)
    return (
        grid(rng, (3, n), operand_bits, dtype),
        grid(rng, (n, 2), weight_bits, dtype),
        grid(rng, 2, weight_bits, dtype),
    )


def wrong_where_certified(operand, weight, bias, seed):
    """The certified sums that some order rounds after all."""
    certified = certificate(operand, weight, bias)
    truth = oracles.exact_affine(operand, weight, bias)
    rng = np.random.default_rng(seed)
    wrong = []
    for order in (*oracles.ORDERS, "random", "random"):
        got = oracles.as_fractions(oracles.affine(operand, weight, bias, order, rng))
        wrong += [order] * int((certified & (got != truth)).sum())
    return wrong


GRIDS = {
    "seed": st.integers(0, 2**32 - 1),
    "operand_bits": st.integers(1, 16),
    "weight_bits": st.integers(1, 14),
    "n": st.integers(1, 10),
}


@settings(deadline=None, max_examples=400)
@given(**GRIDS)
def test_a_certified_sum_is_exact_in_every_order(seed, operand_bits, weight_bits, n):
    tensors = operands(seed, operand_bits, weight_bits, n)
    assert wrong_where_certified(*tensors, seed) == []


def test_the_certificate_decides_both_ways_on_such_operands():
    # Without this the property above could hold because nothing is ever certified.
    decisions = np.concatenate(
        [
            certificate(*operands(seed, *bits, 4)).ravel()
            for seed in range(50)
            for bits in ((4, 6), (10, 12), (16, 14))
        ]
    )
    assert 0.1 < decisions.mean() < 0.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("excess", [-1, 0, 1, 2])
def test_the_limit_is_where_the_sum_of_magnitudes_needs_one_bit_too_many(dtype, excess):
    # The magnitudes add up to 2^p + excess, and the last bit of all terms is 1.
    top = 2.0 ** PRECISION[dtype]
    operand = np.array([[top / 2, top / 2 - 2, 1, 1 + excess]], dtype)
    weight, bias = np.ones((4, 1), dtype), np.zeros(1, dtype)
    assert wrong_where_certified(operand, weight, bias, 0) == []
    if excess < 0:
        assert certificate(operand, weight, bias).all()
    if excess > 1:
        assert not certificate(operand, weight, bias).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sum_that_two_orders_round_differently_is_not_certified(dtype):
    # (2^p + 1) + 1 = 2^p by rounding to even, twice; 2^p + (1 + 1) = 2^p + 2 exactly.
    top = np.array(2.0 ** PRECISION[dtype], dtype)
    operand = np.array([[top, 1]], dtype)
    weight, bias = np.ones((2, 1), dtype), np.ones(1, dtype)
    one = bias[0]
    assert (top + one) + one != top + (one + one)
    assert not certificate(operand, weight, bias).any()


def test_one_hot_cases_are_certified_and_exact():
    for seed in range(20):
        size = Dimensions(SIMPLE_RNN, 2, 1, 1 + seed % 5, 1 + seed % 7, 1 + seed % 3)
        case = seeded("one_hot", seed, size, "float32")
        assert certificate(case.inputs, case.kernel, case.bias).all()
        assert wrong_where_certified(case.inputs[:, 0], case.kernel, case.bias, seed) == []
        state = np.random.default_rng(seed).uniform(-1, 1, (2, size.M)).astype("float32")
        assert certificate(state, case.recurrent_kernel, case.bias).all()
        assert certificate(state, case.dense_kernel, case.dense_bias).all()


def test_full_mantissas_are_not_certified():
    rng = np.random.default_rng(0)
    for dtype in PRECISION:
        operand, weight = rng.random((4, 5)).astype(dtype), rng.random((5, 3)).astype(dtype)
        assert not certificate(operand, weight, np.zeros(3, dtype)).any()


def test_a_sum_without_terms_other_than_zero_is_exact():
    zero = np.zeros((2, 3), "float32")
    assert certificate(zero, zero.T, np.zeros(2, "float32")).all()


def test_a_single_bias_among_zeros_is_exact():
    bias = np.array([1 / 3, -1e-40], "float32")
    assert certificate(np.zeros((1, 3), "float32"), np.zeros((3, 2), "float32"), bias).all()


def test_problems_too_large_to_look_at_are_not_certified():
    n = MOST_PRODUCTS // 4 + 1
    assert not certificate(np.zeros((1, n)), np.zeros((n, 4)), np.zeros(4)).any()


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False).filter(bool))
def test_the_last_bit_is_the_largest_power_of_two_that_divides(number):
    q = int(last_bit(np.array([number]))[0])
    units = Fraction(number) / Fraction(2) ** q
    assert units.denominator == 1
    assert units.numerator % 2 == 1


def test_the_last_bit_of_zero_limits_nothing():
    assert last_bit(np.array([0.0, -0.0])).min() > 2000 + PRECISION["float64"]
