"""Checking without pytest: what is counted, what is reported, and how simple it becomes."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

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

from conformance.cells import SIMPLE_RNN
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.results import Result
from conformance.faults import seeded_fault
from conformance.implementations.capabilities import OPTIONS, STATES
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import ImplementationError
from strategies import EVERY_STEP as EVERY_STEP_SHOWN
from strategies import PLAIN, notebook_case, notebook_size, wide_size


def recording(seen):
    """The conforming function, which notes the inputs and weights it is given."""

    def function(x, Wx, Wh, bh, Wo, bo):
        seen.append(tuple(a.tobytes() for a in (x, Wx, Wh, bh, Wo, bo)))
        return forward(x, Wx, Wh, bh, Wo, bo)

    return function


def right_except(wrong, when):
    """The conforming function, which calls ``wrong`` instead where ``when(x, Wx, Wo)``."""

    def function(x, Wx, Wh, bh, Wo, bo):
        return (wrong if when(x, Wx, Wo) else forward)(x, Wx, Wh, bh, Wo, bo)

    return function


# --- What conforms ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_fresh_networks_of_the_notebooks_size_and_a_wide_one_are_always_built(seed):
    built = []

    class Recording(NumpyLoop):
        def network(self, size, dtype):
            built.append(size)
            return super().network(size, dtype)

    result = check(PROPERTIES["test_fresh_biases_are_zero"], subject_of(Recording(), seed=seed))
    assert {notebook_size(SIMPLE_RNN).network, wide_size(SIMPLE_RNN).network} <= set(built)
    assert result.cases == 20 + 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_conforms_and_the_notebook_case_is_counted_too(dtype):
    result = check(LAST_OUTPUT, subject_of(dtype=dtype, max_examples=20))
    assert result.verdict == "conforms"
    assert result.cases == 20 + 1
    assert result.failure is None
    assert result.reason == ""
    assert (result.implementation, result.mode, result.dtype) == ("numpy", "call", dtype)
    assert result.devices == ("CPU",)
    assert 0 < result.discriminating < 21
    # In float64 NumPy does what the equations do, to the last bit.
    assert 0 <= result.median_share <= result.worst_share < 1
    assert (result.worst_share > 0) == (dtype == "float32")


#: Properties of cases of the plain network, such as the notebook's.
OF_PLAIN_CASES = [n for n, p in PROPERTIES.items() if "case" in p.draws and OPTIONS not in p.needs]


@pytest.mark.parametrize("name", OF_PLAIN_CASES)
def test_the_notebook_case_is_checked_by_every_property_of_cases(name):
    seen = []

    class Recording(NumpyLoop):
        def network(self, size, dtype):
            seen.append(size)
            return super().network(size, dtype)

    found = PROPERTIES[name]
    # One property compares modes.
    subject = replace(subject_of(Recording(), max_examples=2), modes=("call", "call"))
    assert check(found, subject).verdict == "conforms"
    options = EVERY_STEP_SHOWN if STATES in found.needs else PLAIN
    # A property of gradients has more features: it taps what enters the activations.
    sizes = [size._replace(D=3) for size in seen]
    assert notebook_case(SIMPLE_RNN, options=options).dimensions.network in sizes


def test_the_notebook_case_is_the_only_one_that_fails_and_is_found():
    case = notebook_case(SIMPLE_RNN)
    sizes = case.inputs.shape, case.kernel.shape
    wrong = right_except(
        lambda *weights: forward(*weights) + 1, lambda x, Wx, Wo: (x.shape, Wx.shape) == sizes
    )
    result = check_function(wrong, max_examples=10)
    assert result.verdict == "fails"
    assert result.cases == 10 + 1
    case = result.failure.drawn["case"]
    assert (case.N, case.T, case.D, case.M) == (1, 10, 3, 5)


def test_a_property_that_draws_no_case_counts_what_it_draws():
    found = PROPERTIES["test_stated_shapes_equal_the_equations"]
    result = check(found, subject_of(per_mode=False, max_examples=7))
    assert (result.verdict, result.cases, result.mode) == ("conforms", 7, None)
    assert result.discriminating is None
    assert result.worst_share is None


def test_cases_that_are_not_meant_to_discriminate_are_not_rated():
    result = check(PROPERTIES["test_zero_weights_leave_the_dense_bias"], subject_of())
    assert result.verdict == "conforms"
    assert result.discriminating is None


# --- What is not applicable ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (EVERY_STEP.name, "needs states"),
        ("test_arrays_have_the_stated_shape_and_dtype", "needs shapes, states"),
        ("test_modes_agree_on_one_network", "needs several modes"),
        ("test_summary_prints_shapes_and_counts", "needs summary"),
    ],
)
def test_what_a_function_cannot_answer_is_not_applicable_and_says_why(name, reason):
    def never(x, Wx, Wh, bh, Wo, bo):
        raise AssertionError("called")

    result = check_function(never, PROPERTIES[name])
    assert (result.verdict, result.reason) == ("not applicable", reason)
    assert result.cases == 0
    assert result.failure is None
    assert result.devices == ()  # nothing was computed


# --- What fails ------------------------------------------------------------------------------


def test_an_implementation_that_does_not_fail_again_is_reported_as_such(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)
    calls = itertools.count()
    not_a_number = np.float32("nan")
    flaky = right_except(lambda *w: forward(*w) * not_a_number, lambda *_: next(calls) == 6)
    result = check_function(flaky)
    assert result.verdict == "fails"
    assert result.cases == 7  # what was tried to simplify the failure is not counted
    assert result.reason == (
        "the output is NaN where the recurrence gives a number"
        "; the same case passes when it is repeated"
    )


# --- What is wrong in kind -------------------------------------------------------------------


def raises(*_):
    raise ValueError("units must be even\nand this is why")


def raises_without_a_word(*_):
    raise RuntimeError


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            raises,
            "it raised ValueError: units must be even "
            f"(test_checking.py, line {raises.__code__.co_firstlineno + 1})",
        ),
        (
            raises_without_a_word,
            "it raised RuntimeError: no message "
            f"(test_checking.py, line {raises_without_a_word.__code__.co_firstlineno + 1})",
        ),
        (
            lambda *weights: forward(*weights).tolist(),
            "the output is a list: must be a NumPy array of shape (1, 1)",
        ),
        (lambda *_: None, "the output is a NoneType: must be a NumPy array of shape (1, 1)"),
        (lambda *w: forward(*w)[:, 0], "the output has shape (1,): must be (1, 1)"),
        (lambda *w: forward(*w)[None], "the output has shape (1, 1, 1): must be (1, 1)"),
        (
            lambda *weights: forward(*weights).astype("float64"),
            "the output is float64: must be float32, as the inputs are",
        ),
        (
            lambda *weights: forward(*weights) * np.float32("nan"),
            "the output is NaN where the recurrence gives a number",
        ),
    ],
    ids=["raises", "raises silently", "list", "None", "1-d", "3-d", "float64", "NaN"],
)
def test_a_wrong_kind_of_answer_is_one_exact_sentence(wrong, sentence):
    result = check_function(wrong)
    assert (result.verdict, result.reason) == ("fails", sentence)
    case = result.failure.drawn["case"]
    assert (case.N, case.T, case.D, case.M, case.K) == (1, 1, 1, 1, 1)


def test_an_implementation_that_builds_no_network_fails_with_its_own_sentence():
    class Absent(NumpyLoop):
        def network(self, size, dtype):
            raise ImplementationError("the library is not installed")

        def devices(self):
            raise ImplementationError("the library is not installed")

    result = check(LAST_OUTPUT, subject_of(Absent()))
    assert (result.verdict, result.reason) == ("fails", "the library is not installed")
    assert result.devices == ()


def test_control_c_is_no_verdict():
    def interrupted(x, Wx, Wh, bh, Wo, bo):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_function(interrupted)


# --- What is repeated ------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_cases_and_another_seed_others():
    first, again, other = [], [], []
    check_function(recording(first), seed=7)
    check_function(recording(again), seed=7)
    check_function(recording(other), seed=8)
    assert len(first) == 20 + 1 + 1  # the notebook's, and one that finds out how it rounds
    assert again == first
    # The notebook's case is in every run.
    assert len(set(first) & set(other)) < 5


def test_modes_and_dtypes_are_asked_different_cases():
    class Renamed(FunctionImplementation):
        modes = ("call", "other")

    first, other = [], []
    for mode, seen in (("call", first), ("other", other)):
        subject = subject_of(Renamed(recording(seen), "mine:forward"))
        check(LAST_OUTPUT, replace(subject, mode=mode))
    assert len(set(first) & set(other)) < 5


# --- What travels between processes ----------------------------------------------------------


@pytest.mark.parametrize("fault", [None, "no_bias", "recurrent_kernel_transposed"])
@pytest.mark.parametrize("name", [LAST_OUTPUT.name, "test_fresh_biases_are_zero"])
def test_a_result_survives_json(name, fault):
    implementation = seeded_fault(NumpyLoop(), fault) if fault else NumpyLoop()
    result = check(PROPERTIES[name], subject_of(implementation))
    text = json.dumps(result.as_dict(), allow_nan=False)
    returned = Result.from_dict(json.loads(text))
    assert json.dumps(returned.as_dict()) == text
    assert returned.failure is None
    for field in ("property", "sentence", "verdict", "reason", "cases", "worst_share"):
        assert getattr(returned, field) == getattr(result, field)


def test_an_output_that_is_not_a_number_gives_valid_json_too():
    result = check_function(lambda *weights: forward(*weights) * np.float32("nan"))
    assert json.loads(json.dumps(result.as_dict(), allow_nan=False))["verdict"] == "fails"
