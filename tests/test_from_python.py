"""check_implementation and parametrize_with_properties: no plugin, no options, from anywhere."""

from __future__ import annotations

import re
import sys

import pytest
from command_line import ROOT, folder_of_a_user, run
from subjects import PROPERTIES, forward, numbers_of_tests

from conformance import check_implementation
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import ImplementationError

FEW = {"max_examples": 3, "seed": 1}
RECURRENCE = "last_output_equals_the_recurrence"


def wrong(*tensors):
    return -forward(*tensors)


# --- check_implementation --------------------------------------------------------------------


def test_a_conforming_function_conforms_in_what_it_can_answer():
    report = check_implementation(forward, **FEW)
    assert report.verdict == CONFORMS
    assert {r.verdict for r in report.results} == {CONFORMS, NOT_APPLICABLE}
    assert {r.property for r in report.results} == set(PROPERTIES)
    assert report.explanations == ()
    assert "subjects:forward CONFORMS in " in str(report)


def test_a_failure_is_explained_with_a_way_to_see_it_again():
    report = check_implementation(wrong, properties=[RECURRENCE], dtypes=["float32"], **FEW)
    assert report.verdict == FAILS
    (text,) = report.explanations
    assert text.splitlines()[:2] == [
        "FAILS: The last output equals the recurrence",
        "test_from_python:wrong · mode call · float32",
    ]
    assert text.endswith("again: check_implementation(…, seed=1)")
    assert text in str(report)


def test_the_same_seed_gives_the_same_results(tmp_path):
    folder_of_a_user(tmp_path)
    code = (
        "import mine, conformance\n"
        "report = conformance.check_implementation(mine.right, max_examples=5, seed={})\n"
        "print([result.worst_share for result in report.results])"
    )
    first, again, other = (
        run(sys.executable, "-c", code.format(seed), cwd=tmp_path, path=str(ROOT)).text
        for seed in (1, 1, 2)
    )
    assert ", 0." in first
    assert first == again != other


def test_a_drawn_seed_is_told():
    reports = [check_implementation(forward, properties=[RECURRENCE], max_examples=1)
               for _ in range(2)]  # fmt: skip
    assert reports[0].seed != reports[1].seed


def test_names_and_objects_are_taken_as_well():
    for thing in ("numpy", NumpyLoop, NumpyLoop()):
        report = check_implementation(thing, properties=["fresh_biases_are_zero"], **FEW)
        assert report.verdict == CONFORMS
        assert len(report.results) == 2


def test_nothing_checked_is_not_a_pass():
    report = check_implementation(forward, properties=["fresh_biases_are_zero"], **FEW)
    assert report.verdict == "nothing checked"
    assert "NOTHING WAS CHECKED" in str(report)


def test_what_is_known_is_known_here_alone():
    implementation = NumpyLoop()
    report = check_implementation(
        implementation, properties=[RECURRENCE], known={RECURRENCE: "issue 12"}, **FEW
    )
    assert [r.reason for r in report.results] == ["a known deviation shows no more: issue 12"] * 6
    again = check_implementation(implementation, properties=[RECURRENCE], **FEW)
    assert again.verdict == CONFORMS
    report = check_implementation(
        wrong, properties=[RECURRENCE], known={RECURRENCE: "issue 12"}, **FEW
    )
    assert report.verdict == "deviates (known)"
    line = r"^deviates \(known\): issue 12, \d+ of \d+ cases, unstated$"
    assert re.search(line, str(report), re.MULTILINE)


def test_what_is_known_of_one_dtype_is_asked_of_it_alone():
    def wrong_in_float32(x, *weights):
        return (wrong if x.dtype == "float32" else forward)(x, *weights)

    known = {(RECURRENCE, "float32"): "issue 12"}
    report = check_implementation(wrong_in_float32, properties=[RECURRENCE], known=known, **FEW)
    verdicts = {result.dtype: result.verdict for result in report.results}
    assert verdicts == {"float32": DEVIATES, "float64": CONFORMS}
    report = check_implementation(wrong, properties=[RECURRENCE], known=known, **FEW)
    verdicts = {result.dtype: result.verdict for result in report.results}
    assert verdicts == {"float32": DEVIATES, "float64": FAILS}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"properties": ["speed"]}, r"^properties=\['test_speed'\]: 'test_speed' is not one of "),
        ({"properties": []}, r"^properties=\[\]: must be some of test_"),
        ({"modes": ["xla"]}, r"^modes=\['xla'\]: 'xla' is not one of call$"),
        ({"layers": ["lstm"]}, r"^layers=\['lstm'\]: 'lstm' is not one of simple_rnn$"),
        ({"dtypes": "half"}, r"^dtypes=\['half'\]: 'half' is not one of float32, float64$"),
        ({"properties": "speed"}, r"^properties=\['test_speed'\]: 'test_speed' is not one of "),
        ({"profile": "slow"}, r"^profile='slow': must be one of quick, default, thorough$"),
        ({"profile": None}, r"^profile=None: must be one of quick, default, thorough$"),
        ({"max_examples": 0}, "^max_examples=0: must be an integer, at least 1$"),
        ({"seed": "a"}, "^seed='a': must be an integer$"),
        ({"time_limit": -1}, "^time_limit=-1: must be a number of seconds, or None$"),
        ({"time_limit": "60"}, "^time_limit='60': must be a number of seconds, or None$"),
        ({"known": ["speed"]}, r"^known=\['speed'\]: must be a dict, from a property to a reason$"),
        (
            {"known": {("initial_state_is_zero", "half"): "slow"}},
            r"^known=\['half'\]: 'half' is not one of float32, float64$",
        ),
        ({"known": {"speed": "slow"}}, r"^known=\['test_speed'\]: 'test_speed' is not one of "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_argument_is_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_implementation(forward, **options)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(ImplementationError, match="is an int: must be a function"):
        check_implementation(3)


# --- parametrize_with_properties -------------------------------------------------------------

TESTS = """\
from conformance import parametrize_with_properties
import mine

@parametrize_with_properties([{things}], max_examples=3, {options})
def test_mine(check):
    check()
"""


def run_tests(folder, things, options="", *arguments):
    folder_of_a_user(folder)
    (folder / "test_mine.py").write_text(TESTS.format(things=things, options=options))
    return run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *arguments,
        cwd=folder, path=str(ROOT),
    )  # fmt: skip


def passed_and_skipped(done):
    return tuple(map(int, re.search(r"(\d+) passed, (\d+) skipped", done.text).groups()))


def test_two_lines_make_a_test_of_each_property(tmp_path):
    done = run_tests(tmp_path, "mine.right", "", "-v")
    assert done.status == 0
    assert passed_and_skipped(done) == numbers_of_tests(FunctionImplementation(forward, "mine"))
    assert f"test_mine[mine:right-call-float32-{RECURRENCE}] PASSED" in done.text
    assert "RNN conformance" not in done.text  # the plugin is not there


def test_a_failing_test_explains_itself_and_can_be_run_again(tmp_path):
    options = "dtypes=['float32']"
    done = run_tests(tmp_path, "mine.right, mine.transposed", options, "-k", "last_output_equals")
    assert done.status == 1
    assert "1 failed, 1 passed" in done.text
    assert "FAILS: The last output equals the recurrence" in done.text
    assert "Traceback" not in done.text
    again = re.search(r"^again: pytest '(\S+)' (--hypothesis-seed=\d+)$", done.text, re.MULTILINE)
    repeated = run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *again.groups(),
        cwd=tmp_path, path=str(ROOT),
    )  # fmt: skip
    assert repeated.status == 1
    assert again[0] in repeated.text


def test_a_known_deviation_is_an_expected_failure(tmp_path):
    known = f"known={{'{RECURRENCE}': 'issue 12'}}"
    done = run_tests(tmp_path, "mine.transposed", known, "-k", "last_output_equals")
    assert done.status == 0
    assert "2 xfailed" in done.text


def test_a_wrong_argument_is_one_sentence_at_collection(tmp_path):
    done = run_tests(tmp_path, "mine.right", "profile='slow'")
    assert done.status == 2
    assert "profile='slow': must be one of quick, default, thorough" in done.text
    assert "from_python.py" not in done.text


def test_it_runs_in_workers_and_under_strict_warnings(tmp_path):
    done = run_tests(tmp_path, "mine.right", "profile='quick'", "-n", "2", "-W", "error")
    assert done.status == 0
    assert passed_and_skipped(done) == numbers_of_tests(FunctionImplementation(forward, "mine"))
