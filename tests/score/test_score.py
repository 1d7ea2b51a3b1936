"""The score: faults are looked for where they should show, counted, and remembered in a file."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from subjects import PROPERTIES, numbers_of_tests

from conformance.command_line import main
from conformance.faults import FAULTS
from conformance.faults.numpy.controls import CONTROLS
from conformance.implementations.keras.tensorflow import KerasTensorFlow
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.score import processes
from conformance.score.order import by_likelihood, items
from conformance.score.record import BROKEN, CAUGHT, CLEAN, MISSED, Trial, read_score
from conformance.score.tables import rows, table_lines, unique_lines, verdict_line
from conformance.score.trial import TrialSpec

QUICK = ("--implementation", "numpy", "--conformance-profile", "quick")
CAUGHT_TRIAL = Trial("no_bias", "fault", "equation", "The bias is missing", CAUGHT,
                     "test_every_step_equals_the_recurrence", "Every step", "call", "float32",
                     "the state differs", 3, 2.0, 1.0)  # fmt: skip


def score(capsys, *arguments):
    """Status, printed lines and errors of ``rnn-conformance score`` with the NumPy loop."""
    status = main(["score", *QUICK, *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out.splitlines(), printed.err


# --- Where a fault is looked for -------------------------------------------------------------


@pytest.mark.parametrize("implementation", [NumpyLoop(), KerasTensorFlow()], ids=["numpy", "keras"])
def test_every_test_of_a_run_is_asked_once(implementation):
    asked = items(implementation, PROPERTIES.values(), "mask")
    assert len({(item.prop.name, item.mode, item.dtype) for item in asked}) == len(asked)
    assert len(asked) == sum(numbers_of_tests(implementation))


def test_the_properties_of_a_group_come_first_in_every_mode():
    asked = items(KerasTensorFlow(), PROPERTIES.values(), "unroll")
    first = asked[:5]
    assert {item.prop.name for item in first} == {"test_any_options_together_equal_the_recurrence"}
    assert [item.mode for item in first] == ["predict_on_batch", "graph", "xla", "call", "predict"]
    assert {item.dtype for item in first} == {"float32"}


def test_a_group_of_which_nothing_is_known_is_looked_for_in_its_clause():
    assert by_likelihood(PROPERTIES.values(), "wrappers")[0].clause == "wrappers"


# --- The command -----------------------------------------------------------------------------


def test_a_fault_is_caught_and_the_property_that_caught_it_is_named(capsys):
    status, lines, _ = score(capsys, "--fault", "recurrent_kernel_transposed")
    assert status == 0
    assert re.fullmatch(
        r"caught  recurrent_kernel_transposed \(equation\): Every step equals the recurrence "
        r"\(call, float32\); \d+ cases, \d+\.\d s, \d+\.\d s CPU",
        lines[0],
    )
    assert lines[-1] == "1 of 1 faults caught"


def test_a_control_is_clean(capsys):
    status, lines, _ = score(capsys, "--controls", "bias_first")
    assert status == 0
    assert lines[0].startswith("clean   bias_first (controls): ")
    assert lines[-1] == "1 of 1 controls clean"


def test_a_fault_that_no_property_notices_is_missed_and_the_status_says_so(capsys, monkeypatch):
    # What is done with a fault that shows nowhere: the process is replaced by its answer.
    missed = replace(CAUGHT_TRIAL, verdict=MISSED, found_by="", sentence="", reason="")
    monkeypatch.setattr(processes, "in_a_process", lambda question: missed)
    status, lines, _ = score(capsys, "--fault", "no_bias")
    assert status == 1
    assert lines[-2:] == ["MISSED: no_bias, The bias is missing", "0 of 1 faults caught"]


def test_what_is_in_the_file_is_not_run_again(capsys, tmp_path, monkeypatch):
    path = tmp_path / "score.json"
    status, _, _ = score(capsys, "--fault", "no_bias", "--json", path)
    assert status == 0
    asked = []

    def answer(question):
        asked.append(question.name)
        return replace(CAUGHT_TRIAL, name=question.name)

    monkeypatch.setattr(processes, "in_a_process", answer)
    status, lines, _ = score(capsys, "--fault", "no_bias", "bias_twice", "--json", path)
    assert asked == ["bias_twice"]
    assert lines[0] == f"1 of 2 are in {path} already"
    assert lines[-1] == "2 of 2 faults caught"
    assert [trial.name for trial in read_score(path).trials] == ["no_bias", "bias_twice"]


def test_all_properties_that_catch_a_fault_are_told_if_asked_for(capsys, tmp_path):
    path = tmp_path / "score.json"
    asked = ("--fault", "signed_zeros_lost", "--all", "--dtypes", "float32")
    score(capsys, *asked, "--json", path)
    [trial] = read_score(path).trials
    assert trial.caught_by == ["test_weights_come_back_bit_for_bit"]


def test_tables_are_written_with_the_command_that_makes_them(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "in_a_process", lambda question: CAUGHT_TRIAL)
    path = tmp_path / "score.md"
    score(capsys, "--fault", "no_bias", "--markdown", path)
    text = path.read_text(encoding="utf-8")
    assert "    rnn-conformance score --implementation numpy --fault no_bias" in text
    assert "| equation | 1 | 1 | 2.0 | 2.0 | 1.0 |" in text


def test_a_process_that_dies_is_broken_and_says_how(monkeypatch):
    monkeypatch.setattr(processes.sys, "executable", "false")
    trial = processes.in_a_process(TrialSpec("numpy", "fault", "no_bias", "quick", 1))
    assert trial.verdict == BROKEN
    assert trial.reason == "its process ended with status 1: nothing was said"
    assert not trial.good


def test_a_fault_of_one_dtype_is_missed_where_another_is_asked(capsys):
    fault = ("--fault", "float64_computed_in_float32", "--dtypes")
    assert score(capsys, *fault, "float64")[0] == 0
    assert score(capsys, *fault, "float32")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fault", "no_biass"], "--fault: 'no_biass' is not one of those of numpy: recurrent_ke"),
        (["--group", "equations"], "--group: 'equations' is not one of those of numpy: activatio"),
        (["--controls", "x"], "--controls: 'x' is not one of those of numpy: bias_first, "),
        (["--controls", "--group", "mask"], "--controls and --group: choose one of them"),
        (["--fault", "no_bias", "--group", "mask"], "--fault no_bias: not in the group mask"),
        (["--implementation", "torch"], "--implementation: 'torch' is not one of keras, numpy"),
        (["--conformance-profile", "x"], "--conformance-profile: 'x' is not one of quick, def"),
        (["--dtypes", "float"], "--dtypes: 'float' is not one of float32, float64, "),
        (["-n", "0"], "-n 0: must be at least 1"),
        (["--json", "nowhere/score.json"], "nowhere/score.json: cannot be written: No such file"),
        (["--markdown", "nowhere/a.md"], "nowhere/a.md: cannot be written: No such file"),
    ],
)
def test_bad_input_gets_one_sentence_before_any_work(capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(processes, "in_a_process", lambda question: pytest.fail("was started"))
    status, lines, error = score(capsys, *arguments)
    assert (status, lines) == (2, [])
    assert error.startswith(f"ERROR: {message}")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a JSON file"),
        ("[]", "is not a file of rnn-conformance score"),
        ('{"format": "another"}', "is not a file of rnn-conformance score"),
    ],
)
def test_a_file_of_something_else_is_refused(capsys, tmp_path, content, message):
    path = tmp_path / "score.json"
    path.write_text(content, encoding="utf-8")
    assert score(capsys, "--fault", "no_bias", "--json", path)[::2] == (
        2, f"ERROR: {path}: {message}\n",
    )  # fmt: skip
    assert path.read_text(encoding="utf-8") == content


def test_a_score_of_another_run_is_not_gone_on_with(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "in_a_process", lambda question: CAUGHT_TRIAL)
    path = tmp_path / "score.json"
    score(capsys, "--fault", "no_bias", "--json", path)
    status, _, error = score(capsys, "--fault", "no_bias", "--json", path, "--seed", "2")
    assert status == 2
    assert error == f"ERROR: {path}: is a score of another run: its seed is 1, not 2\n"
    assert json.loads(path.read_text(encoding="utf-8"))["seed"] == 1


# --- The tables ------------------------------------------------------------------------------


def test_a_row_has_the_seconds_of_what_was_caught_alone():
    trials = [
        replace(CAUGHT_TRIAL, name=str(seconds), seconds=seconds, verdict=verdict)
        for seconds, verdict in ((1.0, CAUGHT), (2.0, CAUGHT), (6.0, CAUGHT), (90.0, MISSED))
    ]
    [row] = rows(trials)
    assert row[:5] == ("equation", 4, 3, 2.0, 6.0)


def test_faults_and_controls_have_totals_of_their_own():
    clean = replace(CAUGHT_TRIAL, kind="control", verdict=CLEAN)
    assert verdict_line([CAUGHT_TRIAL, clean]) == "1 of 1 faults caught, 1 of 1 controls clean"
    assert any(line.startswith("group ") and "clean" in line for line in table_lines([clean]))


def test_what_only_one_property_catches_is_listed_beside_it():
    both = replace(CAUGHT_TRIAL, name="both", caught_by=["test_a", "test_b"])
    only = replace(CAUGHT_TRIAL, name="only", caught_by=["test_b"])
    assert unique_lines([both, only])[2:] == ["| `test_a` | 1 |  |", "| `test_b` | 2 | `only` |"]


def test_catalogues_hold_what_the_documents_promise():
    assert len(FAULTS) >= 120
    assert len(CONTROLS) >= 20
