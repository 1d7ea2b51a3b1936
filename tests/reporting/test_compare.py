"""Runs beside each other: shards are merged, and what changed between versions comes first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import SUITE, a_report, a_result

from conformance.command_line import main
from conformance.reporting.compare import compare_reports, comparison_lines
from conformance.reporting.json_report import write_json

OLD = {"keras": "2.9.0", "tensorflow": "2.9.3"}
NEW = {"keras": "2.10.0", "tensorflow": "2.10.1"}
FAILS = {"verdict": "fails", "reason": "the output differs"}


def compared(*reports):
    return compare_reports([(Path(f"{i}.json"), report) for i, report in enumerate(reports)])


def lines(*reports):
    return comparison_lines(compared(*reports), 100)


def test_columns_are_in_the_order_of_their_versions_and_named_by_them():
    comparison = compared(a_report(a_result(), versions=NEW), a_report(a_result(), versions=OLD))
    labels = [(column.letter, column.label) for column in comparison.columns]
    assert labels == [
        ("A", "keras 2.9.0, tensorflow 2.9.3"),
        ("B", "keras 2.10.0, tensorflow 2.10.1"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "labels"),
    [
        ({"python": "3.9.1"}, {"python": "3.10.0"}, ["Python 3.9.1", "Python 3.10.0"]),
        ({}, {"variables": {"KERAS_BACKEND": "jax"}}, ["", "KERAS_BACKEND=jax"]),
        ({"platform": "Linux"}, {"platform": "Darwin"}, ["Darwin", "Linux"]),
        ({}, {"implementation": "keras+no_bias"}, ["keras", "keras+no_bias"]),
    ],
)
def test_what_else_differs_names_a_column_too(one, other, labels):
    comparison = compared(a_report(a_result(), **one), a_report(a_result(), **other))
    tails = [column.label.partition("2.21.0")[2].strip(" ·") for column in comparison.columns]
    assert sorted(tails) == sorted(labels)


def test_a_run_on_another_device_is_another_column():
    comparison = compared(a_report(a_result()), a_report(a_result(devices=("GPU:0",))))
    assert [column.label.rpartition(" · ")[2] for column in comparison.columns] == [
        "CPU:0",
        "GPU:0",
    ]


def test_shards_of_one_installation_are_one_column():
    shards = [
        a_report(a_result("a", worst_share=0.2)),
        a_report(a_result("a", worst_share=0.4), a_result("b")),
    ]
    comparison = compared(*shards, a_report(a_result(), versions=OLD))
    assert [len(column.reports) for column in comparison.columns] == [1, 2]
    merged = comparison.columns[1].results["test_a", "simple_rnn", "call", "float32"]
    assert (merged.cases, merged.discriminating, merged.worst_share) == (20, 12, 0.4)
    assert comparison.columns[1].cases == 30


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_verdicts_on_one_installation_the_worse_counts(order):
    shards = [a_report(a_result()), a_report(a_result(**FAILS))][::order]
    comparison = compared(*shards, a_report(a_result(), versions=OLD))
    assert (
        comparison.columns[1].results["test_a", "simple_rnn", "call", "float32"].verdict == "fails"
    )


def test_a_failure_of_one_layer_is_none_of_another():
    def run(versions, **of_lstm):
        lstm = a_result(layer="lstm", sentence="LSTM: A holds", **of_lstm)
        return a_report(a_result(), lstm, versions=versions, layers=["simple_rnn", "lstm"])

    text = lines(run(OLD), run(NEW, **FAILS))
    assert text[3:9] == [
        "Changed:",
        "  LSTM: A holds: conforms in A, fails in B (call float32)",
        "",
        "property             A        B",
        "A holds         ✓ 0.30   ✓ 0.30",
        "LSTM: A holds   ✓ 0.30        ✗",
    ]


def test_what_another_shard_ran_is_not_missing():
    stopped, rest = a_report(a_result("a")), a_report(a_result("b"))
    stopped.record.expect([*rest.record.results, "test_x.py::test_c[keras-call-float32]"])
    comparison = compared(stopped, rest, a_report(a_result(), versions=OLD))
    assert comparison.columns[1].not_run == 1
    text = comparison_lines(comparison, 100)
    assert text[1].endswith(": 20 cases in 2 runs, 1 tests not run")


def test_a_changed_verdict_comes_before_the_table():
    text = lines(
        a_report(a_result("a"), a_result("b"), versions=OLD),
        a_report(a_result("a", **FAILS), a_result("b"), versions=NEW),
    )
    assert text == [
        "A  keras 2.9.0, tensorflow 2.9.3: 20 cases",
        "B  keras 2.10.0, tensorflow 2.10.1: 20 cases",
        "",
        "Changed:",
        "  A holds: conforms in A, fails in B (call float32)",
        "",
        "property        A        B",
        "A holds    ✓ 0.30        ✗",
        "B holds    ✓ 0.30   ✓ 0.30",
        "",
        "✓ conforms   ✗ fails   ≈ deviates (known)   – not applicable   · not asked",
        "Numbers are the worst shares of the bound.",
    ]


def test_without_a_change_it_says_so():
    text = lines(a_report(a_result(), versions=OLD), a_report(a_result(), versions=NEW))
    assert "No verdict changed." in text


def test_modes_that_change_alike_are_told_together():
    def rows(**changes):
        modes = ("call", "graph")
        return [a_result(mode=mode, dtype=d, **changes) for mode in modes for d in ("x32", "x64")]

    some = rows()
    some[3] = a_result(mode="graph", dtype="x64", **FAILS)
    old = a_report(*rows(), versions=OLD)
    (change,) = compared(old, a_report(*rows(**FAILS), versions=NEW)).changes
    assert change.where == "everywhere"
    (change,) = compared(old, a_report(*some, versions=NEW)).changes
    assert change.where == "graph x64"


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("conforms", "fails", True),
        ("fails", "conforms", False),
        ("fails", "deviates (known)", False),
        ("deviates (known)", "fails", True),
    ],
)
def test_what_fails_anew_is_worse(before, after, worse):
    reports = [a_report(a_result(verdict=v), versions=n) for v, n in ((before, OLD), (after, NEW))]
    assert compared(*reports).worse is worse


def test_what_only_one_of_them_checked_is_counted_and_is_no_change():
    inapplicable = a_result("c", verdict="not applicable", cases=0, worst_share=None)
    comparison = compared(
        a_report(a_result("a"), a_result("b"), a_result("c"), versions=OLD),
        a_report(a_result("a"), inapplicable, versions=NEW),
    )
    assert comparison.changes == []
    assert [str(gap) for gap in comparison.gaps] == [
        "checked in A and not in B: 2 tests of 2 properties"
    ]


def test_reports_of_different_suites_are_not_compared(tmp_path, capsys):
    other = SUITE._replace(properties=SUITE.properties[:2])
    write_json(a_report(a_result()), tmp_path / "a.json")
    write_json(a_report(a_result(), suite=other), tmp_path / "b.json")
    page = tmp_path / "page.html"
    assert main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json"),
                 "--report", str(page)]) == 2  # fmt: skip
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip() == (
        f"ERROR: {tmp_path / 'b.json'}: is of the suite 1.0 (2 properties, {other.fingerprint}), "
        f"{tmp_path / 'a.json'} of 1.0 (3 properties, {SUITE.fingerprint}): "
        "only reports of one suite can be compared"
    )
    assert not page.exists()


def test_one_report_is_not_compared(tmp_path, capsys):
    write_json(a_report(a_result()), tmp_path / "a.json")
    assert main(["compare", str(tmp_path / "a.json")]) == 2
    assert capsys.readouterr().err.strip() == "ERROR: compare: give at least two reports"


def test_the_command_prints_and_makes_the_page(tmp_path, capsys, monkeypatch):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("COLUMNS", "100")
    reports = [a_report(a_result(), versions=OLD), a_report(a_result(**FAILS), versions=NEW)]
    for name, report in zip("ab", reports):
        write_json(report, tmp_path / f"{name}.json")
    arguments = ["compare", *(str(tmp_path / f"{name}.json") for name in "ab")]
    assert main([*arguments, "--report", str(tmp_path / "page.html")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [*lines(*reports), f"report: {tmp_path / 'page.html'}"]
    assert "1 verdict changed" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["page.json", "page"])
def test_the_page_must_be_called_one(tmp_path, capsys, name):
    write_json(a_report(a_result()), tmp_path / "a.json")
    assert main(["show", str(tmp_path / "a.json"), "--report", str(tmp_path / name)]) == 2
    assert "must end in .html" in capsys.readouterr().err.replace(".json or ", "")
