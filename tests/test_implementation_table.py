"""docs/measured/implementations.md says what implementations.json beside it has, and no more."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from command_line import ROOT

from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result
from conformance.implementations import IMPLEMENTATIONS
from conformance.properties import all_properties

spec = importlib.util.spec_from_file_location("table", ROOT / "tools" / "implementation_table.py")
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)
ROWS = json.loads(table.DATA.read_text(encoding="utf-8"))


def result(verdict, worst=None):
    return Result("p", "P", "clause", "mine", "call", "float32", verdict, worst_share=worst)


@pytest.mark.parametrize(
    ("verdicts", "gravest"),
    [
        ([CONFORMS, NOT_APPLICABLE], CONFORMS),
        ([CONFORMS, DEVIATES], DEVIATES),
        ([FAILS, DEVIATES, CONFORMS], FAILS),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
    ],
)
def test_the_verdict_on_a_clause_is_the_gravest(verdicts, gravest):
    assert table.clause_record([result(v) for v in verdicts])["verdict"] == gravest


def test_the_worst_share_is_the_largest():
    record = table.clause_record([result(CONFORMS, 0.25), result(CONFORMS, 0.5), result(CONFORMS)])
    assert table.cell(record) == "conforms 0.50"
    assert table.cell(table.clause_record([result(NOT_APPLICABLE)])) == "n/a"


def test_the_clauses_are_those_of_the_properties():
    assert {*table.CLAUSES, *table.OF_LAYERS} == {
        found.clause for found in all_properties().values()
    }


def test_the_page_is_made_of_the_data():
    assert table.page(ROWS) == table.PAGE.read_text(encoding="utf-8")


def test_every_implementation_was_run():
    run = {entry["implementation"] for entry in ROWS}
    assert run >= set(IMPLEMENTATIONS) - {"keras:tensorflow"}  # which is keras
    assert all(entry["cases"] > 0 for entry in ROWS)


def test_every_reason_names_a_script_that_is_there():
    for entry in ROWS:
        for reason in entry["reasons"]:
            assert (ROOT / re.search(r"\((conformance\S+)\)", reason)[1]).exists()


def test_every_implementation_has_an_environment_of_tox():
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for name in set(IMPLEMENTATIONS) - {"keras", "keras:tensorflow", "numpy"}:
        assert name in text or f"--implementation {name} " in text


def test_the_readme_has_a_line_for_each_with_its_verdict():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for entry in ROWS:
        line = re.search(rf"^\| `{entry['implementation']}` \|.*$", readme, re.MULTILINE)[0]
        assert ("deviate" in line) == (entry["verdict"] == DEVIATES)
        for version in re.findall(r"\d+\.\d[.\d]*", entry["versions"].split(", ")[-1]):
            assert version in line
