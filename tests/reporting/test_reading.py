"""A report that is read: shown again, or refused in one clear sentence where it is damaged."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest
from command_line import ROOT, run

from conformance.command_line import main
from conformance.reporting import validation


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
    "a layer that the run is not about": (
        lambda r: of_first(r, layer="lstm"),
        "is damaged: .* is of the layer lstm, which environment.layers lacks$",
    ),
    "a result of an unknown layer": (
        lambda r: damaged(r, results=[without(r["results"][0], "layer"), *r["results"][1:]]),
        r"is damaged: results\[0\] lacks 'layer'$",
    ),
    "a run of unknown layers": (
        lambda r: damaged(r, environment=without(r["environment"], "layers")),
        "is damaged: environment lacks 'layers'$",
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
