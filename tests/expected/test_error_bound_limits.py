"""The bound at the ends: faults it must not hide, chaos, overflow and subnormals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare, informative
from conformance.expected.end import propagated_output
from conformance.expected.recurrence import states_of as states_by_equation
from conformance.expected.steps import residual_output, residual_state
from conformance.numerics.activations import tanh_slope
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.sums import affine
from strategies import Dimensions
from strategies.cases import case_of_seed

DTYPES = ("float32", "float64")
FLOAT32 = IEEE["float32"]


ORDINARY = Dimensions(SIMPLE_RNN, 4, 8, 8, 16, 4)


def ordinary(seed, texture="glorot", size=ORDINARY, dtype="float32"):
    return case_of_seed(size, dtype, texture, seed)


# --- Faults ---------------------------------------------------------------------------------


def states_of(case, step):
    """States of an implementation whose step from x_t and h_{t-1} is ``step``."""
    h = np.zeros((case.N, case.M), case.dtype)
    states = []
    for t in range(case.T):
        h = step(case, case.inputs[:, t], h).astype(case.dtype)
        states.append(h)
    return np.stack(states, axis=1)


def correct(case, x, h):
    return np.tanh(x @ case.kernel + h @ case.recurrent_kernel + case.bias)


def one_unit_off_by_1e_5(case, x, h):
    new = correct(case, x, h)
    new[:, -1] *= np.float32(1 + 1e-5)
    return new


def transposed_recurrent_kernel(case, x, h):
    return correct(case.replace(recurrent_kernel=case.recurrent_kernel.T.copy()), x, h)


def missing_bias(case, x, h):
    return correct(case.replace(bias=np.zeros_like(case.bias)), x, h)


def float16_accumulation(case, x, h):
    z = np.zeros((len(x), case.M), "float16")
    for operand, weight in ((x, case.kernel), (h, case.recurrent_kernel)):
        for i in range(len(weight)):
            z = z + (operand[:, i, None] * weight[i]).astype("float16")
    return np.tanh(z.astype("float32") + case.bias)


def tanh_as_a_rational_function(case, x, h):
    # Continued fraction of order 7: correct to about 1e-6 for small arguments.
    z = np.clip(x @ case.kernel + h @ case.recurrent_kernel + case.bias, -4.97, 4.97)
    q = z * z
    return z * (135135 + q * (17325 + q * (378 + q))) / (135135 + q * (62370 + q * (3150 + q * 28)))


def inputs_of_another_sample(case, x, h):
    return correct(case, np.roll(x, 1, axis=0), h)


FAULTS = (
    one_unit_off_by_1e_5,
    transposed_recurrent_kernel,
    missing_bias,
    float16_accumulation,
    inputs_of_another_sample,
)


@pytest.mark.parametrize("seed", range(5))
def test_the_step_without_a_fault_is_within_the_residual_bound(seed):
    case = ordinary(seed)
    states = states_of(case, correct)
    assert compare("state", states, residual_state(case, states, FLOAT32)).within


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_outside_the_residual_bound_in_every_ordinary_case(fault):
    for seed in range(20):
        case = ordinary(seed)
        states = states_of(case, fault)
        assert not compare("state", states, residual_state(case, states, FLOAT32)).within


def test_an_approximate_tanh_is_outside_the_residual_bound_in_most_ordinary_cases():
    caught = 0
    for seed in range(20):
        case = ordinary(seed)
        states = states_of(case, tanh_as_a_rational_function)
        caught += not compare("state", states, residual_state(case, states, FLOAT32)).within
    assert caught > 10


def test_a_fault_of_dense_is_outside_the_residual_bound():
    for seed in range(20):
        case = ordinary(seed)
        states, outputs = oracles.evaluate(case)
        bounded = residual_output(case, states, FLOAT32)
        assert compare("output", outputs, bounded).within
        assert not compare("output", outputs * np.float32(1 + 1e-5), bounded).within
        assert not compare("output", outputs - case.dense_bias, bounded).within


def test_gross_faults_are_outside_the_propagated_bound():
    for seed in range(10):
        case = ordinary(seed)
        bounded = propagated_output(case, FLOAT32)
        for fault in (transposed_recurrent_kernel, missing_bias, float16_accumulation):
            states = states_of(case, fault)
            outputs = states[:, -1] @ case.dense_kernel + case.dense_bias
            assert not compare("output", outputs, bounded).within


# --- Chaos ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_long_chaotic_sequences_are_judged_step_by_step_only(dtype):
    for seed in range(3):
        case = ordinary(seed, "chaotic", Dimensions(SIMPLE_RNN, 2, 200, 4, 16, 3), dtype)
        bounded = propagated_output(case, IEEE[dtype])
        assert not np.isnan(bounded.bound).any()
        assert not informative(bounded.bound, case)
        states, outputs = oracles.evaluate(case, "random", seed)
        assert compare("output", outputs[:, -1], bounded).within
        assert compare("state", states, residual_state(case, states, IEEE[dtype])).within
        wrong = states_of(case, transposed_recurrent_kernel)
        assert not compare("state", wrong, residual_state(case, wrong, IEEE[dtype])).within


@pytest.mark.parametrize(("gain", "most"), [(0.5, 1.01), (1.0, 3.0)])
def test_the_propagated_bound_of_a_forgetting_network_hardly_grows_with_time(gain, most):
    # An orthogonal kernel of gain 1 forgets only by the slopes of tanh, below 1 throughout.
    short = ordinary(0, size=Dimensions(SIMPLE_RNN, 2, 8, 4, 16, 3))
    orthogonal = short.recurrent_kernel / np.linalg.norm(short.recurrent_kernel, 2)
    short = short.replace(recurrent_kernel=np.float32(gain) * orthogonal, bias=3 * short.bias)
    long = short.replace(inputs=np.tile(short.inputs, (1, 8, 1)))
    ratio = propagated_output(long, FLOAT32).bound / propagated_output(short, FLOAT32).bound
    assert (ratio < most).all()


# --- Overflow -------------------------------------------------------------------------------

BIG = {"float32": 3e38, "float64": 1.7e308}


def overflowing(dtype):
    """x_1 Wx = 2 big - 2 big: infinity minus infinity, where each product is rounded first."""
    big = BIG[dtype]
    tensors = ([[[big, big], [0, 0]]], [[2], [-2]], [[0.5]], [0], [[1]], [0])
    return oracles.given_case(tensors, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_affine_stage_that_may_overflow_is_not_bounded(dtype):
    case = overflowing(dtype)
    with np.errstate(all="ignore"):
        bounded = affine(
            *(a.astype(float) for a in (case.inputs, case.kernel, case.bias)), IEEE[dtype]
        )
    assert bounded.bound[0, 0, 0] == np.inf
    assert bounded.bound[0, 1, 0] < 1e-30


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_state_after_a_possible_overflow_is_not_bounded(dtype):
    case = overflowing(dtype)
    for states in (np.full((1, 2, 1), np.nan, dtype), np.zeros((1, 2, 1), dtype)):
        with np.errstate(all="ignore"):
            bounded = residual_state(case, states, IEEE[dtype])
        assert bounded.bound[0, 0, 0] == np.inf
        assert compare("state", states, bounded).within


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_output_after_a_possible_overflow_is_not_bounded(dtype):
    with np.errstate(all="ignore"):
        bounded = propagated_output(overflowing(dtype), IEEE[dtype])
    assert bounded.bound[0, 0] == np.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_numbers_that_do_not_overflow_are_bounded(dtype):
    case = overflowing(dtype)
    case = case.replace(kernel=np.array([[0.125], [0.25]], dtype))
    states, outputs = oracles.evaluate(case)
    assert compare("state", states, residual_state(case, states, IEEE[dtype])).worst <= 1
    bounded = propagated_output(case, IEEE[dtype])
    assert (bounded.bound < 1e-5).all()
    assert compare("output", outputs[:, -1], bounded).within


# --- Subnormal numbers ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("flushes", [False, True])
def test_flushing_subnormals_is_allowed_and_not_required(dtype, flushes):
    rng = np.random.default_rng(0)
    tiny, seen = np.finfo(dtype).tiny, 0
    for seed in range(40):
        base = ordinary(seed, "normal", Dimensions(SIMPLE_RNN, 2, 4, 3, 4, 2), dtype)
        # Every tensor but one recurrent kernel near the smallest normal number.
        scale = np.array(float(tiny) * 2.0 ** rng.integers(-8, 6), dtype)
        case = base.replace(
            inputs=base.inputs * scale,
            bias=base.bias * scale,
            dense_bias=base.dense_bias * scale,
        )
        seen += int((np.abs(case.inputs) < tiny).sum())
        states, outputs = oracles.evaluate(case, "random", seed, flushes=flushes)
        arithmetic = IEEE[dtype]
        assert compare("state", states, residual_state(case, states, arithmetic)).within
        assert compare("output", outputs, residual_output(case, states, arithmetic)).within
        assert compare("output", outputs[:, -1], propagated_output(case, arithmetic)).within
    assert seen > 100


def test_subnormal_weights_may_be_flushed():
    case = oracles.given_case(([[[1e3]]], [[1e-39]], [[0]], [0], [[1e-39]], [1e-39]))
    for flushes in (False, True):
        states, outputs = oracles.evaluate(case, flushes=flushes)
        assert (states == 0).all() == flushes
        assert compare("state", states, residual_state(case, states, FLOAT32)).within
        assert compare("output", outputs[:, -1], propagated_output(case, FLOAT32)).within


# --- Parts ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.floats(0, 300))
def test_the_slope_of_tanh_is_that_of_the_true_tanh(z):
    true = 1 - oracles.mp.tanh(z) ** 2 if z < 20 else oracles.mp.sech(z) ** 2
    assert abs(oracles.mp.mpf(float(tanh_slope(np.array(z)))) - true) <= 2.0**-40 * true
    assert tanh_slope(np.array(-z)) == tanh_slope(np.array(z))


def test_the_propagated_value_is_the_equations_own():
    case = ordinary(0, dtype="float64")
    states = states_by_equation(case)
    expected = states[:, -1] @ case.dense_kernel + case.dense_bias
    np.testing.assert_array_equal(propagated_output(case, IEEE["float64"]).value, expected)
