"""Options: the equations beside a loop over single numbers, and the bounds beside what rounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles_options import run_by_hand

from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_states
from conformance.expected.recurrence import (
    NUMBERS,
    equation,
    kept,
    last_states_of,
    recurrence,
    states_of,
)
from conformance.expected.steps import residual_state
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.numerics.arithmetic import IEEE
from strategies import DTYPES, Dimensions, Options
from strategies.cases import case_of_seed
from strategies.masking import MASKS

KINDS = st.sampled_from(list(MASKS))
EXTENT = st.integers(1, 6)


@st.composite
def optioned_cases(draw, dtype="float32", **fixed):
    options = Options(
        go_backwards=draw(st.booleans()),
        zero_output_for_mask=draw(st.booleans()),
        return_sequences=draw(st.booleans()),
        return_state=True,
        initial_state=draw(st.booleans()),
        mask=draw(KINDS),
        shows_hidden=True,
    )._replace(**fixed)
    N, T, D, M, K = (draw(EXTENT) for _ in range(5))
    activation = draw(st.sampled_from(["tanh", "relu"]))
    size = Dimensions(SIMPLE_RNN, N, T, D, M, K, activation=activation, options=options)
    texture = draw(st.sampled_from(["normal", "glorot", "sparse"]))
    return case_of_seed(size, dtype, texture, draw(st.integers(0, 10**6)))


def recurrence_of(case, used):
    """Every output and every state (N, T, M), by the equations."""
    x, _, initial = case.processed
    inputs = [x[:, t] for t in range(case.T)]
    zero = case.options.zero_output_for_mask
    outputs, states = recurrence(
        NUMBERS, equation(NUMBERS, case), inputs, initial, used, zero_output_for_mask=zero
    )
    return np.stack(outputs, axis=1), np.stack([h for (h,) in states], axis=1)


@given(optioned_cases())
@settings(max_examples=150, deadline=None)
def test_the_equations_with_options_are_those_of_a_loop_over_single_numbers(case):
    outputs, states = recurrence_of(case, case.processed.used)
    by_hand, last = run_by_hand(case)
    off = np.abs(outputs - by_hand).max(), np.abs(states[:, -1] - last).max()
    assert max(off) < 1e-12
    assert (last_states_of(case)[0] == states[:, -1]).all()


@given(optioned_cases(mask="none", initial_state=False, go_backwards=False))
@settings(max_examples=30, deadline=None)
def test_a_mask_that_uses_every_step_leaves_the_plain_equations(case):
    outputs, states = recurrence_of(case, np.ones((case.N, case.T), bool))
    assert (outputs == states_of(case)).all()
    assert (outputs == states).all()


def answer_of(case, network_class=NumpyNetwork):
    network = network_class(case.dimensions.network, case.dtype)
    network.set_weights(case.weights)
    return network.answer(case.inputs, "call", mask=case.mask, initial_states=case.initial_states)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_rounds_as_it_may_is_within_both_bounds(dtype):
    @given(optioned_cases(dtype, return_sequences=True))
    @settings(max_examples=60, deadline=None)
    def check(case):
        answer, row = answer_of(case), IEEE[dtype]
        assert compare("state", answer.hidden, residual_state(case, answer.hidden, row)).within
        assert compare("state", *answer.states, *propagated_states(case, row)).within

    check()


class Late(NumpyNetwork):
    """Each state is one unit in the last place too small."""

    def step(self, x, states):
        (new,) = NumpyNetwork.step(self, x, states)
        return (np.nextafter(new, new.dtype.type(0)),)


def test_half_of_the_bound_of_a_masked_state_is_violated_by_errors_that_pull_one_way():
    row, worst = IEEE["float32"], 0.0
    options = Options(return_state=True, initial_state=True, mask="holes")
    size = Dimensions(SIMPLE_RNN, 4, 3, 1, 1, 1, activation="linear", options=options)
    for seed in range(300):
        case = case_of_seed(size, "float32", "normal", seed)
        answer = answer_of(case, Late)
        worst = max(worst, compare("state", *answer.states, *propagated_states(case, row)).worst)
    assert worst > 0.5


@given(optioned_cases(mask="everything", initial_state=True))
@settings(max_examples=30, deadline=None)
def test_a_state_that_only_passes_masked_steps_has_no_error_at_all(case):
    (bounded,) = propagated_states(case, IEEE["float32"])
    assert (bounded.bound == 0).all()
    assert (bounded.value == case.initial_states[0]).all()


def test_what_is_kept_is_what_was_emitted_at_the_last_step_that_is_used():
    emitted = np.arange(1.0, 5.0)[None, :, None]
    initial = np.array([[9.0]])
    used = np.array([[False, True, False, True]])
    assert kept(emitted, initial, used).ravel().tolist() == [9, 9, 2, 2, 4]
    assert kept(emitted, initial, None).ravel().tolist() == [9, 1, 2, 3, 4]


def test_a_masked_step_must_repeat_the_output_before_it_to_the_last_bit():
    options = Options(return_sequences=True, shows_hidden=True, mask="holes")
    size = Dimensions(SIMPLE_RNN, 1, 3, 1, 1, 1, options=options)
    case = case_of_seed(size, "float32", "normal", 1).replace(mask=np.array([[True, False, True]]))
    emitted = answer_of(case).hidden.copy()
    row = IEEE["float32"]
    assert compare("state", emitted, residual_state(case, emitted, row)).within
    emitted[0, 1] = np.nextafter(emitted[0, 1], np.float32(1))
    assert not compare("state", emitted, residual_state(case, emitted, row)).within
