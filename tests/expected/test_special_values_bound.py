"""The bound with overflow, NaN and infinity: what is certain, and what is open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles_activated import a_case, comparisons, evaluate

import oracles
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_state
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.sums import affine

DTYPES = ("float32", "float64")
FLOAT32 = IEEE["float32"]


@pytest.fixture(autouse=True)
def _overflow_is_judged_not_warned_of():
    with np.errstate(all="ignore"):
        yield


def given_case(inputs, kernel, recurrent_kernel, activation="linear", dtype="float32"):
    """A case of one unit, without biases, that outputs its state."""
    tensors = (inputs, kernel, recurrent_kernel, [0], [[1]], [0])
    return oracles.given_case(tensors, dtype, activation=activation)


# --- Numbers that are too large --------------------------------------------------------------


def test_an_exponential_that_is_certainly_too_large_is_infinite():
    case = given_case([[[88.0]], [[88.5]], [[89.5]], [[100.0]]], [[1]], [[0]], "exponential")
    states, outputs = evaluate(case)
    assert np.isinf(states[:, 0, 0]).tolist() == [False, False, True, True]
    assert all(comparison.within for comparison in comparisons(case, states, outputs))
    bounded = residual_state(case, states, FLOAT32)
    assert (bounded.bound[2:] == 0).all()
    finite = np.where(np.isinf(states), np.finfo("float32").max, states)
    assert not compare("state", finite, bounded).within


def test_an_exponential_that_is_perhaps_too_large_may_be_infinite_or_not():
    largest = float(np.log(float(np.finfo("float32").max)))
    case = given_case([[[largest]]], [[1]], [[0]], "exponential")
    for state in (np.inf, 3.4028e38):
        states = np.full((1, 1, 1), state, "float32")
        assert compare("state", states, residual_state(case, states, FLOAT32)).within


def test_after_a_state_that_may_be_infinite_nothing_is_known_though_its_weight_is_zero():
    # Infinity times zero is NaN, where a finite state would leave nothing.
    largest = float(np.log(float(np.finfo("float32").max)))
    case = given_case([[[largest], [0.0]]], [[1]], [[0]], "exponential")
    assert (propagated_output(case, FLOAT32).bound == np.inf).all()
    smaller = given_case([[[largest - 1], [0.0]]], [[1]], [[0]], "exponential")
    assert (propagated_output(smaller, FLOAT32).bound < 1e-5).all()


@pytest.mark.parametrize("name", ["relu", "linear", "softplus", "elu", "leaky_relu", "silu"])
@pytest.mark.parametrize("positive", [False, True])
def test_states_that_grow_until_they_overflow_are_never_outside(name, positive):
    for seed in range(3):
        base = a_case("normal", seed, "float32", 2, 60, 2, 3, 2, activation=name)
        sized = np.abs if positive else np.asarray
        case = base.replace(
            inputs=sized(base.inputs),
            kernel=sized(base.kernel),
            recurrent_kernel=9 * sized(base.recurrent_kernel),
            bias=sized(base.bias),
        )
        for order in ("given", "random", "pairwise"):
            states, outputs = evaluate(case, order, seed)
            assert all(comparison.within for comparison in comparisons(case, states, outputs))
            assert not positive or np.isinf(states[:, -1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_terms_of_one_sign_overflow_in_every_order(dtype):
    big = float(np.finfo(dtype).max)
    operand, weight = np.array([[big / 2, big / 2, big / 4]]), np.ones((3, 2)) * [1, -1]
    bounded = affine(operand, weight, np.zeros(2), IEEE[dtype])
    np.testing.assert_array_equal(bounded.value, [[np.inf, -np.inf]])
    np.testing.assert_array_equal(bounded.bound, [[0, 0]])
    rng = np.random.default_rng(0)
    for order in oracles.ORDERS:
        got = oracles.affine(
            operand.astype(dtype), weight.astype(dtype), np.zeros(2, dtype), order, rng
        )
        np.testing.assert_array_equal(got, bounded.value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "shares", [(0.75, 0.75, -0.5), (0.5, 0.5, 0), (1, 2.0**-60, 0)], ids=["signs", "limit", "near"]
)
def test_of_terms_that_may_overflow_on_the_way_nothing_is_known(dtype, shares):
    operand = np.array([shares]) * float(np.finfo(dtype).max)
    bounded = affine(operand, np.ones((3, 1)), np.zeros(1), IEEE[dtype])
    assert bounded.bound[0, 0] == np.inf


# --- NaN and infinity ------------------------------------------------------------------------

DECIDED = {
    "NaN": ([np.nan, 1, 2], [1, 1, 1], 0, np.nan),
    "NaN times zero": ([np.nan, 1, 2], [0, 1, 1], 0, np.nan),
    "NaN as a weight": ([1, 1, 2], [1, np.nan, 1], 0, np.nan),
    "NaN as the bias": ([1, 1, 2], [1, 1, 1], np.nan, np.nan),
    "infinity": ([np.inf, 1, 2], [1, -1, 1], 0, np.inf),
    "infinity times a negative": ([np.inf, 1, 2], [-2, 1, 1], 5, -np.inf),
    "infinity times zero": ([np.inf, 1, 2], [0, 1, 1], 0, np.nan),
    "both infinities": ([np.inf, -np.inf, 2], [1, 1, 1], 0, np.nan),
    "infinity against the bias": ([np.inf, 1, 2], [1, 1, 1], -np.inf, np.nan),
}


@pytest.mark.parametrize("name", DECIDED)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinity_decide_a_sum_in_every_order(name, dtype):
    operand, weight, bias, expected = DECIDED[name]
    tensors = np.array([operand]), np.array(weight)[:, None], np.array([bias])
    bounded = affine(*(t.astype(float) for t in tensors), IEEE[dtype])
    np.testing.assert_array_equal(bounded.value, [[expected]])
    assert bounded.bound[0, 0] == 0
    for order in oracles.ORDERS:
        got = oracles.affine(*(t.astype(dtype) for t in tensors), order, np.random.default_rng(0))
        np.testing.assert_array_equal(got, [[expected]])


def test_infinity_times_a_subnormal_is_known_only_where_subnormals_are_kept():
    tensors = np.array([[np.inf, 1.0]]), np.array([[1e-40], [1.0]]), np.zeros(1)
    assert affine(*tensors, FLOAT32).bound[0, 0] == np.inf
    kept = affine(*tensors, replace(FLOAT32, flushes_subnormals=False))
    assert (kept.value[0, 0], kept.bound[0, 0]) == (np.inf, 0)


def test_infinity_beside_terms_that_may_overflow_to_the_other_side_is_not_known():
    operand = np.array([[np.inf, -3e38, -3e38]])
    assert affine(operand, np.ones((3, 1)), np.zeros(1), FLOAT32).bound[0, 0] == np.inf


def test_infinity_beside_terms_that_overflow_in_the_reference_itself_is_not_known_either():
    # 1.3e308 + 1.3e308 is +∞ in float64, to which −∞ adds NaN; in another order it is −∞.
    terms = np.array([[1.3e308, 1.3e308, -np.inf]])
    bounded = affine(terms, np.ones((3, 1)), np.zeros(1), IEEE["float64"])
    assert bounded.bound.tolist() == [[np.inf]]


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "softplus", "selu"])
def test_nan_in_a_sample_is_nan_in_its_last_output_and_says_nothing_of_others(activation):
    case = a_case("normal", 0, "float32", 3, 4, 2, 3, 2, activation=activation)
    inputs = case.inputs.copy()
    inputs[1, 2, 0] = np.nan
    case = case.replace(inputs=inputs)
    bounded = propagated_output(case, FLOAT32)
    assert np.isnan(bounded.value[1]).all()
    assert (bounded.bound[1] == 0).all()
    assert (bounded.bound[[0, 2]] == np.inf).all()
    outputs = evaluate(case)[1][:, -1]
    assert compare("output", outputs, bounded).within
    assert not compare("output", np.nan_to_num(outputs), bounded).within


def test_nan_in_the_dense_kernel_is_nan_in_its_output_alone():
    case = a_case("normal", 0, "float32", 3, 4, 2, 3, 2)
    dense_kernel = case.dense_kernel.copy()
    dense_kernel[0, 1] = np.nan
    bounded = propagated_output(case.replace(dense_kernel=dense_kernel), FLOAT32)
    assert np.isnan(bounded.value[:, 1]).all()
    assert bounded.bound[:, 1].tolist() == [0, 0, 0]
    assert (bounded.bound[:, 0] == np.inf).all()


def test_of_infinity_in_the_inputs_the_last_output_says_nothing():
    case = given_case([[[np.inf], [1.0]]], [[1]], [[1e-40]], "tanh")
    assert (propagated_output(case, FLOAT32).bound == np.inf).all()
