"""docs/your-own.md does what it says: its files are written, run, and what is printed compared."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from command_line import ROOT, run
from subjects import PROPERTIES, forward, numbers_of_tests

from conformance.deviations.reading import explains, read_deviations
from conformance.implementations.function import FunctionImplementation

TUTORIAL = (ROOT / "docs" / "your-own.md").read_text(encoding="utf-8")
BLOCKS = re.findall(
    r"<!-- (file|output): ([^>]+?) -->\n```(?:python|toml)?\n(.*?)```", TUTORIAL, re.DOTALL
)


def steps():
    """The blocks in order: each output belongs to the files before it."""
    return [(kind, name.strip(), text) for kind, name, text in BLOCKS]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the tutorial's commands print, by the name of the output, and its folder."""
    folder: Path = tmp_path_factory.mktemp("tutorial")
    outputs, tests = {}, ""
    for kind, name, text in steps():
        file, _, appended = name.partition(", ")
        if kind == "file":
            tests = file if file.startswith("test_") else tests
            before = (folder / file).read_text(encoding="utf-8") if appended else ""
            (folder / file).write_text(before + text, encoding="utf-8")
        else:
            command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tests)
            outputs[name] = run(*command, cwd=folder, path=str(ROOT))
    return outputs, folder


def block(name):
    return next(text for kind, found, text in steps() if (kind, found) == ("output", name))


def test_it_has_a_bug_a_mend_more_gradients_an_lstm_and_a_class():
    outputs = [name for kind, name, _ in steps() if kind == "output"]
    assert outputs == ["fail", "pass", "more", "gradients", "lstm", "class"]


def test_the_bug_is_shown_as_printed_there(printed):
    done = printed[0]["fail"]
    assert done.status == 1
    for line in block("fail").splitlines():
        assert line in done.text


@pytest.mark.parametrize("name", ["pass", "more", "gradients", "lstm", "class"])
def test_the_mended_layer_passes_as_printed_there(printed, name):
    done = printed[0][name]
    assert done.status == 0
    assert re.search(re.escape(block(name).strip()).replace("…", r"\d+"), done.text)


def test_the_check_without_pytest_prints_its_results(printed):
    _, folder = printed
    done = run(sys.executable, "check.py", cwd=folder, path=str(ROOT))
    lines = done.text.splitlines()
    assert done.status == 0
    assert lines[0] == "conforms"
    assert len(lines) == 1 + sum(numbers_of_tests(FunctionImplementation(forward, "mylayer")))
    assert sum(line.startswith("conforms The ") for line in lines) > 4
    assert any(line.startswith("not applicable All modes") for line in lines)


def test_what_is_known_is_read_as_it_is_written(printed):
    (entry,) = read_deviations([printed[1] / "known.toml"], PROPERTIES)
    assert entry.applies(M=3, dtype="float32")
    assert not entry.applies(M=2, dtype="float32")
    error = AssertionError()
    error.__cause__ = ValueError("units must be even, and are 3")
    assert explains(entry, error)
