"""A failure as the user reads it, the script that shows it, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
import sys

import pytest
from command_line import PROPERTIES, ROOT, folder_of_a_user, run, run_pytest

TRANSPOSED = ("--implementation", "mine:transposed", "--max-examples", "50")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.fixture
def other_folder(tmp_path):
    """One in which Hypothesis keeps no failing example yet."""
    return folder_of_a_user(tmp_path)


@pytest.fixture(scope="module")
def failing(folder):
    """A function that transposes the recurrent kernel, asked for its last output."""
    return run_pytest(folder, *TRANSPOSED, "-k", "last_output_equals")


def again(report, *options):
    """The command of a report, for the interpreter of this test."""
    command = shlex.split(report[-1].partition("again: ")[2])
    assert command[0] == "pytest"
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command[1:], *options]


def test_a_failure_fails_the_run_and_the_summary_names_the_property(failing):
    assert failing.status == 1
    assert failing.summary[:2] == [
        "mine:transposed FAILS. Not always true:",
        "  The last output equals the recurrence",
    ]
    assert any(line.endswith("2 of 2 fail") for line in failing.summary)
    assert len(failing.failures) == 2  # one for each dtype


@pytest.mark.parametrize("i", [0, 1], ids=["float32", "float64"])
def test_a_failure_is_told_in_fifteen_lines(failing, i):
    report = failing.failures[i]
    assert len(report) <= 15
    expected = [
        r"FAILS: The last output equals the recurrence$",
        rf"mine:transposed · mode call · {('float32', 'float64')[i]}$",
        r"case: N=1 T=2 D=1 M=2 K=1$",
        r"  inputs=\[\[\[.*, kernel=.*, recurrent_kernel=",
        r"  bias=.*, dense_kernel=.*, dense_bias=",
        r"found: the output differs from the recurrence by more than rounding explains$",
        r"first outside: sample 0, output 0 \(1 of 1 elements are\)$",
        r"  got \S+, expected \S+$",
        r"  difference \S+ = \S+ ulp; rounding explains \S+$",
        r"  the numbers are those of: The recurrent kernel is transposed$",
        r"script: \.conformance\S+\.py \(needs NumPy and the library only\)$",
        r"again: pytest '.*' --implementation=mine:transposed --max-examples=50 --hypothesis-seed=",
    ]
    assert len(report) == len(expected)
    for line, pattern in zip(report, expected):
        assert re.match(pattern, line), line


def test_nothing_of_hypothesis_is_seen(failing):
    for noise in (
        "Falsifying",
        "Traceback",
        "hypothesis.",
        "Warning",
        "reproduce_failure",
        "Flaky",
    ):
        assert noise not in failing.text


@pytest.mark.parametrize("i", [0, 1], ids=["float32", "float64"])
def test_the_script_shows_the_failure_where_pytest_was_started(failing, folder, i):
    script = re.search(r"script: (\S+)", "\n".join(failing.failures[i]))[1]
    done = run(sys.executable, script, cwd=folder)
    assert done.status == 1
    assert done.text.strip().endswith(
        "AssertionError: the difference is more than rounding explains"
    )
    assert "difference" in done.text


def test_the_script_passes_once_the_function_is_right(failing, folder, tmp_path):
    script = folder / re.search(r"script: (\S+)", "\n".join(failing.failures[0]))[1]
    repaired = script.read_text(encoding="utf-8").replace("transposed", "right")
    (tmp_path / "repaired.py").write_text(repaired, encoding="utf-8")
    assert "import right" in repaired
    assert run(sys.executable, "repaired.py", cwd=tmp_path, path=str(folder)).status == 0


def test_the_script_does_not_need_this_project(failing, folder):
    script = folder / re.search(r"script: (\S+)", "\n".join(failing.failures[0]))[1]
    imported = re.findall(r"^(?:import|from) (\w+)", script.read_text(encoding="utf-8"), re.M)
    assert not {"conformance", "strategies", "hypothesis", "pytest"} & set(imported)


def test_the_command_repeats_the_failure_where_pytest_was_started(failing, folder):
    done = run(*again(failing.failures[0]), cwd=folder)
    assert done.status == 1
    assert "1 failed" in done.text
    # What Hypothesis kept is tried first, so that the numbers may be others.
    assert done.failures[0][:3] == failing.failures[0][:3]


def test_the_command_repeats_the_failure_where_nothing_was_kept(failing, other_folder):
    # In another folder there are no files of failing examples: the seed alone must do.
    tests = PROPERTIES / "test_recurrence.py"
    command = [
        f"{tests}::{part.rpartition('::')[2]}" if "::" in part else part
        for part in again(failing.failures[0])
    ]
    done = run(*command, cwd=other_folder)
    assert done.status == 1
    assert done.failures[0][:-2] == failing.failures[0][:-2]


def test_the_command_repeats_the_failure_of_an_installed_suite(other_folder):
    # As the README says for a project of the user's own, outside this other_folder.
    done = run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider",
        "-p", "conformance.plugin", "--pyargs", "conformance.properties",
        *TRANSPOSED, "-k", "last_output_equals", "--dtypes", "float32",
        cwd=other_folder, path=str(ROOT),
    )  # fmt: skip
    assert done.status == 1
    assert done.summary[0] == "mine:transposed FAILS. Not always true:"
    repeated = run(*again(done.failures[0]), cwd=other_folder, path=str(ROOT))
    assert repeated.status == 1
    assert repeated.failures[0][:3] == done.failures[0][:3]


def test_a_function_that_raises_is_told_without_a_traceback(other_folder):
    done = run_pytest(
        other_folder,
        "--implementation",
        "mine:raises",
        "-k",
        "last_output_equals",
        "--dtypes",
        "float32",
    )
    (report,) = done.failures
    assert done.status == 1
    found = [line for line in report if line.startswith("found: ")]
    assert len(found) == 1
    assert re.fullmatch(
        r"found: it raised ValueError: units must be even \(mine\.py, line \d+\)", found[0]
    )
    assert "Traceback" not in done.text


def test_a_seeded_fault_is_caught_and_named(other_folder):
    done = run_pytest(
        other_folder, "--implementation", "numpy", "--fault", "no_bias", "-k", "recurrence and 32"
    )
    assert done.status == 1
    assert done.summary[0] == "numpy+no_bias FAILS. Not always true:"
    for report in done.failures:
        assert "  the numbers are those of: The bias is missing" in report
        assert "--fault=no_bias" in report[-1]
    assert len(done.failures) >= 2


def test_a_failure_in_a_worker_is_told_as_without_workers(failing, other_folder):
    options = shlex.split(failing.failures[0][-1].rpartition("' ")[2])
    done = run_pytest(other_folder, *options, "-k", "last_output_equals", "-n", "2")
    assert done.status == 1
    # All but the numbers: how plain those become depends on the time that there is.
    kept = ("FAILS", "mine:", "case:", "found:", "first outside:", "  the numbers", "again:")

    def told(reports):
        return sorted(str([line for line in report if line.startswith(kept)]) for report in reports)

    assert told(done.failures) == told(failing.failures)
