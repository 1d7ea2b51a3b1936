"""Verdicts: shares, what is not a number, the first place outside, and what could show nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import (
    INFORMATIVE,
    Comparison,
    compare,
    discriminating,
    informative,
)
from conformance.expected.recurrence import states_of
from conformance.numerics.bounded import Bounded
from strategies import Dimensions, notebook_case
from strategies.cases import case_of_seed

NAN, INF = float("nan"), float("inf")


def outputs(got, expected, bound):
    got, expected, bound = (np.atleast_2d(np.array(a, float)) for a in (got, expected, bound))
    return compare("output", got, Bounded(expected, bound))


def states(got, expected=0.0, bound=1.0):
    """A comparison of (sample, step, unit); ``expected`` and ``bound`` are for all elements."""
    got = np.array(got, float)
    return compare("state", got, Bounded(np.full(got.shape, expected), np.full(got.shape, bound)))


def test_the_share_is_the_error_divided_by_the_bound():
    comparison = outputs([1.5, 2.0, -1.0], [1.0, 2.0, 1.0], [2.0, 1.0, 0.5])
    assert comparison.error.tolist() == [[0.5, 0.0, 2.0]]
    assert comparison.shares.tolist() == [[0.25, 0.0, 4.0]]
    assert comparison.worst == 4.0
    assert not comparison.within
    assert comparison.first_outside == (0, 2)


def test_an_error_equal_to_the_bound_is_within():
    comparison = outputs([1.5], [1.0], [0.5])
    assert comparison.worst == 1.0
    assert comparison.within
    assert comparison.first_outside is None


def test_an_error_just_above_the_bound_is_outside():
    comparison = outputs([1.5], [1.0], [np.nextafter(0.5, 0)])
    assert comparison.worst > 1.0
    assert not comparison.within


@pytest.mark.parametrize("bound", [0.0, 1e-9, INF])
def test_no_error_takes_no_share(bound):
    comparison = outputs([3.0], [3.0], [bound])
    assert comparison.worst == 0.0
    assert comparison.within


def test_any_error_where_none_is_allowed_is_outside():
    comparison = outputs([5e-324], [0.0], [0.0])
    assert comparison.worst == INF
    assert comparison.first_outside == (0, 0)


@pytest.mark.parametrize("got", [NAN, INF, -INF])
def test_what_is_not_finite_is_outside_a_finite_bound(got):
    comparison = outputs([0.0, got], [0.0, 1.0], [1.0, 1e300])
    assert comparison.error[0, 1] == INF
    assert comparison.worst == INF
    assert comparison.first_outside == (0, 1)


@pytest.mark.parametrize("expected", [NAN, INF, -INF])
def test_a_number_where_none_is_expected_is_outside(expected):
    assert outputs([1.0], [expected], [1.0]).first_outside == (0, 0)


@pytest.mark.parametrize("same", [NAN, INF, -INF])
def test_the_same_that_is_not_finite_is_within(same):
    comparison = outputs([same], [same], [0.0])
    assert comparison.error.tolist() == [[0.0]]
    assert comparison.worst == 0.0
    assert comparison.within


def test_infinities_of_different_sign_are_not_the_same():
    assert not outputs([INF], [-INF], [1.0]).within
    assert not outputs([INF], [NAN], [1.0]).within
    assert not outputs([NAN], [INF], [1.0]).within


@pytest.mark.parametrize("got", [NAN, INF, 7.0])
def test_anything_is_within_an_infinite_bound(got):
    assert outputs([got], [1.0], [INF]).within


def test_a_bound_that_is_not_a_number_hides_no_error():
    comparison = outputs([2.0], [1.0], [NAN])
    assert not comparison.within
    assert comparison.first_outside == (0, 0)


def test_signed_zeros_are_equal():
    assert outputs([-0.0], [0.0], [0.0]).within


def test_the_earliest_time_step_is_named_first():
    got = np.zeros((3, 4, 2))
    got[0, 3, 0] = got[2, 1, 1] = 9
    assert states(got).first_outside == (2, 1, 1)


def test_then_the_first_sample_then_the_first_unit():
    got = np.zeros((3, 4, 2))
    got[2, 1, 0] = got[1, 1, 1] = 9
    assert states(got).first_outside == (1, 1, 1)
    got[1, 1, 0] = NAN
    assert states(got).first_outside == (1, 1, 0)


def test_outputs_without_time_are_ordered_by_sample():
    got = np.zeros((3, 2))
    got[2, 0] = got[1, 1] = 9
    assert outputs(got, np.zeros((3, 2)), np.ones((3, 2))).first_outside == (1, 1)


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**16))
def test_the_first_outside_is_outside_and_nothing_earlier_is(N, T, M, seed):
    got = np.random.default_rng(seed).choice([0.0, 9.0], (N, T, M), p=[0.8, 0.2])
    comparison = states(got)
    assert comparison.within == (comparison.first_outside is None) == (not got.any())
    if comparison.first_outside is not None:
        n, t, m = comparison.first_outside
        assert got[n, t, m] == 9
        assert not got[:, :t].any()
        assert not got[:n, t].any()
        assert not got[n, t, :m].any()


def test_axes_are_named_by_what_is_compared():
    assert states(np.zeros((1, 2, 3))).axes == ("sample", "step", "unit")
    assert outputs([0.0], [0.0], [0.0]).axes == ("sample", "output")
    sequence = np.zeros((1, 2, 3))
    assert compare("output", sequence, Bounded(sequence, sequence)).axes[1:] == ("step", "output")


def test_a_float32_result_is_compared_as_it_is():
    # In float32 the difference from 0.1 would vanish.
    got = np.array([[0.1]], "float32")
    assert compare("output", got, Bounded(np.array([[0.1]]), np.zeros((1, 1)))).worst == INF


def test_nothing_compared_has_no_worst():
    empty = np.zeros((0, 2))
    assert Comparison("output", ("sample", "output"), empty, empty, empty).worst == 0.0


# --- Could the case have shown a fault? -----------------------------------------------------


def ordinary(N=2, T=3, D=4, M=5, texture="glorot"):
    return case_of_seed(Dimensions(SIMPLE_RNN, N, T, D, M, 2), "float32", texture, 0)


def could_show_a_fault(case):
    return discriminating(case, lambda: states_of(case))


@pytest.mark.parametrize("case", [ordinary(), ordinary(N=1, T=2), notebook_case(SIMPLE_RNN)])
def test_an_ordinary_case_could_show_a_fault(case):
    assert could_show_a_fault(case)


@pytest.mark.parametrize(
    "case",
    [ordinary(T=1), ordinary(D=5), ordinary(N=3), ordinary(N=5, T=5), ordinary(M=1)],
    ids=["one step", "D = M", "N = T", "N = T = 5", "one unit"],
)
def test_a_case_of_these_sizes_could_not(case):
    assert not could_show_a_fault(case)


def test_a_symmetric_recurrent_kernel_could_not():
    case = ordinary()
    Wh = case.recurrent_kernel
    assert not could_show_a_fault(case.replace(recurrent_kernel=Wh + Wh.T))


def test_saturated_units_could_not_unless_one_is_alive():
    case = ordinary()
    bias = np.full(5, 50, "float32")
    assert not could_show_a_fault(case.replace(bias=bias))
    one_alive = bias.copy()
    one_alive[3] = 0
    kernel = case.kernel * np.float32(0.1)
    recurrent_kernel = case.recurrent_kernel * np.float32(0.1)
    assert could_show_a_fault(
        case.replace(bias=one_alive, kernel=kernel, recurrent_kernel=recurrent_kernel)
    )


@pytest.mark.parametrize("size", [0, 1e-42])
def test_units_that_never_leave_zero_could_not(size):
    case = ordinary()
    small = {"inputs": case.inputs * 0, "bias": np.full(5, size, "float32")}
    assert not could_show_a_fault(case.replace(**small))


def test_a_bound_is_informative_where_it_is_small_beside_the_dense_weights():
    case = ordinary()
    scale = (np.abs(case.dense_kernel).sum(axis=0) + np.abs(case.dense_bias)).max()
    limit = INFORMATIVE["float32"] * float(scale)
    assert informative(np.full((2, 2), 0.99 * limit), case)
    assert not informative(np.array([[0.0, 1.01 * limit]]), case)
    assert not informative(np.array([[0.0, INF]]), case)
    assert not informative(np.array([[0.0, NAN]]), case)


def test_float64_must_be_more_precise_to_be_informative():
    case = ordinary()
    float64 = case.replace(tensors=case.tensors.astype("float64"))
    bound = np.full((2, 2), 1e-6)
    assert informative(bound, case)
    assert not informative(bound, float64)
