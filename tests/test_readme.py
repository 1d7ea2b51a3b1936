"""The README says what is so: its commands, options, links and example are checked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conformance.cells import SIMPLE_RNN
from conformance.cells.dense import dense
from conformance.expected.recurrence import NUMBERS, states_of
from conformance.plugin import pytest_addoption
from strategies import notebook_case

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_both_commands_can_be_read_from_it():
    for name, ending in (("conformance", "pytest -n auto"), ("tests", "pytest -n auto tests")):
        printed = subprocess.run(
            [sys.executable, str(ROOT / ".ci" / "readme_command.py"), name],
            capture_output=True,
            text=True,
            check=True,
        )
        assert printed.stdout.strip().endswith(ending)
        assert printed.stdout.strip() in README


def test_an_unknown_command_is_an_error():
    printed = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "readme_command.py"), "nope"],
        capture_output=True,
        text=True,
    )
    assert printed.returncode == 1
    assert printed.stderr.strip() == ("README.md has no code block marked <!-- command: nope -->")


def test_ci_runs_the_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for name in ("conformance", "tests"):
        assert f"readme_command.py {name})" in script
        assert f'step "${name}"' in script


def test_it_lists_the_options_that_exist():
    class Recorder:
        def __init__(self):
            self.options = set()

        def getgroup(self, *args):
            return self

        def addoption(self, name, **kwargs):
            self.options.add(name)

    recorder = Recorder()
    pytest_addoption(recorder)
    documented = set(re.findall(r"^\| `(--[a-z-]+)", README, re.MULTILINE))
    assert documented == recorder.options | {"--hypothesis-seed"}


def test_its_links_lead_somewhere():
    assert len(links_of(ROOT / "README.md")) >= 8


@pytest.mark.parametrize(
    "document",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_links_of_each_document_lead_somewhere(document):
    for link in links_of(document):
        assert (document.parent / link).exists(), link


def links_of(document):
    """What a document links to in this project."""
    return re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))


def test_its_example_is_the_recurrence():
    code = re.search(r"```python\n(# mymodule.py.*?)```", README, re.DOTALL)
    assert code is not None
    namespace: dict = {}
    exec(code[1], namespace)
    case = notebook_case(SIMPLE_RNN, "float64")
    got = namespace["forward"](case.inputs, *case.weights)
    expected = dense(NUMBERS, states_of(case)[:, -1], case, NUMBERS.activation("linear"))
    assert np.array_equal(got, expected)


def test_nothing_is_left_to_fill_in():
    assert "@@" not in README
