"""The bound with every activation: as far off as is allowed is inside, farther is not."""

from __future__ import annotations

import numpy as np
import pytest
from definitions import TRUE
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles_activated import a_case, comparisons, evaluate

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_state
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE
from strategies import cases, dimensions

DTYPES = ("float32", "float64")
MEDIUM = dimensions(
    SIMPLE_RNN, max_samples=3, max_time_steps=8, max_features=8, max_units=8, max_outputs=4
)
FLOAT32 = IEEE["float32"]


@pytest.fixture(autouse=True)
def _overflow_is_judged_not_warned_of():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_as_far_off_as_allowed_is_within_every_bound(name, dtype):
    @settings(deadline=None, max_examples=30)
    @given(
        cases(dtype=dtype, sizes=MEDIUM),
        st.sampled_from(oracles.ORDERS),
        st.integers(0, 2**16),
        st.sampled_from([-1, -0.5, 0, 0.5, 1]),
        st.booleans(),
    )
    def check(case, order, seed, off, both):
        case = case.replace(activation=name, dense_activation=name if both else "linear")
        for comparison in comparisons(case, *evaluate(case, order, seed, off)):
            assert comparison.within, (comparison.quantity, comparison.worst)

    check()


@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if a.elementwise])
def test_the_truth_is_within_the_bound_with_any_activation(name):
    true = np.vectorize(TRUE[name], otypes=[object])
    for seed in range(4):
        case = a_case("normal", seed, "float32", 2, 3, 2, 3, 2, activation=name)
        outputs = evaluate(case, "random", seed)[1]
        Wx, Wh, bh = (oracles.as_mpf(a) for a in case.weights[:3])
        x, h = oracles.as_mpf(case.inputs), oracles.as_mpf(np.zeros((2, 3)))
        for t in range(3):
            h = true(x[:, t] @ Wx + h @ Wh + bh)
        truth, bounded = oracles.true_dense(case, h), propagated_output(case, FLOAT32)
        assert oracles.all_within(outputs[:, -1], truth, bounded.bound)
        assert oracles.all_within(bounded.value, truth, bounded.bound)


def with_relative_allowance(dtype):
    """Activations of which the row allows some ulp and nothing absolute."""
    allowed = IEEE[dtype].activation_errors
    return [name for name, (ulps, absolute) in allowed.items() if ulps >= 1 and absolute == 0]


@pytest.mark.parametrize(
    ("dtype", "name"), [(d, name) for d in DTYPES for name in with_relative_allowance(d)]
)
def test_an_activation_three_times_as_far_off_as_allowed_is_outside(dtype, name):
    # Every sum of a one-hot case is exact, so that nothing but the activation is allowed for;
    # in float64 that of the reference is, too.
    ulps = IEEE[dtype].activation_errors[name][0]
    ulps += ACTIVATIONS[name].reference_error[0] if dtype == "float64" else 0
    case = a_case("one_hot", 3, dtype, 2, 3, 4, 5, 2, activation=name)
    states, outputs = evaluate(case)
    assert comparisons(case, states, outputs)[0].within
    for sign in (-1, 1):
        wrong = states + sign * 3 * ulps * IEEE[dtype].storage.ulp(states.astype(float))
        wrong = wrong.astype(dtype)
        assert not compare("state", wrong, residual_state(case, wrong, IEEE[dtype])).within
