"""The equations are what the textbook says: by hand, by a literal loop, and by counting."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.cells import SIMPLE_RNN
from conformance.cells.births import glorot_limit
from conformance.cells.dense import dense
from conformance.cells.dense import parameters as dense_parameters
from conformance.expected.comparison import compare, informative
from conformance.expected.end import propagated_output
from conformance.expected.recurrence import NUMBERS, equation_of, recurrence, states_of
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE
from strategies import PLAIN, Case, cases, dimensions, notebook_case
from strategies.pieces import going_on_from

EXTENT = st.integers(1, 200)
ULPS = ACTIVATIONS["tanh"].reference_error[0]
SMALL = dimensions(
    SIMPLE_RNN, max_samples=3, max_time_steps=5, max_features=4, max_units=4, max_outputs=3
)

# One sample, two steps, two features, two units, three outputs; no matrix equals its transpose
# or one with its rows swapped, so that no other reading of it gives the same numbers.
X = np.array([[[1.0, 0.0], [0.0, 1.0]]])
WX = np.array([[0.5, -1.0], [2.0, 0.25]])
WH = np.array([[1.0, 2.0], [0.0, -1.0]])
BH = np.array([0.0, 0.5])
WO = np.array([[1.0, -1.0, 0.0], [3.0, 0.5, 0.0]])
BO = np.array([0.25, 0.0, -7.0])

# z_1 = (1·0.5 + 0·2 + 0, 1·-1 + 0·0.25 + 0.5) = (0.5, -0.5), so that h_1 = (a, -a).
# z_2 = (0·0.5 + 1·2 + a·1 - a·0 + 0, 0·-1 + 1·0.25 + a·2 + a·1 + 0.5) = (2 + a, 0.75 + 3a).
# The tanh of 0.5, of 2 + a and of 0.75 + 3a are from mpmath.
A = 0.46211715726000975850
BY_HAND = np.array([[[A, -A], [0.98556831491655092747, 0.97249544031840325789]]])


def states(x, kernel, recurrent_kernel, bias, h0=None):
    """Every state (N, T, M), in the dtype of the arrays."""
    w = SimpleNamespace(kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias)
    h0 = np.zeros((len(x), len(bias)), x.dtype) if h0 is None else h0
    inputs = [x[:, t] for t in range(x.shape[1])]
    outputs, _ = recurrence(NUMBERS, equation_of(NUMBERS, SIMPLE_RNN, w), inputs, (h0,))
    return np.stack(outputs, axis=1)


def outputs(h, dense_kernel, dense_bias):
    """Linear Dense of states (…, M)."""
    w = SimpleNamespace(dense_kernel=dense_kernel, dense_bias=dense_bias)
    return dense(NUMBERS, h, w, NUMBERS.activation("linear"))


def test_two_steps_by_hand():
    h = states(X, WX, WH, BH)
    assert h.shape == BY_HAND.shape
    # The slope of tanh at both z_2 is below 0.06: what h_1 is off adds less than one ulp there.
    assert (np.abs(h - BY_HAND) <= (ULPS + 1) * np.spacing(np.abs(BY_HAND))).all()


def test_dense_by_hand():
    h = np.array([[0.5, -0.25]])
    assert outputs(h, WO, BO).tolist() == [[0.5 - 0.75 + 0.25, -0.5 - 0.125, -7.0]]


def test_dense_treats_every_time_step_alike():
    # Small integers: every product and sum is exact, so that the order does not matter.
    rng = np.random.default_rng(0)
    h = rng.integers(-9, 9, (3, 4, 5)).astype(float)
    Wo, bo = rng.integers(-9, 9, (5, 2)).astype(float), rng.integers(-9, 9, 2).astype(float)
    y = outputs(h, Wo, bo)
    assert y.shape == (3, 4, 2)
    for t in range(4):
        np.testing.assert_array_equal(y[:, t], outputs(h[:, t], Wo, bo))
    assert y[2, 3, 1] == sum(h[2, 3, m] * Wo[m, 1] for m in range(5)) + bo[1]


@settings(deadline=None, max_examples=100)
@given(cases(dtype="float64", sizes=SMALL, textures=["normal", "glorot", "elementwise"]))
def test_matrix_products_equal_a_literal_loop(case):
    bounded = propagated_output(case, IEEE["float64"])
    assume(informative(bounded.bound, case))
    assert compare("output", literal_outputs(case), bounded).within


def literal_outputs(case: Case) -> np.ndarray:
    """The network in Python floats, one product at a time, written without matrices."""
    x, Wx, Wh, bh, Wo, bo = (a.tolist() for a in (case.inputs, *case.weights))
    outputs = []
    for n in range(case.N):
        h = [0.0] * case.M
        for t in range(case.T):
            z = []
            for m in range(case.M):
                total = bh[m]
                for d in range(case.D):
                    total += x[n][t][d] * Wx[d][m]
                for k in range(case.M):
                    total += h[k] * Wh[k][m]
                z.append(total)
            h = [math.tanh(value) for value in z]
        y = []
        for k in range(case.K):
            total = bo[k]
            for m in range(case.M):
                total += h[m] * Wo[m][k]
            y.append(total)
        outputs.append(y)
    return np.array(outputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_states_have_the_dtype_of_the_inputs(dtype):
    case = notebook_case(SIMPLE_RNN, dtype)
    assert states(case.inputs, *case.weights[:3]).dtype == dtype


def test_the_initial_state_is_zero_unless_given():
    case = notebook_case(SIMPLE_RNN, "float64")
    zero = np.zeros((case.N, case.M))
    np.testing.assert_array_equal(states_of(case), states_of(going_on_from(case, (zero,))))


def test_the_initial_state_is_what_the_first_step_sees():
    h0 = np.array([[0.25, -2.0]])
    h = states(np.zeros((1, 1, 2)), WX, WH, BH, h0)
    expected = np.tanh([0.25 * 1 - 2.0 * 0 + 0, 0.25 * 2 + 2.0 * 1 + 0.5])
    # The affine sums are exact, so only tanh may differ: a scalar and a vector path may.
    assert (np.abs(h[0, 0] - expected) <= 2 * ULPS * np.spacing(expected)).all()


@pytest.mark.parametrize("stop", [1, 4, 9])
def test_continuing_from_a_state_is_the_same_as_not_stopping(stop):
    case = notebook_case(SIMPLE_RNN, "float64")
    h = states_of(case)
    rest = case.replace(inputs=case.inputs[:, stop:])
    again = states_of(going_on_from(rest, (h[:, stop - 1],)))
    np.testing.assert_array_equal(again, h[:, stop:])


def test_the_initial_state_is_left_as_it_was():
    h0 = np.array([[0.25, -2.0]])
    states(X, WX, WH, BH, h0)
    assert h0.tolist() == [[0.25, -2.0]]


def test_the_notebook_network_has_57_parameters():
    assert SIMPLE_RNN.parameters(3, 5, PLAIN) == 45
    assert dense_parameters(5, 2, PLAIN) == 12
    assert SIMPLE_RNN.parameters(3, 5, PLAIN) + dense_parameters(5, 2, PLAIN) == 57


@settings(deadline=None)
@given(EXTENT, EXTENT, EXTENT)
def test_parameters_are_the_sizes_of_the_weights(D, M, K):
    weights = SIMPLE_RNN.weights(D, M, PLAIN).values()
    assert SIMPLE_RNN.parameters(D, M, PLAIN) == sum(math.prod(w.shape) for w in weights)
    assert dense_parameters(M, K, PLAIN) == math.prod((M, K)) + K


@settings(deadline=None, max_examples=30)
@given(cases(sizes=SMALL))
def test_weight_shapes_are_those_of_a_case(case):
    weights = SIMPLE_RNN.weights(case.D, case.M, PLAIN)
    named = {
        **{name: weight.shape for name, weight in weights.items()},
        "dense_kernel": (case.M, case.K),
        "dense_bias": (case.K,),
    }
    assert list(named.values()) == [w.shape for w in case.weights]
    assert {name: getattr(case, name).shape for name in named} == named


def test_glorot_limit():
    assert glorot_limit(3, 3) == 1.0
    assert glorot_limit(9, 15) == 0.5
    assert glorot_limit(1, 200) == glorot_limit(200, 1)
