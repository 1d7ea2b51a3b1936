"""Every kind of failure, read as a user would: all that helps is there, and nothing else."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from catches import CATCHES
from subjects import EVERY_STEP, LAST_OUTPUT, PROPERTIES, forward, subject_of

from conformance.cells import SIMPLE_RNN
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.record import Nonconformity
from conformance.failures.description import LONGEST, describe_failure
from conformance.failures.of_answers import script
from conformance.faults import FAULTS, faults_of, seeded_fault
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.numpy_loop import NumpyLoop
from strategies import WIDE_DTYPES, Dimensions
from strategies.profiles import PROFILES

COMMAND = "pytest 'test_x.py::test[id]' --hypothesis-seed=1"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 2.0)


def failure_of(implementation, found):
    """A failing property, its subject and its failure."""
    subject = subject_of(implementation, per_mode=found.per_mode, max_examples=50)
    result = check(found, subject)
    assert result.verdict == "fails"
    return found, subject, result.failure


def told(implementation, found):
    return describe_failure(*failure_of(implementation, found), COMMAND)


def fault(name):
    return seeded_fault(NumpyLoop(), name)


def mine(function):
    return FunctionImplementation(function, "mine:forward")


# Lines that every kind has, or some; all are anchored at both ends.
HEAD = r"FAILS: {sentence}"
NUMPY = r"numpy\+\w+ · mode call · float32 · numpy \S+"
NUMPY_BUILT = r"numpy\+\w+ · float32 · numpy \S+"
MINE = r"mine:forward · mode call · float32"
CASE = [r"case: N=\d+ T=\d+ D=\d+ M=\d+ K=\d+", r"  inputs=.*, kernel=.*, recurrent_kernel=.*",
        r"  bias=.*, dense_kernel=.*, dense_bias=.*"]  # fmt: skip
NETWORK = r"network: D=\d+ M=\d+ K=\d+(?: T=\d+ \(fixed when built\))?"
NUMBER = r"-?\d\S*"
NUMBERS = [rf"  got {NUMBER}, expected {NUMBER}",
           rf"  difference {NUMBER} = {NUMBER} ulp; rounding explains {NUMBER}"]  # fmt: skip
OUTPUT = r"first outside: sample \d+, output \d+ \(\d+ of \d+ elements are\)"
STATE = r"first outside: sample \d+, step \d+, unit \d+ \(\d+ of \d+ elements are\)"
EARLIER = r"  earlier steps used at most 0\.\d\d of their bound"
FAULT = r"  the numbers are those of: .*"
LIBRARY = r"script: \.conformance/\S+\.py \(needs NumPy and the library only\)"
PROJECT = r"script: \.conformance/\S+\.py \(needs this project, for the fault that it seeds\)"
AGAIN = re.escape(f"again: {COMMAND}")


def not_a_number(*weights):
    return forward(*weights) * np.float32("nan")


def raises(*weights):
    raise ValueError("units must be even")


def squeezed(*weights):
    return forward(*weights)[0]


def float64(*weights):
    return forward(*weights).astype(float)


def listed(*weights):
    return forward(*weights).tolist()


def worse_in_company(x, *weights):
    """The last sample of several is wrong, so that a property of batches fails."""
    return forward(x, *weights) + np.float32(len(x) > 1)


class EveryOther:
    """For the same inputs wrong at first, then right, then wrong again."""

    def __init__(self):
        self.asked = Counter()

    def __call__(self, x, *weights):
        self.asked[x.tobytes()] += 1
        return forward(x, *weights) + np.float32(self.asked[x.tobytes()] % 2)


#: A failure of each kind, and the lines of its text.
KINDS = {
    "a wrong output": (
        fault("no_bias"), LAST_OUTPUT,
        [HEAD, NUMPY, *CASE, "found: the output differs from the recurrence by more than rounding "
         "explains", OUTPUT, *NUMBERS, FAULT, PROJECT, AGAIN],
    ),
    "a wrong state after right ones": (
        fault("no_recurrence"), EVERY_STEP,
        [HEAD, NUMPY, *CASE, "found: the state differs from the recurrence by more than rounding "
         "explains", STATE, *NUMBERS, EARLIER, FAULT, PROJECT, AGAIN],
    ),
    "a wrong output of right states": (
        fault("no_dense_bias"), EVERY_STEP,
        [HEAD, NUMPY, *CASE,
         "found: the output differs from Dense applied to what the layer returned",
         r"first outside: sample \d+, step \d+, output \d+ \(\d+ of \d+ elements are\)", *NUMBERS,
         FAULT, PROJECT, AGAIN],
    ),
    "not a number": (
        mine(not_a_number), LAST_OUTPUT,
        [HEAD, MINE, *CASE, "found: the output is NaN where the recurrence gives a number", OUTPUT,
         r"  got nan, expected \S+",
         "  one of the two is not a finite number; rounding does not explain that", LIBRARY, AGAIN],
    ),
    "it raises": (
        mine(raises), LAST_OUTPUT,
        [HEAD, MINE, *CASE, r"found: it raised ValueError: units must be even "
         r"\(test_failure_kinds\.py, line \d+\)", LIBRARY, AGAIN],
    ),
    "another shape": (
        mine(squeezed), LAST_OUTPUT,
        [HEAD, MINE, *CASE, r"found: the output has shape \(1,\): must be \(1, 1\)", LIBRARY,
         AGAIN],
    ),
    "another dtype": (
        mine(float64), LAST_OUTPUT,
        [HEAD, MINE, *CASE, "found: the output is float64: must be float32, as the inputs are",
         LIBRARY, AGAIN],
    ),
    "no array": (
        mine(listed), LAST_OUTPUT,
        [HEAD, MINE, *CASE, r"found: the output is a list: must be a NumPy array of shape \(1, 1\)",
         LIBRARY, AGAIN],
    ),
    "samples that depend on each other": (
        mine(worse_in_company), PROPERTIES["test_repeating_the_batch_repeats_the_output"],
        [HEAD, MINE, *CASE, "found: the output changes by more than rounding explains", OUTPUT,
         *NUMBERS, LIBRARY, AGAIN],
    ),
    "an order that matters": (
        fault("first_recurrent_row_missing"),
        PROPERTIES["test_permuting_the_hidden_units_changes_nothing"],
        [HEAD, NUMPY, *CASE, r"order: \d+",
         "found: the output changes by more than rounding explains", OUTPUT, *NUMBERS, PROJECT,
         AGAIN],
    ),
    "other bits in a second call": (
        fault("state_kept_between_calls"),
        PROPERTIES["test_repeating_a_call_gives_the_same_bits"],
        [HEAD, NUMPY, *CASE, r"found: the second call returned array\(.*\), the first array\(.*\)",
         PROJECT, AGAIN],
    ),
    "right when it is repeated": (
        mine(EveryOther()), LAST_OUTPUT,
        [HEAD, MINE, *CASE, "found: .*; the same case passes when it is repeated", OUTPUT, *NUMBERS,
         AGAIN],
    ),
    "a wrong number of parameters": (
        fault("bias_not_counted"), PROPERTIES["test_parameter_count_equals_the_formula"],
        [HEAD, NUMPY_BUILT, NETWORK, r"found: SimpleRNN's count is \d+, must be \d+", PROJECT,
         AGAIN],
    ),
    "wrong initial weights": (
        fault("fresh_kernel_is_positive"), PROPERTIES["test_fresh_kernels_are_glorot_uniform"],
        [HEAD, NUMPY_BUILT, NETWORK, r"found: kernel: the mean is \S+, chance gives \S+",
         PROJECT, AGAIN],
    ),
    "weights that are changed": (
        fault("signed_zeros_lost"), PROPERTIES["test_weights_come_back_bit_for_bit"],
        [HEAD, NUMPY_BUILT, *CASE, r"special: \d+", r"found: \w+ came back changed: .* for .*",
         PROJECT, AGAIN],
    ),
    "shapes stated wrongly": (
        fault("unknown_time_stated_as_one"), PROPERTIES["test_stated_shapes_equal_the_equations"],
        [HEAD, NUMPY_BUILT, NETWORK, "sequences: True", r"known: \(\w+, \w+\)",
         r"found: for N=\w+, T=\w+ what is stated is .*, must be .*", PROJECT, AGAIN],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_helps_is_there_and_nothing_else(kind):
    implementation, found, expected = KINDS[kind]
    lines = told(implementation, found).text.splitlines()
    assert len(lines) <= 15
    patterns = [p.replace("{sentence}", re.escape(found.sentence)) for p in expected]
    # What explains the numbers, and what came before, is told where there is something to tell.
    kept = [
        p for p in patterns if p not in (FAULT, EARLIER) or any(map(re.compile(p).match, lines))
    ]
    assert len(lines) == len(kept), "\n".join(lines)
    for line, pattern in zip(lines, kept):
        assert re.fullmatch(pattern, line), line


@pytest.mark.parametrize(
    ("name", "lost"), [("no_bias", "The bias is missing"), ("no_recurrence", "The previous state")]
)
def test_the_fault_that_explains_the_numbers_is_named(name, lost):
    text = told(fault(name), EVERY_STEP).text
    assert f"  the numbers are those of: {lost}" in text


def test_steps_before_the_first_wrong_one_are_told_to_be_right():
    text = told(fault("state_reset_every_eighth_step"), EVERY_STEP).text
    assert "first outside: sample 0, step 8, unit 0" in text
    assert re.search(EARLIER, text)


def test_what_was_found_is_one_line_however_large():
    def large(*weights):
        raise ValueError("x" * 5000)

    lines = told(mine(large), LAST_OUTPUT).text.splitlines()
    (found,) = [line for line in lines if line.startswith("found: ")]
    assert len(found) < LONGEST + 50
    assert re.search(r"… \(\d+ characters\)$", found)


def test_a_network_with_a_fixed_time_says_so():
    found, subject, failure = failure_of(
        fault("bias_not_counted"), PROPERTIES["test_parameter_count_equals_the_formula"]
    )
    failure.drawn["size"] = Dimensions(SIMPLE_RNN, 1, 7, 2, 3, 4, static_time=True)
    text = describe_failure(found, subject, failure, COMMAND).text
    assert "network: D=2 M=3 K=4 T=7 (fixed when built)" in text


# --- Scripts ---------------------------------------------------------------------------------


#: Faults that show in the answer to a question, each with properties that notice it.
SHOWN = [
    *((name, LAST_OUTPUT.name) for name in ("recurrent_kernel_transposed", "time_reversed",
      "sums_in_float16", "batch_reversed", "output_in_other_dtype", "state_kept_between_calls")),
    *((name, EVERY_STEP.name) for name in ("no_recurrence", "no_dense_bias", "initial_state_is_one",
      "state_reset_every_eighth_step", "state_scaled_slightly")),
    ("operands_in_tf32", "test_exact_sums_leave_only_the_activation"),
    ("future_touched", "test_the_future_does_not_change_the_past"),
    ("last_sample_repeats_the_first", "test_permuting_the_batch_permutes_the_output"),
    ("batch_mean_subtracted", "test_splitting_the_batch_splits_the_output"),
    ("samples_beyond_four_lose_their_state", "test_repeating_the_batch_repeats_the_output"),
    ("first_recurrent_row_missing", "test_permuting_the_hidden_units_changes_nothing"),
    ("no_dense_bias", "test_zero_weights_leave_the_dense_bias"),
    ("initial_state_is_small", "test_initial_state_is_zero"),
    ("state_kept_between_calls", "test_repeating_a_call_gives_the_same_bits"),
]  # fmt: skip


def run_script(text):
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, encoding="utf-8", timeout=120
    )


@pytest.mark.parametrize(("name", "found"), SHOWN)
def test_the_script_of_a_fault_fails_and_passes_without_the_fault(name, found):
    shown = script(*failure_of(fault(name), PROPERTIES[found]))
    done = run_script(shown.text)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("AssertionError: the ")
    seeded = f"seeded_fault(load_implementation('numpy'), '{name}')"
    assert seeded in shown.text
    done = run_script(shown.text.replace(seeded, "load_implementation('numpy')"))
    assert (done.returncode, done.stderr) == (0, "")


#: They show in cases of their own: other activations, NaN, infinity.
ELSEWHERE = ("activations", "special values")


#: Properties of answers: of plain networks, whose scripts compute, and of options.
PLAIN = (EVERY_STEP, LAST_OUTPUT, PROPERTIES["test_the_future_does_not_change_the_past"])
OPTIONED = tuple(
    found
    for found in PROPERTIES.values()
    if found.function.__module__.endswith(("test_options", "test_state", "test_masking"))
)


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, fault in faults_of("numpy").items()
        if fault.numeric and fault.group not in ELSEWHERE
    ],
)
def test_every_numeric_fault_that_a_property_of_answers_notices_has_a_script_that_fails(name):
    for dtype, found in itertools.product(WIDE_DTYPES, (*PLAIN, *OPTIONED)):
        subject = subject_of(
            fault(name), dtype, layer=FAULTS[name].layer, max_examples=100,
            profile=PROFILES["thorough"],
        )  # fmt: skip
        result = check(found, subject)
        shown = result.failure and script(found, subject, result.failure)
        if shown is not None:
            with pytest.raises((AssertionError, Nonconformity)) as raised:
                exec(shown.text, {})
            if found in PLAIN:
                assert "more than rounding explains" in str(raised.value)
            return
    pytest.fail("no property has a script for it")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("bias_not_counted", "test_parameter_count_equals_the_formula"),
        ("gradient_by_the_bias_is_the_mean", "test_gradients_equal_the_recurrence_run_backwards"),
        ("unknown_time_stated_as_one", "test_stated_shapes_equal_the_equations"),
        ("recurrent_kernel_has_kernels_name", "test_weights_are_kernel_recurrent_kernel_and_bias"),
        ("signed_zeros_lost", "test_weights_come_back_bit_for_bit"),
        ("fresh_dense_bias_is_tiny", "test_fresh_biases_are_zero"),
        ("fresh_recurrent_kernel_is_scaled", "test_fresh_recurrent_kernel_is_orthogonal"),
        ("fresh_kernel_is_positive", "test_fresh_kernels_are_glorot_uniform"),
    ],
)
def test_what_is_no_answer_is_shown_by_the_property_itself(name, found):
    shown = script(*failure_of(fault(name), PROPERTIES[found]))
    done = run_script(shown.text)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("conformance.checking.record.Nonconformity: ")
    seeded = f"seeded_fault(load_implementation('numpy'), '{name}')"
    done = run_script(shown.text.replace(seeded, "load_implementation('numpy')"))
    assert (done.returncode, done.stderr) == (0, "")


def test_every_property_of_numpy_that_fails_has_a_script():
    # Each with the fault that `test_faults` says it catches by itself; but for one at random.
    for found, name in CATCHES.items():
        shown = script(*failure_of(fault(name), PROPERTIES[found]))
        assert shown is not None or name == "last_bit_random", found


def test_a_failure_that_does_not_repeat_has_none():
    assert script(*failure_of(mine(EveryOther()), LAST_OUTPUT)) is None


def test_what_only_a_used_network_does_wrong_says_so():
    text = told(fault("state_kept_between_calls"), LAST_OUTPUT).text
    assert "; a network that is new gave the right answer before\n" in text


def test_what_only_a_used_network_does_wrong_is_asked_twice():
    shown = script(*failure_of(fault("state_kept_between_calls"), LAST_OUTPUT))
    assert shown.text.count("model.answer(x, 'call')") == 2
    assert shown.text.count("\nx = ") == 1
