"""A run as a JSON file: what is in it, that it comes back, and what is said of a bad one."""

from __future__ import annotations

import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from command_line import ROOT, folder_of_a_user, run, run_pytest
from pages import a_report, a_result
from subjects import PROPERTIES

from conformance.command_line import main
from conformance.reporting import files, validation
from conformance.reporting.files import report_path, write_reports
from conformance.reporting.json_report import ReportError, read_json, write_json
from conformance.reporting.validation import published_schema
from conformance.running.writing import FileError
from strategies import DTYPES

FEW = ("--implementation", "numpy", "--max-examples", "5")
SCHEMA = (ROOT / "docs" / "report-schema.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def passing(folder):
    """A run of NumPy, with run.json beside it."""
    return run_pytest(folder, *FEW, "--report", "run.json", "--hypothesis-seed=7")


@pytest.fixture(scope="module")
def report(folder, passing):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def failing(folder):
    """A run of a function that transposes the recurrent kernel, as plain values."""
    run_pytest(folder, "--implementation", "mine:transposed", "-k", "last_output_equals and 32",
               "--report", "failing.json")  # fmt: skip
    return json.loads((folder / "failing.json").read_text(encoding="utf-8"))


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


# --- show ------------------------------------------------------------------------------------


def test_show_prints_the_summary_again(folder, passing, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["show", str(folder / "run.json")]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line]
    assert printed[0].startswith("rnn-conformance ")
    # Above it are the header's lines, more where the environment says something.
    when = next(i for i, line in enumerate(printed) if line.startswith("run on "))
    assert printed[when + 1 :] == passing.summary[:-1]


def test_show_prints_a_known_deviation_as_one(report, tmp_path, capsys):
    rows = [dict(row) for row in report["results"]]
    for row in rows:
        if row["property"] == "test_initial_state_is_zero":
            row.update(verdict="deviates (known)", reason="listed")
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**report, "results": rows}), encoding="utf-8")
    assert main(["show", str(path)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^The initial state is zero .* 2 of 2 deviate$", printed, re.MULTILINE)
    assert "deviates (known): 2   fails: 0" in printed


def test_the_command_is_installed_under_its_name(folder, passing):
    done = run(sys.executable, "-m", "conformance.command_line", "show", "run.json",
               cwd=folder, path=str(ROOT))  # fmt: skip
    assert done.status == 0
    assert "numpy CONFORMS" in done.text
    scripts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'rnn-conformance = "conformance.command_line:main"' in scripts


def damaged(report, **changes):
    return json.dumps({**report, **changes})


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


#: What a file may hold, and what is said of it after its name.
BAD = {
    "nothing": (lambda r: "", r"is no JSON, or was cut off: Expecting value \(line 1, column 1\)"),
    "cut off": (lambda r: json.dumps(r)[:-40], "is no JSON, or was cut off: "),
    "other JSON": (lambda r: '{"tests": 3}', "is not a report of rnn-conformance$"),
    "a list": (lambda r: "[]", "is not a report of rnn-conformance$"),
    "newer": (lambda r: damaged(r, schema=2), "has schema 2, this rnn-conformance reads up to 1"),
    "no schema": (
        lambda r: json.dumps(without(r, "schema")),
        "is damaged: the report lacks 'schema'$",
    ),
    "no results": (
        lambda r: json.dumps(without(r, "results")),
        "is damaged: the report lacks 'results'$",
    ),
    "a result lacks its verdict": (
        lambda r: damaged(r, results=[r["results"][0], without(r["results"][1], "verdict")]),
        r"is damaged: results\[1\] lacks 'verdict'$",
    ),
    "a word for a number": (
        lambda r: of_first(r, cases="many"),
        r"is damaged: results\[0\].cases is 'many': must be integer$",
    ),
    "cases below none": (
        lambda r: of_first(r, cases=-25),
        r"is damaged: results\[0\].cases is -25: must be at least 0$",
    ),
    "a share that is infinite": (
        lambda r: of_first(r, worst_share=1).replace('"worst_share": 1', '"worst_share": 1e999'),
        r"is damaged: results\[0\].worst_share is inf: must be number, null$",
    ),
    "a share that is not a number": (
        lambda r: of_first(r, worst_share=float("nan")),
        r"is damaged: NaN is no number of JSON$",
    ),
    "an unknown verdict": (
        lambda r: of_first(r, verdict="fine"),
        r"is damaged: results\[0\].verdict is 'fine': must be one of conforms, fails, ",
    ),
    "no coverage": (lambda r: damaged(r, coverage={}), "is damaged: the coverage of .* is missing"),
    "coverage in words": (
        lambda r: covered(r, dimensions={"T": {"1": "x"}}),
        r"is damaged: coverage.*.dimensions.T\['1'\] is 'x': must be integer$",
    ),
    "a row too short": (
        lambda r: covered(r, pairs=[["a", "b"]]),
        r"is damaged: coverage.*pairs\[0\] is \['a', 'b'\]: must have 5 values$",
    ),
    "a number for a mapping": (
        lambda r: covered(r, dimensions={"T": 3}),
        "is damaged: coverage.*dimensions.T is 3: must be object$",
    ),
    "two results of one id": (
        lambda r: damaged(r, results=[r["results"][0], *r["results"]]),
        "is damaged: two results have the id ",
    ),
    "a verdict twice": (
        lambda r: json.dumps(r)[:-1] + ', "verdict": "conforms"}',
        "is damaged: 'verdict' is given twice$",
    ),
    "another number of cases": (
        lambda r: damaged(r, cases=r["cases"] + 1),
        r"is damaged: cases is \d+, those of all results are \d+$",
    ),
    "a result that fails in a run that conforms": (
        lambda r: of_first(r, verdict="fails"),
        "is damaged: verdict is 'conforms', the results say 'fails'$",
    ),
    "more discriminating cases than cases": (
        lambda r: of_first(r, discriminating=10**6),
        r"is damaged: .* has \d+ cases, 1000000 discriminating ones$",
    ),
    "more deviating cases than cases": (
        lambda r: of_first(r, deviations={"relu of NaN": [2, 1]}),
        "is damaged: .* has 2 cases that deviate as relu of NaN, of 1$",
    ),
    "a result of what was not run": (
        lambda r: damaged(r, not_run=[r["results"][0]["id"]]),
        "is damaged: .* is not run and has a result$",
    ),
    "a failure without a result": (
        lambda r: damaged(r, failures={"test_x": FAILED}),
        "is damaged: test_x has a failure, and no result that fails$",
    ),
    "properties of another suite": (
        lambda r: damaged(r, suite={**r["suite"], "properties": []}),
        "is damaged: the fingerprint of the suite is not that of its properties$",
    ),
    "a shard of none": (
        lambda r: damaged(r, environment={**r["environment"], "shard": "3/2"}),
        "is damaged: environment.shard is 3/2: must be I/N, with I from 1 to N$",
    ),
    "a value in a hundred thousand lists": (
        lambda r: json.dumps(r)[:-1] + ', "troubles": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "is damaged: it is nested too deeply$",
    ),
    "a value in some hundred lists": (
        lambda r: json.dumps(without(r, "troubles"))[:-1]
        + ', "troubles": ' + "[" * 300 + "]" * 300 + "}",
        r"is damaged: troubles\[0\] is \[\[.*: must be string$",
    ),
}  # fmt: skip
FAILED = {"text": "", "command": "", "script": None, "script_path": None, "fault": None, "size": {}}


def of_first(report, **changes):
    first, *others = report["results"]
    return damaged(report, results=[{**first, **changes}, *others])


def covered(report, **changes):
    whole = {"dimensions": {}, "shares": {}, "pairs": [], **changes}
    return damaged(report, coverage={row["id"]: whole for row in report["results"]})


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", ["show", "compare"])
def test_a_bad_file_is_one_clear_sentence(kind, command, report, folder, tmp_path, capsys):
    content, sentence = BAD[kind]
    path = tmp_path / "bad.json"
    path.write_text(content(report), encoding="utf-8")
    page = tmp_path / "page.html"
    others = [str(folder / "run.json")] if command == "compare" else []
    assert main([command, *others, str(path), "--report", str(page)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.match(f"ERROR: {re.escape(str(path))}: {sentence}", printed.err.strip())
    assert len(printed.err.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == ["bad.json"]


def test_a_file_that_is_not_there_or_no_text_is_one_clear_sentence(tmp_path, capsys):
    assert main(["show", str(tmp_path / "absent.json")]) == 2
    assert capsys.readouterr().err.strip() == (
        f"ERROR: {tmp_path / 'absent.json'}: cannot be read: No such file or directory"
    )
    (tmp_path / "image.json").write_bytes(b"\x89PNG\xff\xfe")
    assert main(["show", str(tmp_path / "image.json")]) == 2
    assert "is not a report of rnn-conformance" in capsys.readouterr().err


# --- Where it cannot be written --------------------------------------------------------------


#: A path, and what is said of it.
UNWRITABLE = {
    "absent/run.json": "absent/run.json: cannot be written: No such file or directory",
    "mine.py/run.json": "mine.py/run.json: cannot be written: Not a directory",
    "folder.json": "folder.json: cannot be written: it is a folder",
    "run.xml": "run.xml: must end in .json or .html",
    "run": "run: must end in .json or .html",
}


@pytest.mark.parametrize("path", UNWRITABLE)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_path_that_cannot_be_written_ends_the_run_before_it_begins(tmp_path, path, workers):
    folder_of_a_user(tmp_path)
    (tmp_path / "folder.json").mkdir()
    before = sorted(os.listdir(tmp_path))
    done = run_pytest(tmp_path, *FEW, "--report", path, "-n", workers)
    assert done.status == 4
    assert done.text.strip() == f"ERROR: --report: {UNWRITABLE[path]}"
    assert [name for name in sorted(os.listdir(tmp_path)) if name != "__pycache__"] == before


def test_without_properties_there_is_nothing_to_report(tmp_path):
    done = run_pytest(ROOT, "--report", tmp_path / "run.json", target="tests/test_arithmetic.py")
    assert done.status == 4
    assert "there is nothing to report, the run names no property" in done.text


@pytest.mark.parametrize("missing", [("jinja2",), ("matplotlib",), ("jinja2", "matplotlib")])
def test_a_page_without_what_makes_it_is_refused_before_the_run(monkeypatch, tmp_path, missing):
    monkeypatch.setattr(files, "find_spec", lambda name: None if name in missing else name)
    with pytest.raises(ReportError) as error:
        report_path(str(tmp_path / "run.html"))
    assert str(error.value) == (
        f"{tmp_path / 'run.html'}: {' and '.join(missing)} not installed; "
        "pip install 'rnn-conformance[report]'"
    )
    assert report_path(str(tmp_path / "run.json"))  # needs neither


def test_a_folder_that_vanishes_during_the_run_is_told_and_fails_the_run(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "vanish.py").write_text(
        "import shutil\nfrom mine import right\n\n\ndef forward(*arguments):\n"
        "    shutil.rmtree('out', ignore_errors=True)\n    return right(*arguments)\n",
        encoding="utf-8",
    )
    folder_of_a_user(tmp_path)
    done = run_pytest(tmp_path, "--implementation", "vanish:forward", "--max-examples", "3",
                      "--report", "out/run.json")  # fmt: skip
    assert done.status != 0
    assert done.summary[-1] == (
        "ERROR: --report: out/run.json: cannot be written: No such file or directory"
    )
    assert done.summary[0].startswith("vanish:forward CONFORMS")


def test_what_was_there_stays_where_writing_fails(folder, passing, monkeypatch, tmp_path):
    path = tmp_path / "run.json"
    path.write_text("before", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match=r"run\.json: cannot be written: No space left on device"):
        write_json(read_json(folder / "run.json"), path)
    assert os.listdir(tmp_path) == ["run.json"]
    assert path.read_text(encoding="utf-8") == "before"


def test_one_report_that_fails_takes_no_other_with_it(folder, passing, monkeypatch, tmp_path):
    html_report = pytest.importorskip("conformance.reporting.html_report")
    monkeypatch.setattr(html_report, "page", lambda report: 1 / 0)
    paths = [tmp_path / "absent" / "a.json", tmp_path / "a.html", tmp_path / "a.json"]
    written = write_reports(read_json(folder / "run.json"), paths)
    assert written.lines == [
        f"ERROR: --report: {paths[0]}: cannot be written: No such file or directory",
        f"ERROR: --report: {paths[1]}: ZeroDivisionError: division by zero",
        f"report: {paths[2]}",
    ]
    assert not written.complete
    assert read_json(paths[2]).record.verdict == "conforms"


def test_what_a_report_cannot_hold_is_told(tmp_path):
    report = a_report(a_result(drift=float("inf")))
    lines, complete = write_reports(report, [tmp_path / "a.json"])
    assert not complete
    assert "Out of range float values are not JSON compliant" in lines[0]


def test_without_the_library_that_checks_reports_show_says_what_to_install(
    folder, passing, monkeypatch, capsys
):
    validation._validator.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    assert main(["show", str(folder / "run.json")]) == 2
    assert capsys.readouterr().err == (
        f"ERROR: {folder / 'run.json'}: jsonschema not installed; "
        "pip install 'rnn-conformance[report]'\n"
    )


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(validation, "LARGEST", 2**20)
    (tmp_path / "large.json").write_bytes(b" " * (2**20 + 1))
    assert main(["show", str(tmp_path / "large.json")]) == 2
    assert capsys.readouterr().err.endswith("is larger than 1 MiB: no report is\n")


def test_others_may_read_it(folder, passing):
    umask = os.umask(0)
    os.umask(umask)
    assert (folder / "run.json").stat().st_mode & 0o777 == 0o666 & ~umask


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
