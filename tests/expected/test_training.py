"""What is said of training is true: bounds of chance, distributions, penalties, exact steps."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.errors import InvalidArgument

from conformance.expected.initializers import TRUNCATED_DEVIATION, Distribution, distribution
from conformance.expected.training import (
    descended,
    forward,
    gradients,
    penalty,
    penalty_gradient,
    projected,
)
from conformance.numerics import chance
from conformance.numerics.arithmetic import FORMATS, IEEE
from strategies.choices import (
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    Choice,
    constraints,
    initializers,
    regularizers,
)
from strategies.training import FREEZES, Step, births, dropouts, penalties, steps

WAYS = ("eager", "graph")


# --- Questions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: initializers(names=["Glorot"]), "names='Glorot': must be one of Zeros, "),
        (lambda: regularizers(names=["l1"]), "names='l1': must be one of L1, "),
        (lambda: constraints(names=["Max"]), "names='Max': must be one of NonNeg, "),
        (lambda: births(max_extent=0), "max_extent=0: must be an integer, at least 1"),
        (lambda: dropouts(ways=()), "ways=(): must be names, at least one"),
        (lambda: dropouts(ways="eager"), "ways='eager': must be names, at least one"),
        (lambda: penalties(ways=WAYS, dtype="float8"), "dtype='float8': must be one of float32, "),
        (lambda: steps(ways=WAYS, frozen=["all"]), "frozen='all': must be one of nothing; "),
        (lambda: steps(ways=WAYS, names=["l1"]), "names='l1': must be one of L1, "),
    ],
)
def test_a_wrong_argument_is_refused_with_its_value(asked, message):
    with pytest.raises(InvalidArgument) as refused:
        asked()
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "text"),
    [("L1L2", "l1_l2"), ("NonNeg", "non_neg"), ("GlorotUniform", "glorot_uniform"), ("L1", "l1")],
)
def test_a_choice_has_the_name_that_keras_gives_it(name, text):
    assert Choice(name).text == text
    assert str(Choice(name, by_name=True)) == f"'{text}'"


def test_a_choice_reads_as_a_call():
    assert str(Choice("MaxNorm", (("max_value", 2.0), ("axis", 1)))) == (
        "MaxNorm(max_value=2.0, axis=1)"
    )


@given(steps(ways=WAYS, constrained=True, regularized=True, frozen=FREEZES, dtype="float64"))
def test_a_question_is_rebuilt_from_its_repr(step):
    again = eval(repr(step), {"Step": Step, "Choice": Choice})
    assert again == step
    assert hash(again) == hash(step)


# --- Chance ----------------------------------------------------------------------------------


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


# --- Distributions ---------------------------------------------------------------------------


def test_the_deviation_of_a_truncated_normal_is_the_integral():
    with mpmath.workdps(30):

        def density(z):
            return mpmath.npdf(z)

        inside = mpmath.quad(density, [-2, 0, 2])
        variance = mpmath.quad(lambda z: z * z * density(z), [-2, 0, 2]) / inside
        assert abs(float(mpmath.sqrt(variance)) - TRUNCATED_DEVIATION) < 1e-15


@pytest.mark.parametrize("kind", ["uniform", "normal", "truncated"])
def test_a_distribution_goes_from_0_to_1_and_is_symmetric(kind):
    d = Distribution(kind, 0.5, 2.0)
    x = np.linspace(-20, 21, 2001)
    below = d.below(x)
    assert (np.diff(below) >= 0).all()
    assert below[0] < 1e-20
    assert below[-1] == 1
    assert d.below(np.array([0.5]))[0] == 0.5
    assert np.abs(d.beyond(x) + below - 1).max() < 1e-15


@pytest.mark.parametrize(
    ("choice", "shape", "kind", "variance"),
    [
        (Choice("GlorotUniform"), (3, 5), "uniform", 2 / 8),
        (Choice("HeNormal"), (4, 5), "truncated", 2 / 4),
        (Choice("LecunUniform"), (4, 5), "uniform", 1 / 4),
        (Choice("GlorotNormal"), (6,), "truncated", 1 / 6),
        (Choice("RandomUniform"), (2, 2), "uniform", 0.1**2 / 12),
        (Choice("RandomNormal", (("stddev", 3.0),)), (2, 2), "normal", 9.0),
        (
            Choice(
                "VarianceScaling",
                (("scale", 2.0), ("mode", "fan_out"), ("distribution", "untruncated_normal")),
            ),
            (4, 5),
            "normal",
            2 / 5,
        ),
    ],
)
def test_a_named_initializer_has_its_documented_variance(choice, shape, kind, variance):
    found = distribution(choice, shape)
    factor = {"uniform": 1 / math.sqrt(3), "truncated": TRUNCATED_DEVIATION}.get(kind, 1.0)
    assert found.kind == kind
    assert math.isclose((found.scale * factor) ** 2, variance)


def test_every_initializer_is_fixed_random_or_orthogonal():
    random = {name for name in INITIALIZERS if distribution(Choice(name), (2, 3)) is not None}
    assert {*INITIALIZERS} - random == {"Zeros", "Ones", "Constant", "Identity", "Orthogonal"}


# --- Steps -----------------------------------------------------------------------------------


@given(steps(ways=WAYS, regularized=True))
@settings(max_examples=300, deadline=None)
def test_no_number_in_a_step_has_more_bits_than_float32(step):
    # With magnitudes in place of numbers, the sums are as large as any partial sum in any order.
    inputs, *weights = (np.abs(tensor) for tensor in step.tensors)
    targets = np.abs(step.targets)
    by_loss = gradients(inputs, weights, targets)
    states, outputs = forward(inputs, weights)
    smallest = 1 / targets.size
    largest = max(array.max() for array in (states, outputs, *by_loss))
    assert largest / smallest < 2 ** FORMATS["float32"].precision
    for weight, gradient, chosen in zip(weights, by_loss, step.regularizers):
        total = weight + step.rate * (gradient + np.abs(penalty_gradient(weight, chosen)))
        assert total.max() / (smallest * min(step.rate, 1) / 4) < 2 ** FORMATS["float32"].precision


@given(steps(ways=WAYS, regularized=True))
@settings(max_examples=50, deadline=None)
def test_a_step_goes_along_the_slope_of_loss_and_penalties(step):
    # Two-sided differences of a function that is a polynomial away from weights that are 0.
    inputs, *weights = step.tensors

    def loss(weights):
        outputs = forward(inputs, weights)[1]
        row = IEEE["float64"]
        terms = [penalty(w, r, row).value for w, r in zip(weights, step.regularizers) if r]
        return (step.targets * outputs).mean() + sum(terms)

    for i, moved in enumerate(descended(step)):
        for index in np.ndindex(weights[i].shape):
            there = [[w.copy() for w in weights] for _ in range(2)]
            for side, sign in zip(there, (1, -1)):
                side[i][index] += sign * 2.0**-10
            slope = (loss(there[0]) - loss(there[1])) * 2.0**9
            found = (weights[i][index] - moved[index]) / step.rate
            # Of degree 4 in a recurrent weight: the third derivative is what is left.
            assert abs(slope - found) < 2.0**-8


# --- Penalties and constraints ---------------------------------------------------------------


def in_format(format, w, function):
    return function(w.astype(format)).astype(float)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_bound_of_a_penalty_holds_in_float32_in_another_order(name):
    rng = np.random.default_rng(0)
    for _ in range(200):
        w = rng.standard_normal((rng.integers(1, 9), rng.integers(1, 9))).astype("float32")
        f = np.float32(0.1)
        if name == "OrthogonalRegularizer":
            choice = Choice(name, (("factor", 0.1), ("mode", "rows")))
            unit = w / np.sqrt((w * w).sum(axis=1, keepdims=True))
            product = np.abs(unit @ unit.T) * (1 - np.eye(len(w), dtype="float32"))
            pairs = max(len(w) * (len(w) - 1), 1)
            got = f * product.ravel()[::-1].cumsum(dtype="float32")[-1] / np.float32(pairs)
        else:
            keys = [key for key in ("l1", "l2") if key.upper() in name]
            choice = Choice(name, tuple((key, 0.1) for key in keys))
            parts = {"l1": np.abs(w), "l2": w * w}
            sums = [parts[k].ravel()[::-1].cumsum(dtype="float32")[-1] for k in keys]
            got = sum((f * s for s in sums), np.float32(0))
        value, bound = penalty(w, choice, IEEE["float32"])
        assert abs(float(got) - value) <= bound
        assert bound <= 1e-4 * max(float(value), 0.1)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_bound_of_a_projection_holds_in_float32(name):
    rng = np.random.default_rng(0)
    given_to = {"MaxNorm": (("max_value", 1.0),), "MinMaxNorm": (("min_value", 0.5), ("rate", 0.3))}
    choice = Choice(name, given_to.get(name, ()))
    for _ in range(200):
        w = (rng.standard_normal((rng.integers(1, 9), 3)) * rng.choice([0, 0.1, 3])).astype("f4")
        norms = np.sqrt(np.square(w).sum(axis=0, keepdims=True))
        e, one = np.float32(1e-7), np.float32(1)
        rate = np.float32(0.3)
        got = {
            "NonNeg": np.maximum(w, 0),
            "MaxNorm": w * (np.minimum(norms, one) / (e + norms)),
            "UnitNorm": w / (e + norms),
            "MinMaxNorm": w
            * ((rate * np.clip(norms, np.float32(0.5), one) + (1 - rate) * norms) / (e + norms)),
        }[name]
        assert got.dtype == np.float32
        value, bound = projected(w, choice, IEEE["float32"])
        assert (np.abs(got - value) <= bound).all()


def test_a_projection_onto_nothing_is_the_weight_itself():
    w = np.array([[1.5, -2.0]])
    value, bound = projected(w, None, IEEE["float32"])
    assert np.array_equal(value, w)
    assert not bound.any()
