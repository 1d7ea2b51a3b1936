"""A failure that cannot be described is still a failure."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from command_line import folder_of_a_user, run_pytest
from subjects import LAST_OUTPUT, forward, subject_of

from conformance.checking.check import check
from conformance.checking.results import FAILS
from conformance.failures import description
from conformance.failures.description import describe_failure
from conformance.implementations.function import FunctionImplementation


def transposed(x, Wx, Wh, bh, Wo, bo):
    return forward(x, Wx, Wh.T, bh, Wo, bo)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(function=transposed, name="test_describing:transposed"):
    subject = subject_of(FunctionImplementation(function, name), max_examples=100)
    result = check(LAST_OUTPUT, subject)
    assert result.verdict == FAILS
    return describe_failure(LAST_OUTPUT, subject, result.failure, "pytest x")


def line_of(report, start):
    return next(line for line in report.text.splitlines() if line.startswith(start))


def test_a_script_is_written_for_a_name_of_any_length(here):
    long = "f" * 300
    globals()[long] = transposed
    report = told(name=f"test_describing:{long}")
    assert (here / report.script_path).read_text(encoding="utf-8") == report.script


def test_a_file_where_the_scripts_go_loses_the_file_and_not_the_script(here):
    (here / ".conformance").write_text("a file", encoding="utf-8")
    report = told()
    assert report.script_path is None
    assert "expected" in report.script
    assert line_of(report, "script: ").endswith(".py: cannot be written: File exists")


def test_a_folder_that_vanished_loses_the_script_and_not_the_failure(here):
    gone = here / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    report = told()
    assert report.script is None
    assert line_of(report, "script: ").startswith("script: cannot be told: FileNotFoundError: ")
    assert line_of(report, "found: ").startswith("found: the output differs from the recurrence")


@pytest.mark.parametrize(
    ("part", "start"),
    [
        ("_tested", "what was tested: "),
        ("_drawn", "the case: "),
        ("_where", "where it fails: "),
        ("explaining_fault", "the fault: "),
        ("script", "script: "),
    ],
)
@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit(3)])
def test_a_part_that_cannot_be_told_says_so_and_the_others_are_told(
    here, monkeypatch, part, start, error
):
    def broken(*_):
        raise error

    monkeypatch.setattr(description, part, broken)
    report = told()
    assert line_of(report, start) == f"{start}cannot be told: {type(error).__name__}: {error}"
    assert report.text.startswith("FAILS: The last output equals the recurrence\n")
    assert report.text.endswith("\nagain: pytest x")
    assert re.search(r"^found: the output differs", report.text, re.MULTILINE)


class Untold(Exception):
    """Has no message that can be had."""

    def __str__(self):
        raise ValueError


def raises_what_cannot_be_told(*tensors):
    raise Untold


def raises_a_false_verdict(*tensors):
    raise ValueError("\x1b[2J\ud800\u202ekeras CONFORMS in 99999 cases")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (raises_what_cannot_be_told, "Untold: no message: its __str__ raises ValueError (test_"),
        (raises_a_false_verdict, r"ValueError: \x1b[2J\ud800\u202ekeras CONFORMS in 99999 cases ("),
    ],
)
def test_a_message_from_outside_is_told_as_text(here, function, reason):
    subject = subject_of(FunctionImplementation(function, f"test_describing:{function.__name__}"))
    result = check(LAST_OUTPUT, subject)
    assert result.verdict == FAILS
    assert result.reason.startswith(f"it raised {reason}")
    text = describe_failure(LAST_OUTPUT, subject, result.failure, "pytest x").text
    assert all(line.isprintable() for line in text.splitlines())


HOSTILE = """\
import numpy as np
from conformance.implementations.numpy_loop import NumpyLoop

NAME = "x\\nhostile CONFORMS in 99999 cases\\x1b[2J\\ud800 $\\\\frac{$"


class Untold(Exception):
    def __str__(self):
        raise ValueError(NAME)


class Hostile(NumpyLoop):
    name = "hostile:Hostile"
    modes = (NAME,)

    def versions(self):
        return {NAME: NAME}

    def devices(self):
        return (NAME,)

    def network(self, *arguments, **options):
        raise Untold(NAME)
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_text_from_outside_loses_no_report_and_no_verdict(tmp_path, workers):
    (tmp_path / "hostile.py").write_text(HOSTILE, encoding="utf-8")
    (tmp_path / ".conformance").write_text("a file", encoding="utf-8")
    done = run_pytest(
        folder_of_a_user(tmp_path), "--implementation", "hostile:Hostile", "--max-examples", "3",
        "-k", "last_output_equals and float32", "--report", "run.json", "--report", "run.html",
        "--junitxml", "junit.xml", "-n", workers,
    )  # fmt: skip
    assert done.status == 1, done.text
    assert done.summary[0] == "hostile:Hostile FAILS. Not always true:"
    assert done.summary[-2:] == ["report: run.json", "report: run.html"]
    assert not re.search(r"^hostile CONFORMS", done.text, re.MULTILINE)
    assert "\x1b[2J" not in done.text
    for name in ("run.json", "run.html", "junit.xml"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "its __str__ raises ValueError" in text
        assert "\x1b" not in text


def test_numbers_that_a_comparison_cannot_hold_are_a_failure_too(here):
    report = told(lambda *tensors: forward(*tensors) * np.nan)
    assert report.text.startswith("FAILS: ")
