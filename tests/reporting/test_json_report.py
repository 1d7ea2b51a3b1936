"""A run as a JSON file: what is in it, that it comes back, and who else can read it."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from command_line import ROOT, run_pytest
from pages import FEW
from subjects import PROPERTIES

from conformance.reporting.json_report import read_json, write_json
from conformance.reporting.validation import published_schema
from strategies import DTYPES

SCHEMA = (ROOT / "docs" / "report-schema.md").read_text(encoding="utf-8")


# --- What is in it ---------------------------------------------------------------------------


def test_the_run_says_where_it_wrote(passing):
    assert passing.status == 0
    assert passing.summary[-1] == "report: run.json"


def test_it_holds_every_test_and_every_case(report, passing):
    counts = re.findall(r"(conforms|not applicable): (\d+)", passing.summary[-2])
    assert len(report["results"]) == sum(int(number) for _, number in counts) > 40
    assert f"in {report['cases']} cases" in passing.summary[0]
    assert sum(result["cases"] for result in report["results"]) == report["cases"]
    assert report["verdict"] == "conforms"
    assert report["failures"] == {}
    assert report["not_run"] == []


def test_it_says_what_was_tested_on_what_and_how_to_repeat_it(report):
    environment = report["environment"]
    assert environment["implementation"] == "numpy"
    assert environment["versions"].keys() == {"numpy"}
    assert environment["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (environment["modes"], environment["dtypes"]) == (["call"], list(DTYPES))
    assert environment["repeat"] == "--implementation=numpy --max-examples=5 --hypothesis-seed=7"


def test_it_lists_the_properties_of_the_suite_also_those_not_asked_for(failing):
    assert len(failing["results"]) == 1
    assert {name for name, _, _ in failing["suite"]["properties"]} == PROPERTIES.keys()


def test_a_failure_comes_with_its_text_script_and_command(failing):
    assert failing["verdict"] == "fails"
    ((nodeid, failure),) = failing["failures"].items()
    assert nodeid == failing["results"][0]["id"]
    assert failure["text"].startswith("FAILS: The last output equals the recurrence\n")
    assert failure["script"].startswith('"""The last output equals the recurrence')
    assert failure["command"].startswith("pytest ")
    assert failure["fault"] == "recurrent_kernel_transposed"
    assert failure["size"] == {"N": 1, "T": 2, "D": 1, "M": 2, "K": 1}


def test_workers_write_what_one_process_writes(folder, report):
    done = run_pytest(folder, *FEW, "--hypothesis-seed=7", "--report", "w.json", "-n", "2")
    assert done.status == 0
    other = json.loads((folder / "w.json").read_text(encoding="utf-8"))

    def lasting(plain):
        rows = [{**row, "seconds": 0} for row in plain["results"]]
        # The initial weights of a fresh network are its own affair.
        rows = [row for row in rows if "orthogonal" not in row["sentence"]]
        return rows, plain["coverage"], plain["suite"], plain["environment"]

    assert lasting(other) == lasting(report)


def test_a_run_that_stops_early_is_reported_as_incomplete(folder):
    run_pytest(
        folder, "--implementation", "mine:exits", "--max-examples", "3", "--dtypes", "float32",
        "-n", "2", "-k", "zero_weights or last_output", "--report", "stopped.json",
    )  # fmt: skip
    stopped = json.loads((folder / "stopped.json").read_text(encoding="utf-8"))
    assert stopped["verdict"] == "incomplete"
    assert len(stopped["not_run"]) == 1


# --- The documented schema -------------------------------------------------------------------


def documented(part):
    heading = "## The report" if part == "report" else f"### {part}"
    section = SCHEMA.split(f"{heading}\n")[1].split("\n##")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", section, re.MULTILINE))


#: Words of the documentation for types, as JSON Schema calls them.
TYPES = {"text": "string", "list": "array"}
PARTS = ("report", "suite", "environment", "result", "coverage", "failure", "known_deviation")


def in_schema(part):
    """The fields of a part by the published schema, with their types."""
    definitions = published_schema()["$defs"]
    schema = published_schema() if part == "report" else definitions[part]

    def types(field):
        if "$ref" in field:
            field = definitions[field["$ref"].rpartition("/")[2]]
        if "const" in field:
            return {"text" if isinstance(field["const"], str) else "integer"}
        if "enum" in field:
            return {"text"}
        if field["type"] == "boolean":
            return {"true", "false"}
        named = field["type"]
        words = {schema_word: word for word, schema_word in TYPES.items()}
        return {words.get(t, t) for t in (named if isinstance(named, list) else [named])}

    return {name: types(field) for name, field in schema["properties"].items()}


@pytest.mark.parametrize("part", PARTS)
def test_every_field_is_documented_with_its_type(part):
    fields = {name: set(words.split(" or ")) for name, words in documented(part).items()}
    assert fields == in_schema(part)


def test_a_report_has_the_documented_fields_and_no_others(report, failing):
    assert report.keys() == documented("report").keys()
    assert report["suite"].keys() == documented("suite").keys()
    assert report["environment"].keys() == documented("environment").keys()
    for result in report["results"]:
        assert result.keys() == documented("result").keys()
    for coverage in report["coverage"].values():
        assert coverage.keys() == documented("coverage").keys()
    for failure in failing["failures"].values():
        assert failure.keys() == documented("failure").keys()


@pytest.mark.parametrize("name", ["run.json", "failing.json"])
def test_a_report_comes_back_as_it_was_written(folder, report, failing, name, tmp_path):
    write_json(read_json(folder / name), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (folder / name).read_bytes()


def test_fields_that_are_not_known_do_not_matter(folder, report, tmp_path):
    added = {**report, "new": 1, "environment": {**report["environment"], "host": "x"}}
    (tmp_path / "added.json").write_text(json.dumps(added), encoding="utf-8")
    assert read_json(tmp_path / "added.json").as_dict() == report


# --- Other readers ---------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_junit_xml_carries_property_and_verdict_in_words(folder, workers):
    done = run_pytest(folder, "--implementation", "mine:transposed", "-k", "32",
                      "--max-examples", "30", "--junitxml", "junit.xml", "-n", workers)  # fmt: skip
    assert done.status == 1
    cases = ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    verdicts = {}
    for case in cases:
        found = {p.get("name"): p.get("value") for p in case.iter("property")}
        verdicts[found["property"]] = found["verdict"]
        assert all(len(value) < 120 for value in found.values())
        assert found["implementation"] == "mine:transposed"
        if found["verdict"] == "conforms":
            assert int(found["cases"]) >= 30
    assert verdicts["The last output equals the recurrence"] == "fails"
    assert verdicts["The initial state is zero"] == "conforms"
    assert verdicts["Every step equals the recurrence"] == "not applicable"


def test_results_load_into_a_data_frame_as_the_readme_says(folder, report, monkeypatch):
    pd = pytest.importorskip("pandas")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^    (frame = pd\.DataFrame\(.*\))$", readme, re.MULTILINE)
    monkeypatch.chdir(folder)
    names = {"pd": pd, "json": json, "open": open}
    exec(line, names)
    frame = names["frame"]
    assert len(frame) == len(report["results"])
    assert frame["cases"].sum() == report["cases"]
    assert frame["worst_share"].max() < 1
    assert set(frame["verdict"]) == {"conforms", "not applicable"}


def test_no_file_is_written_unless_asked_for(tmp_path):
    done = run_pytest(tmp_path, *FEW, "-k", "last_output")
    assert done.status == 0
    assert not list(Path(tmp_path).glob("*.json"))
