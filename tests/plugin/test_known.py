"""``--known FILE``: what a user knows of an implementation of their own."""

from __future__ import annotations

import os

import pytest
from command_line import folder_of_a_user, run_pytest
from deviation_lists import Raw, a_list

#: ``mine.raises`` of `USER_MODULE`: it is known to raise this error.
EVEN = Raw("{error = 'ValueError', message = 'units must be even'}")
KNOWN = {
    "name": "odd units",
    "implementation": "mine:raises",
    "properties": ["test_last_output_equals_the_recurrence"],
    "when": "N >= 1",
    "reason": "Units must be even.",
    "instead": EVEN,
}
TRANSPOSED = {
    **KNOWN,
    "name": "a transposed kernel",
    "implementation": "mine:transposed",
    "reason": "The recurrent kernel is transposed.",
    "when": "T > 1 and M > 1",
    "instead": None,
    "unstated": "it is another equation",
}


def run_with(folder, implementation, *known, arguments=("-n", "0")):
    folder_of_a_user(folder)
    a_list(folder, *known)
    return run_pytest(
        folder, "--implementation", implementation, "--known=list.toml", *arguments,
        "--max-examples", "40", "--dtypes", "float32", "-k", "last_output_equals",
        "--hypothesis-seed=1",
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [("-n", "0"), ("-n", "2")])
def test_what_is_known_and_stated_is_no_failure(tmp_path, arguments):
    done = run_with(tmp_path, "mine:raises", KNOWN, arguments=arguments)
    assert done.status == 0, done.text
    assert done.summary[0].startswith("mine:raises CONFORMS, known deviations aside, in 41 cases")
    assert "deviates (known): odd units, 41 of 41 cases" in done.summary
    assert "--known=list.toml --hypothesis-seed=1" in done.text


def test_what_is_known_and_unstated_is_counted_apart(tmp_path):
    (tmp_path / "shows.py").touch()
    done = run_with(tmp_path, "mine:transposed", {**TRANSPOSED, "script": "shows.py"})
    assert done.status == 0, done.text
    (line,) = [line for line in done.summary if line.startswith("deviates (known): ")]
    assert line.endswith(" cases, unstated; shows.py")
    assert os.path.exists(tmp_path / line.rpartition("; ")[2])
    assert any(" times unstated, where any answer is excused" in line for line in done.summary)


@pytest.mark.parametrize(
    ("implementation", "known", "found"),
    [
        ("mine:raises", {**KNOWN, "implementation": "mine:right"}, "it raised ValueError: "),
        ("mine:raises", {**KNOWN, "when": "N > 1000"}, "it raised ValueError: "),
        (
            "mine:raises",
            {**KNOWN, "instead": Raw("{error = 'TypeError'}")},
            "deviates, and not as known (odd units): it raised ValueError: units must be even",
        ),
        (
            "mine:transposed",
            {**TRANSPOSED, "instead": EVEN, "unstated": None},
            "deviates, and not as known (a transposed kernel): the output differs from the ",
        ),
    ],
)
def test_what_is_not_as_known_fails(tmp_path, implementation, known, found):
    done = run_with(tmp_path, implementation, known)
    assert done.status == 1
    assert f"found: {found}" in done.text


def test_what_shows_no_more_fails(tmp_path):
    done = run_with(tmp_path, "mine:right", {**KNOWN, "implementation": "mine:right"})
    assert done.status == 1
    assert "out of date: «odd units» (41 cases conform)" in done.summary


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"properties": "test_speed"}, "odd units: properties: there is no test_speed"),
        ({"name": "gelu's √2 in float32"}, "two entries are called gelu's √2 in float32"),
        (
            {"when": "__import__('os').mkdir('stolen')"},
            "odd units: when: __import__('os').mkdir('stolen'): Call is not allowed in a condition",
        ),
    ],
    ids=str,
)
def test_a_wrong_entry_is_one_sentence(tmp_path, changes, sentence):
    done = run_with(tmp_path, "mine:raises", {**KNOWN, **changes})
    assert done.status == 4
    assert f"ERROR: --known: list.toml: {sentence}" in done.text.splitlines()
    assert "Traceback" not in done.text
    assert not (tmp_path / "stolen").exists()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    done = run_pytest(tmp_path, "--implementation", "numpy", "--known=mine.toml", "-n", "0")
    assert done.status == 4
    lines = done.text.splitlines()
    assert any(line.startswith("ERROR: --known: mine.toml: cannot be read: ") for line in lines)
    assert "Traceback" not in done.text
