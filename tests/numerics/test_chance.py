"""What is said of chance is true: bounds are as rare as stated, and tell what is off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from conformance.expected.initializers import Distribution
from conformance.numerics import chance


def log_tail(k, n, p):
    """log P(X ≥ k) of a binomial X."""
    i = np.arange(k, n + 1)
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, n + 1)).cumsum()])
    choose = log_factorial[n] - log_factorial[i] - log_factorial[n - i]
    return float(np.logaddexp.reduce(choose + i * math.log(p) + (n - i) * math.log1p(-p)))


@pytest.mark.parametrize("p", [0.01, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 10, 100, 16384])
def test_what_is_called_no_chance_is_as_rare_as_stated(n, p):
    for k in sorted({0, n, *(int(n * q) for q in np.linspace(0, 1, 101))}):
        if not chance.may_be_binomial(k, n, p):
            rarer = log_tail(k, n, p) if k > n * p else log_tail(n - k, n, 1 - p)
            assert rarer <= math.log(chance.FALSE_ALARM)


def test_a_mask_of_16384_entries_tells_a_rate_from_one_that_is_5_percent_off():
    rng = np.random.default_rng(0)
    n = 128 * 128
    for rate, other in ((0.5, 0.45), (0.5, 0.55), (0.25, 0.3), (0.9, 0.86)):
        for _ in range(50):
            assert chance.may_be_binomial(int(rng.binomial(n, 1 - rate)), n, 1 - rate)
            assert not chance.may_be_binomial(int(rng.binomial(n, 1 - other)), n, 1 - rate)


def test_chance_explains_no_binomial_of_no_trial_and_every_one():
    assert chance.may_be_binomial(0, 0, 0.5)
    assert chance.may_be_binomial(5, 5, 1.0)
    assert not chance.may_be_binomial(4, 5, 1.0 + 2 * chance.RESOLUTION)


def test_neighbours_are_counted_in_pairs_of_which_none_share_an_entry():
    array = np.array([[0, 0, 1], [0, 1, 1], [7, 7, 7]])
    assert chance.agreements(array, 0) == (2, 3)
    assert chance.agreements(array, 1) == (2, 3)
    assert chance.agreements(array[:1], 0) == (0, 0)


@pytest.mark.parametrize("n", [1, 7, 1000, 65536])
def test_numbers_from_their_distribution_are_within_what_chance_explains(n):
    rng = np.random.default_rng(n)
    low, high = chance.mean_square_range(n)
    least, most = chance.most_extreme_tail(n)
    for _ in range(30):
        z = np.sort(rng.standard_normal(n))
        tail = 0.5 * math.erfc(z[-1] / math.sqrt(2))
        assert low <= np.square(z).mean() <= high
        assert least <= tail <= most
        below = Distribution("normal", 0.0, 1.0).below(z)
        assert np.abs(below - (np.arange(n) + 0.5) / n).max() <= chance.furthest_distribution(n)


@pytest.mark.parametrize("scale", [0.97, 1.03])
def test_a_normal_distribution_that_is_3_percent_off_is_told_from_a_right_one(scale):
    z = scale * np.random.default_rng(0).standard_normal(65536)
    low, high = chance.mean_square_range(z.size)
    assert not low <= np.square(z).mean() <= high
