"""An implementation that misbehaves is told so in one sentence, with the case; the run goes on."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from subjects import LAST_OUTPUT, PROPERTIES, check_function, forward

from conformance.checking.results import FAILS

REPEATED = PROPERTIES["test_repeating_a_call_gives_the_same_bits"]


class OnGPU:
    """What a tensor of another library looks like from here."""

    device = "cuda:0"


def raises(*tensors):
    raise ValueError("units must be even\nand more lines")


def nan(*tensors):
    return forward(*tensors) * np.nan


def other_dtype(*tensors):
    return forward(*tensors).astype("float16")


def a_list(*tensors):
    return forward(*tensors).tolist()


def gpu_tensor(*tensors):
    return OnGPU()


def nothing(*tensors):
    return None


def transposed(*tensors):
    return np.concatenate([forward(*tensors)] * 2, axis=1)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (raises, "it raised ValueError: units must be even (test_bad_input.py, line "),
        (nan, "the output is NaN where the recurrence gives a number"),
        (other_dtype, "the output is float16: must be float32, as the inputs are"),
        (a_list, "the output is a list: must be a NumPy array of shape (1, 1)"),
        (gpu_tensor, "the output is a test_bad_input.OnGPU on cuda:0: must be a NumPy array"),
        (nothing, "the output is a NoneType: must be a NumPy array of shape (1, 1)"),
        (transposed, "the output has shape (1, 2): must be (1, 1)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_one_sentence_with_the_case(function, sentence):
    result = check_function(function)
    assert result.verdict == FAILS
    assert result.reason.startswith(sentence)
    assert "\n" not in result.reason
    assert result.failure.drawn["case"].dimensions[1:6] == (1, 1, 1, 1, 1)


def test_a_hang_is_given_up_after_the_limit_and_not_tried_again():
    calls = []

    def hangs(*tensors):
        calls.append(1)
        time.sleep(60)

    started = time.monotonic()
    result = check_function(hangs, time_limit=0.2)
    assert time.monotonic() - started < 20
    assert (result.verdict, result.reason) == (FAILS, "it had not answered after 0.2 s")
    assert "case" in result.failure.drawn
    assert len(calls) == 1


def test_a_hang_in_one_case_is_found_among_others():
    counter = itertools.count()

    def hangs_once(*tensors):
        if next(counter) == 6:
            time.sleep(60)
        return forward(*tensors)

    result = check_function(hangs_once, time_limit=0.2)
    assert result.reason == "it had not answered after 0.2 s"
    assert result.cases == 7


def test_without_a_limit_it_may_take_its_time():
    def slow(*tensors):
        time.sleep(0.02)
        return forward(*tensors)

    assert check_function(slow, LAST_OUTPUT, time_limit=None, max_examples=3).failure is None


def test_a_returned_buffer_that_is_overwritten_later_is_noticed():
    buffers = {}

    def reuses(*tensors):
        right = forward(*tensors)
        buffer = buffers.setdefault(right.shape, np.empty_like(right))
        buffer[:] = right
        return buffer

    assert check_function(reuses).failure is None  # each output is right when it is returned
    assert check_function(reuses, REPEATED).reason.startswith(
        "the output of the first call changed during the second"
    )


def test_what_it_does_to_its_arguments_is_its_own_affair():
    def spoils(x, *weights):
        right = forward(x, *weights)
        for tensor in (x, *weights):
            tensor[:] = np.nan
        return right

    for found in (LAST_OUTPUT, REPEATED):
        assert check_function(spoils, found).failure is None
