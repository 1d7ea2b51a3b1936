"""A known deviation states what a library does instead: that is excused, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deviation_lists import WHOLE, Raw, a_list, deviation
from subjects import LAST_OUTPUT, forward, subject_of

from conformance.checking.check import check
from conformance.checking.record import Nonconformity
from conformance.checking.results import CONFORMS, DEVIATES, FAILS
from conformance.deviations.instead import NO_ERROR, Instead, Observed, Raised, matches
from conformance.deviations.reading import explaining, explains, read_deviations
from conformance.implementations.own import as_implementation


def because(cause):
    """What is wrong with an answer, for this cause."""
    error = Nonconformity("it is wrong")
    error.__cause__ = cause
    return error


def stating(*instead):
    return deviation("True", instead=instead)


# --- Messages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("…", ""),
        ("…", "anything"),
        ("units must be even", "units must be even"),
        ("units must\n  be even", "units  must be\teven"),
        ("units …", "units must be even"),
        ("…even", "units must be even"),
        ("shape (…, 3), found (…)", "shape (2, 3), found (4, (5))"),
        ("a…a", "aa"),
    ],
)
def test_a_message_is_as_stated(pattern, text):
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "anything"),
        ("units must be even", "units must be even."),
        ("units must be even", "Units must be even"),
        ("units …", "no units …"),
        ("…even", "even or odd"),
        ("a…a", "a"),
        ("a…b…c", "a c b"),
        ("(.*)", "anything"),
    ],
)
def test_a_message_is_not_as_stated(pattern, text):
    assert not matches(pattern, text)


def test_a_long_message_is_compared_at_once():
    assert not matches("a…" * 200 + "b", "a" * 100_000)


# --- Errors ----------------------------------------------------------------------------------

EVEN = Instead(error="ValueError", message="units must be even")


@pytest.mark.parametrize(
    ("cause", "explained"),
    [
        (ValueError("units must be even"), True),
        (ValueError("units must be odd"), False),
        (TypeError("units must be even"), False),
        (UnicodeError("units must be even"), False),  # derived from ValueError, and another one
        (Observed(Raised("ValueError", "units must be even")), True),
        (Observed(Raised(NO_ERROR, "(2, 3)")), False),
        (Observed("simple_rnn.seed"), False),
        (None, False),  # numbers outside their bound
    ],
)
def test_an_error_explains_itself_alone(cause, explained):
    assert explains(stating(EVEN), because(cause)) == explained
    assert explains(deviation("True"), because(cause))  # is not stated, and excuses anything


def test_an_error_that_does_not_come_can_be_stated():
    entry = stating(Instead(error=NO_ERROR))
    assert explains(entry, because(Observed(Raised(NO_ERROR, "(2, 3)"))))
    assert not explains(entry, because(Observed(Raised("KeyError", "'units'"))))


def test_an_entry_may_have_several_statements():
    entry = stating(EVEN, Instead(loses=("simple_rnn.seed",)))
    assert explains(entry, because(ValueError("units must be even")))
    assert explains(entry, because(Observed("simple_rnn.seed")))
    assert not explains(entry, because(KeyError("seed")))


# --- Lost arguments --------------------------------------------------------------------------

SEED = stating(Instead(loses=("simple_rnn.seed",)))
GAIN = stating(Instead(loses=("…_initializer.Identity.gain",)))


def test_all_that_is_lost_must_be_stated():
    assert explains(SEED, because(Observed("simple_rnn.seed")))
    assert not explains(SEED, because(Observed("dense.seed")))
    assert not explains(SEED, because(Observed("simple_rnn.seed", "simple_rnn.unroll")))
    assert not explains(SEED, because(ValueError("simple_rnn.seed")))
    kernels = [f"{layer}.kernel_initializer.Identity.gain" for layer in ("simple_rnn", "dense")]
    assert explains(GAIN, because(Observed(*kernels)))


def test_two_entries_together_explain_what_neither_does_alone():
    gain = "simple_rnn.kernel_initializer.Identity.gain"
    both = because(Observed("simple_rnn.seed", gain))
    assert not explains(SEED, both)
    assert not explains(GAIN, both)
    assert explaining([SEED, GAIN], both) == [SEED, GAIN]
    assert explaining([SEED, GAIN], because(Observed(gain))) == [GAIN]
    assert explaining([SEED, GAIN], because(Observed(gain, "dense.units"))) == []


# --- Reading ---------------------------------------------------------------------------------


def test_a_statement_is_read_as_it_is_written(tmp_path):
    one = Raw("{error = 'ValueError', message = 'units …'}")
    (entry,) = read_deviations([a_list(tmp_path, {**WHOLE, "unstated": None, "instead": one})])
    assert entry.instead == (Instead(error="ValueError", message="units …"),)
    several = Raw("[{error = 'none'}, {loses = ['a', 'b']}]")
    (entry,) = read_deviations([a_list(tmp_path, {**WHOLE, "unstated": None, "instead": several})])
    assert entry.instead == (Instead(error=NO_ERROR), Instead(loses=("a", "b")))


def test_what_is_stated_of_some_versions_is_unstated_of_others(tmp_path):
    new = Raw("{error = 'ValueError', versions = 'keras>=3.15'}")
    (entry,) = read_deviations([a_list(tmp_path, {**WHOLE, "instead": new})])
    assert entry.of({"keras": "3.15.1"}).instead == entry.instead
    assert entry.of({"keras": "3.14.0"}).instead == ()
    assert entry.of({"tf_keras": "2.21.0"}).instead == ()
    anything = because(None)
    assert not explains(entry.of({"keras": "3.15.1"}), anything)
    assert explains(entry.of({"keras": "3.14.0"}), anything)


# --- Checking --------------------------------------------------------------------------------


def raises(*tensors):
    raise ValueError("units must be even")


def wrong(*tensors):
    return forward(*tensors) + np.float32(1)


def raises_another(*tensors):
    raise ValueError("units must be odd")


def raises_for_many_samples(x, *weights):
    if len(x) > 1:
        raise ValueError("units must be even")
    return forward(x, *weights)


def raises_or_is_wrong(x, *weights):
    return (raises if len(x) > 1 else wrong)(x, *weights)


def checked(function, *instead, when="True"):
    known = replace(deviation(when, "mine:forward", instead=instead), versions=())
    subject = subject_of(as_implementation(function, "mine:forward"), deviations=[known])
    return check(LAST_OUTPUT, subject)


def test_a_case_may_do_what_is_stated_or_what_is_right():
    result = checked(raises, EVEN)
    assert (result.verdict, result.deviations["a slope"]) == (DEVIATES, (result.cases,) * 2)
    result = checked(raises_for_many_samples, EVEN)
    deviating, met = result.deviations["a slope"]
    assert result.verdict == DEVIATES
    assert 0 < deviating < met == result.cases
    assert checked(forward, EVEN).verdict == CONFORMS


@pytest.mark.parametrize("function", [wrong, raises_another, raises_or_is_wrong])
def test_a_second_fault_under_the_same_condition_is_found_and_named(function):
    result = checked(function, EVEN)
    assert result.verdict == FAILS
    assert result.reason.startswith("deviates, and not as known (a slope): ")
    assert result.failure.error.sentence == result.reason
    assert checked(function).verdict == DEVIATES  # were it not stated


def test_a_fault_outside_the_condition_is_called_what_it_is():
    result = checked(wrong, EVEN, when="N > 1000")
    assert result.verdict == FAILS
    assert result.reason.startswith("the output differs from the recurrence")
