"""A failure becomes the smallest and plainest that shows it, in the time that there is for it."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from subjects import (
    EVERY_STEP,
    LAST_OUTPUT,
    PROPERTIES,
    check_function,
    forward,
    subject_of,
)

from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.drawing import plain_cases
from conformance.checking.record import Nonconformity
from conformance.faults import seeded_fault
from conformance.implementations.numpy_loop import NumpyLoop


def noted(drawn):
    """A function that notes its argument and returns it."""

    def note(case):
        drawn.append(case)
        return case

    return note


@pytest.mark.parametrize(
    ("fault", "found", "smallest"),
    [
        # Two units and two steps are the least in which a transposed recurrent kernel shows.
        ("recurrent_kernel_transposed", LAST_OUTPUT, {"N": 1, "T": 2, "D": 1, "M": 2, "K": 1}),
        ("recurrent_kernel_transposed", EVERY_STEP, {"N": 1, "T": 2, "D": 1, "M": 2, "K": 1}),
        ("no_bias", LAST_OUTPUT, {"N": 1, "T": 1, "D": 1, "M": 1, "K": 1}),
        ("no_recurrence", LAST_OUTPUT, {"N": 1, "T": 2, "D": 1, "M": 1, "K": 1}),
        ("time_reversed", LAST_OUTPUT, {"N": 1, "T": 2, "D": 1, "M": 1, "K": 1}),
        ("features_reversed", LAST_OUTPUT, {"N": 1, "T": 1, "D": 2, "M": 1, "K": 1}),
        ("batch_reversed", LAST_OUTPUT, {"N": 2, "T": 1, "D": 1, "M": 1, "K": 1}),
        ("state_reset_every_eighth_step", EVERY_STEP, {"N": 1, "T": 9, "D": 1, "M": 1, "K": 1}),
        ("samples_beyond_four_lose_their_state", EVERY_STEP, {"N": 5, "T": 2, "M": 1, "K": 1}),
    ],
)
def test_a_fault_is_shown_in_the_smallest_case_that_has_it(fault, found, smallest):
    subject = subject_of(seeded_fault(NumpyLoop(), fault), max_examples=100)
    result = check(found, subject)
    assert result.verdict == "fails"
    case = result.failure.drawn["case"]
    assert {letter: getattr(case, letter) for letter in smallest} == smallest
    with pytest.raises(Nonconformity):  # and it does have it
        found.ask_and_judge(subject, case=case)


def test_the_numbers_of_the_smallest_case_are_plain():
    result = check(LAST_OUTPUT, subject_of(seeded_fault(NumpyLoop(), "no_bias")))
    case = result.failure.drawn["case"]
    for tensor in (case.inputs, *case.weights):
        assert np.array_equal(tensor, np.round(tensor, 1))
    assert not case.inputs.any()
    assert not case.kernel.any()


def test_what_is_reported_belongs_to_the_smallest_case():
    result = check(LAST_OUTPUT, subject_of(seeded_fault(NumpyLoop(), "no_bias")))
    case, comparison = result.failure.drawn["case"], result.failure.error.comparison
    expected = np.tanh(float(case.bias[0])) * float(case.dense_kernel[0, 0]) + case.dense_bias
    assert comparison.expected == pytest.approx(expected[None])
    assert result.reason == result.failure.error.sentence
    assert result.reason == "the output differs from the recurrence by more than rounding explains"


def test_what_else_was_drawn_is_reported_with_the_case():
    found = PROPERTIES["test_permuting_the_batch_permutes_the_output"]
    result = check(found, subject_of(seeded_fault(NumpyLoop(), "last_sample_repeats_the_first")))
    assert result.verdict == "fails"
    assert set(result.failure.drawn) == {"case", "order"}
    assert result.failure.drawn["case"].N in (2, 3)  # two where that order is not the identity


# --- How long a failure is simplified --------------------------------------------------------


def test_simplifying_stops_when_its_time_is_up(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.2)
    calls = []

    def slow_and_wrong(x, Wx, Wh, bh, Wo, bo):
        calls.append(x.shape)
        time.sleep(0.05)
        return forward(x, Wx, Wh, bh, Wo, bo) + 1

    result = check_function(slow_and_wrong)
    assert result.verdict == "fails"
    # The first failure, at most 0.2 / 0.05 calls of Hypothesis, one to repeat it, the same for
    # `minimise`, and one for the grain of the clock each time.
    assert 2 <= len(calls) <= 12


@pytest.mark.parametrize("seed", range(3))
def test_next_to_nothing_is_drawn_when_the_time_is_up(monkeypatch, seed):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.0)
    drawn, called_after = [], []

    def wrong(*weights):
        called_after.append(len(drawn))
        return forward(*weights) + 9

    # Of all textures this is the one at which Hypothesis has most to try, and large cases, which
    # are not the first to be drawn, take longest.
    def large(case):
        return case.inputs.size > 8 and bool(case.inputs.any())

    strategy = {"case": lambda s: plain_cases(s, "elementwise").filter(large).map(noted(drawn))}
    result = check_function(wrong, dataclasses.replace(LAST_OUTPUT, draws=strategy), seed=seed)
    assert result.verdict == "fails"
    # Hypothesis gives up after 200 attempts without progress.
    assert len(drawn) - called_after[0] <= 200


def test_without_time_to_simplify_the_first_failure_is_reported(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.0)
    seen = []

    def large_is_wrong(x, Wx, Wh, bh, Wo, bo):
        wrong = x.size > 200
        seen.append(x.shape if wrong else None)
        return forward(x, Wx, Wh, bh, Wo, bo) + wrong

    result = check_function(large_is_wrong)
    assert result.verdict == "fails"
    assert result.failure.drawn["case"].inputs.shape == next(filter(None, seen))
