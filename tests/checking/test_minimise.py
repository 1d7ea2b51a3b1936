"""A failing case becomes as small and plain as what makes it fail allows, and stays a case."""

from __future__ import annotations

import time

import numpy as np
import pytest

from conformance.cells import CELLS, SIMPLE_RNN
from conformance.checking.minimise import minimise
from strategies import Case, Dimensions, Options, Tensors
from strategies.cases import case_of_seed
from strategies.textures import shapes

#: Long enough that no minimisation here runs into it.
PLENTY = 60.0


def given_case(N=3, T=5, D=4, M=6, K=3, seed=0, static_time=False):
    size = Dimensions(SIMPLE_RNN, N, T, D, M, K, static_time)
    return case_of_seed(size, "float32", "glorot", seed)


def sizes(case):
    return {letter: getattr(case, letter) for letter in "NTDMK"}


def nonzero(case):
    """How many entries of each tensor are not zero, where there are any."""
    counts = {name: int(np.count_nonzero(tensor)) for name, tensor in case.tensors.items()}
    return {name: count for name, count in counts.items() if count}


def is_plain(case):
    """Whether every entry has at most one decimal."""
    return all(np.array_equal(tensor, np.round(tensor, 1)) for tensor in case.tensors)


@pytest.mark.parametrize("seed", range(3))
def test_an_asymmetric_recurrent_kernel_keeps_two_units_and_one_entry(seed):
    def fails(case):
        return case.M >= 2 and not np.array_equal(case.recurrent_kernel, case.recurrent_kernel.T)

    small = minimise(given_case(seed=seed), fails, PLENTY)
    assert fails(small)
    assert sizes(small) == {"N": 1, "T": 1, "D": 1, "M": 2, "K": 1}
    assert nonzero(small) == {"recurrent_kernel": 1}
    assert is_plain(small)


@pytest.mark.parametrize("seed", range(3))
def test_a_negative_input_at_the_third_step_keeps_three_steps_and_one_entry(seed):
    def fails(case):
        return bool((case.inputs[:, 2:] < 0).any())

    small = minimise(given_case(seed=seed), fails, PLENTY)
    assert fails(small)
    assert sizes(small) == {"N": 1, "T": 3, "D": 1, "M": 1, "K": 1}
    assert nonzero(small) == {"inputs": 1}
    assert is_plain(small)


def test_a_single_bad_output_of_many_is_found():
    case = given_case(K=9)
    dense_bias = case.dense_bias.copy()
    dense_bias[5] = 12.3456
    small = minimise(case.replace(dense_bias=dense_bias), lambda c: c.dense_bias.max() > 12, PLENTY)
    assert sizes(small) == {"N": 1, "T": 1, "D": 1, "M": 1, "K": 1}
    assert small.dense_bias.tolist() == [float(np.float32(12.3))]


def test_a_dimension_that_must_stay_stays():
    small = minimise(given_case(), lambda c: c.D * c.K >= 6 and c.N != c.T, PLENTY)
    assert small.D * small.K == 6
    assert sorted([small.N, small.T]) == [1, 2]
    assert small.M == 1
    assert nonzero(small) == {}


def test_what_does_not_depend_on_the_numbers_leaves_only_zeros():
    small = minimise(given_case(), lambda c: c.M >= 3, PLENTY)
    assert sizes(small) == {"N": 1, "T": 1, "D": 1, "M": 3, "K": 1}
    assert nonzero(small) == {}


def test_a_fixed_time_is_given_up_unless_it_matters():
    case = given_case(static_time=True)
    assert not minimise(case, lambda c: True, PLENTY).static_time
    assert minimise(case, lambda c: c.static_time, PLENTY).static_time


def test_the_case_itself_is_returned_where_nothing_smaller_fails():
    case = given_case()
    assert minimise(case, lambda c: False, PLENTY) is case


def test_the_smallest_case_stays_as_it_is():
    of_ones = shapes(Dimensions(SIMPLE_RNN, 1, 1, 1, 1, 1))
    zeros = {name: np.zeros(shape, "float32") for name, shape in of_ones.items()}
    case = Case(SIMPLE_RNN, Tensors(**zeros))
    assert minimise(case, lambda c: True, PLENTY) is case


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_candidate_is_a_case_no_larger_than_the_one_before(dtype):
    case = case_of_seed(Dimensions(SIMPLE_RNN, 2, 4, 3, 5, 2, True), dtype, "sparse", 1)
    seen = []

    def fails(candidate):
        seen.append(candidate)
        return candidate.M >= 2 and bool((candidate.kernel != 0).any())

    minimise(case, fails, PLENTY)
    assert len(seen) > 20
    for candidate in seen:
        assert candidate.dtype == dtype
        # Case checks its own shapes when it is built; do so again for what is in it now.
        assert sizes(candidate.replace()) == sizes(candidate)
        assert all(sizes(candidate)[letter] <= sizes(case)[letter] for letter in "NTDMK")
        assert all(np.isfinite(tensor).all() for tensor in candidate.tensors)


def test_the_given_case_is_left_as_it_was():
    case = given_case()
    before = repr(case)
    minimise(case, lambda c: c.K >= 2, PLENTY)
    assert repr(case) == before


def test_a_slow_question_is_asked_until_the_time_is_up():
    calls = []

    def fails(case):
        calls.append(case)
        time.sleep(0.05)
        return False

    minimise(given_case(), fails, 0.2)
    # Asked before the deadline only: at most ⌈0.2 / 0.05⌉ times, plus one for the clock's grain.
    assert 1 <= len(calls) <= 5


def test_the_best_so_far_is_returned_when_the_time_is_up():
    case = given_case(N=8)

    def fails(candidate):
        time.sleep(0.05)
        return True

    small = minimise(case, fails, 0.2)
    assert small.N < 8


def test_an_entry_that_is_not_a_number_does_not_keep_it_busy():
    case = given_case()
    inputs = case.inputs.copy()
    inputs[1, 2, 3] = np.nan
    calls = []

    def fails(candidate):
        calls.append(candidate)
        return bool(np.isnan(candidate.inputs).any())

    small = minimise(case.replace(inputs=inputs), fails, 2.0)
    assert sizes(small) == {"N": 1, "T": 1, "D": 1, "M": 1, "K": 1}
    assert nonzero(small) == {"inputs": 1}
    assert len(calls) < 1000


@pytest.mark.parametrize(("one", "other"), ["NT", "DM", "MK", "DK"])
def test_two_dimensions_that_must_be_equal_become_smaller_together(one, other):
    def fails(case):
        return getattr(case, one) == getattr(case, other) >= 2

    case = given_case(**{"N": 3, "T": 4, "D": 5, "M": 6, "K": 7, one: 9, other: 9})
    small = minimise(case, fails, PLENTY)
    assert sizes(small) == {**dict.fromkeys("NTDMK", 1), one: 2, other: 2}


def test_three_dimensions_that_must_be_equal_become_smaller_together():
    small = minimise(given_case(D=7, M=7, K=7), lambda c: c.D == c.M == c.K >= 3, PLENTY)
    assert sizes(small) == {"N": 1, "T": 1, "D": 3, "M": 3, "K": 3}


# --- Options -----------------------------------------------------------------------------------


def optioned_case(**options):
    chosen = Options(**options)
    size = Dimensions(SIMPLE_RNN, 3, 4, 2, 3, 2, activation="relu", options=chosen)
    return case_of_seed(size, "float32", "normal", 1)


def test_options_that_do_not_matter_are_dropped():
    case = optioned_case(go_backwards=True, return_state=True, initial_state=True, mask="holes")
    smallest = minimise(case, lambda c: c.options.go_backwards, 5)
    assert smallest.options == Options(go_backwards=True)
    assert smallest.mask is None
    assert smallest.initial_states == ()
    assert smallest.activation == "linear"


def test_an_option_that_changes_the_shape_of_a_weight_stays_and_all_else_becomes_smaller():
    chosen = Options(reset_after=False, implementation=1)
    size = Dimensions(
        CELLS["gru"], 3, 4, 2, 3, 2, recurrent_activation="tanh", options=chosen
    )  # fmt: skip
    smallest = minimise(case_of_seed(size, "float32", "normal", 1), lambda c: True, 5)
    assert smallest.options == Options(reset_after=False)
    assert smallest.recurrent_activation == "sigmoid"
    assert smallest.bias.shape == (3,)


def test_mask_and_initial_state_shrink_with_what_they_belong_to():
    case = optioned_case(initial_state=True, mask="holes")
    smallest = minimise(case, lambda c: c.mask is not None and c.initial_states != (), 5)
    assert smallest.dimensions[1:6] == (1, 1, 1, 1, 1)
    assert smallest.mask.shape == (1, 1)
    (initial_state,) = smallest.initial_states
    assert initial_state.tolist() == [[0]]


def test_a_network_that_is_unrolled_keeps_its_fixed_time():
    size = Dimensions(SIMPLE_RNN, 1, 4, 2, 3, 2, True, options=Options(unroll=True))
    case = case_of_seed(size, "float32", "normal", 1)
    smallest = minimise(case, lambda c: c.options.unroll, 5)
    assert smallest.static_time
    assert smallest.T == 1
