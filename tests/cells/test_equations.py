"""The equations are what the textbook says: by hand, by a literal loop, and by counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.cells import simple_rnn as equations
from conformance.expected.comparison import compare, informative
from conformance.expected.end import propagated_output
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE
from strategies import Case, cases, dimensions, notebook_case

EXTENT = st.integers(1, 200)
ULPS = ACTIVATIONS["tanh"].reference_error[0]
SMALL = dimensions(max_samples=3, max_time_steps=5, max_features=4, max_units=4, max_outputs=3)

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


def test_two_steps_by_hand():
    h = equations.simple_rnn(X, WX, WH, BH)
    assert h.shape == BY_HAND.shape
    # The slope of tanh at both z_2 is below 0.06: what h_1 is off adds less than one ulp there.
    assert (np.abs(h - BY_HAND) <= (ULPS + 1) * np.spacing(np.abs(BY_HAND))).all()


def test_dense_by_hand():
    h = np.array([[0.5, -0.25]])
    assert equations.dense(h, WO, BO).tolist() == [[0.5 - 0.75 + 0.25, -0.5 - 0.125, -7.0]]


def test_dense_treats_every_time_step_alike():
    # Small integers: every product and sum is exact, so that the order does not matter.
    rng = np.random.default_rng(0)
    h = rng.integers(-9, 9, (3, 4, 5)).astype(float)
    Wo, bo = rng.integers(-9, 9, (5, 2)).astype(float), rng.integers(-9, 9, 2).astype(float)
    y = equations.dense(h, Wo, bo)
    assert y.shape == (3, 4, 2)
    for t in range(4):
        np.testing.assert_array_equal(y[:, t], equations.dense(h[:, t], Wo, bo))
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
    case = notebook_case(dtype)
    assert equations.simple_rnn(case.inputs, *case.weights[:3]).dtype == dtype


def test_the_initial_state_is_zero_unless_given():
    case = notebook_case("float64")
    zero = np.zeros((case.N, case.M))
    np.testing.assert_array_equal(
        equations.simple_rnn(case.inputs, *case.weights[:3]),
        equations.simple_rnn(case.inputs, *case.weights[:3], initial_state=zero),
    )


def test_the_initial_state_is_what_the_first_step_sees():
    h0 = np.array([[0.25, -2.0]])
    h = equations.simple_rnn(np.zeros((1, 1, 2)), WX, WH, BH, initial_state=h0)
    expected = np.tanh([0.25 * 1 - 2.0 * 0 + 0, 0.25 * 2 + 2.0 * 1 + 0.5])
    # The affine sums are exact, so only tanh may differ: a scalar and a vector path may.
    assert (np.abs(h[0, 0] - expected) <= 2 * ULPS * np.spacing(expected)).all()


@pytest.mark.parametrize("stop", [1, 4, 9])
def test_continuing_from_a_state_is_the_same_as_not_stopping(stop):
    case = notebook_case("float64")
    h = equations.simple_rnn(case.inputs, *case.weights[:3])
    rest = equations.simple_rnn(
        case.inputs[:, stop:], *case.weights[:3], initial_state=h[:, stop - 1].copy()
    )
    np.testing.assert_array_equal(rest, h[:, stop:])


def test_the_initial_state_is_left_as_it_was():
    h0 = np.array([[0.25, -2.0]])
    equations.simple_rnn(X, WX, WH, BH, initial_state=h0)
    assert h0.tolist() == [[0.25, -2.0]]


def test_the_notebook_network_has_57_parameters():
    assert equations.simple_rnn_parameters(3, 5) == 45
    assert equations.dense_parameters(5, 2) == 12
    assert equations.parameters(3, 5, 2) == 57


@settings(deadline=None)
@given(EXTENT, EXTENT, EXTENT)
def test_parameters_are_the_sizes_of_the_weights(D, M, K):
    recurrent = sum(math.prod(s) for s in equations.simple_rnn_weight_shapes(D, M).values())
    dense = sum(math.prod(s) for s in equations.dense_weight_shapes(M, K).values())
    assert equations.simple_rnn_parameters(D, M) == recurrent
    assert equations.dense_parameters(M, K) == dense
    assert equations.parameters(D, M, K) == recurrent + dense


@settings(deadline=None, max_examples=30)
@given(cases(sizes=SMALL))
def test_weight_shapes_are_those_of_a_case(case):
    named = {
        **equations.simple_rnn_weight_shapes(case.D, case.M),
        **{f"dense_{n}": s for n, s in equations.dense_weight_shapes(case.M, case.K).items()},
    }
    assert list(named.values()) == [w.shape for w in case.weights]
    assert {name: getattr(case, name).shape for name in named} == named


def test_glorot_limit():
    assert equations.glorot_limit(3, 3) == 1.0
    assert equations.glorot_limit(9, 15) == 0.5
    assert equations.glorot_limit(1, 200) == equations.glorot_limit(200, 1)
