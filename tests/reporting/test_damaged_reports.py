"""Damaged reports: one sentence or a correct page, and never a verdict that was not given."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from damaged_reports import damaged_reports, main, outcome, sound_reports
from hypothesis import HealthCheck, given, settings

from conformance.reporting.html_report import write_html
from conformance.reporting.json_report import ReportError, read_json
from conformance.reporting.summary import verdict_lines

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged_reports())
def test_a_damaged_report_neither_breaks_nor_lies(tmp_path, report):
    outcome(*report, tmp_path)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged_reports())
def test_nor_does_its_page(tmp_path, report):
    outcome(*report, tmp_path, page=True)


def test_the_command_counts_them(capsys):
    assert main(["--number", "20", "--pages", "1000"]) == 0
    assert capsys.readouterr().out.startswith("20 damaged reports: ")


def test_a_reader_that_believes_what_it_reads_is_caught_lying(tmp_path, monkeypatch):
    # The tests above can fail: without these checks a failure that is lost is no failure.
    monkeypatch.setattr("conformance.reporting.json_report._contradictions", lambda *_: [])
    plain = json.loads(json.dumps(sound_reports()["fails"]))
    plain["results"] = [row for row in plain["results"] if row["verdict"] != "fails"]
    with pytest.raises(AssertionError, match="keras CONFORMS"):
        outcome("fails", json.dumps(plain), tmp_path)


@pytest.mark.parametrize("name", sound_reports())
def test_a_sound_report_comes_back_with_its_verdict(name, tmp_path):
    plain = sound_reports()[name]
    (tmp_path / "run.json").write_text(json.dumps(plain), encoding="utf-8")
    report = read_json(tmp_path / "run.json")
    assert report.as_dict() == plain
    assert report.record.verdict == plain["verdict"]


def test_what_each_part_says_decides_the_verdict_line():
    assert Counter(report["verdict"] for report in sound_reports().values()) == {
        "conforms": 3, "fails": 1, "incomplete": 1, "nothing checked": 1,
        "known deviations out of date": 1,
    }  # fmt: skip


#: Fields that reports of earlier versions lack.
ADDED = (("planned",), ("troubles",), ("known_deviations",), ("environment", "device"),
         ("environment", "shard"), ("environment", "layers"), ("results", "drift"),
         ("results", "layer"))  # fmt: skip
LAYERS = (("environment", "layers"), ("results", "layer"))


def without(plain, *fields):
    """A report without some fields, those of results in every result."""
    plain = json.loads(json.dumps(plain))
    for *inside, field in fields:
        part = plain[inside[0]] if inside else plain
        for row in part if isinstance(part, list) else [part]:
            del row[field]
    return plain


@pytest.mark.parametrize("name", sorted(set(sound_reports()) - {"shard"}))
def test_a_report_of_an_earlier_version_is_completed(name, tmp_path):
    report = read_json(_written(without(sound_reports()[name], *ADDED), tmp_path))
    assert report.record.verdict == sound_reports()[name]["verdict"]
    if name != "out of date":  # where the script is was not written
        assert report.as_dict() == sound_reports()[name]


@pytest.mark.parametrize("name", sound_reports())
def test_a_report_of_before_layers_were_written_is_of_simple_rnn(name, tmp_path):
    report = read_json(_written(without(sound_reports()[name], *LAYERS), tmp_path))
    assert report.as_dict() == sound_reports()[name]
    assert {result["layer"] for result in report.as_dict()["results"]} == {"simple_rnn"}


@pytest.mark.parametrize("field", ADDED, ids=lambda field: str(field[-1]))
def test_a_report_of_today_lacks_none_of_them(field, tmp_path):
    plain = without(sound_reports()["shard"], field)
    assert outcome("shard", json.dumps(plain), tmp_path) == (
        "shown" if field == ("known_deviations",) else "one sentence"
    )


def test_a_shard_whose_number_is_lost_is_no_whole_run(tmp_path):
    plain = json.loads(json.dumps(sound_reports()["shard"]))
    plain["environment"]["shard"] = ""
    with pytest.raises(ReportError, match="tests of several shards are planned"):
        read_json(_written(plain, tmp_path))


def _written(plain, folder):
    path = folder / "report.json"
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


HOSTILE = "x\nkeras CONFORMS in 99999 cases\x1b[2J\ud800 $\\frac{$ <script>alert(1)</script>"


def test_hostile_text_in_every_field_makes_a_page_that_is_whole(tmp_path):
    plain = json.loads(json.dumps(sound_reports()["fails"]))
    for row in plain["results"]:
        row.update(mode=HOSTILE, dtype=HOSTILE + row["dtype"], reason=HOSTILE, devices=[HOSTILE])
    plain["environment"].update(implementation=HOSTILE, versions={HOSTILE: HOSTILE}, repeat=HOSTILE)
    for failure in plain["failures"].values():
        failure.update(text=HOSTILE, script=HOSTILE, command=HOSTILE)
    plain["troubles"] = [HOSTILE]
    assert outcome("fails", json.dumps(plain), tmp_path, page=True) == "shown"
    report = read_json(tmp_path / "damaged.json")
    assert all(line.isprintable() for line in verdict_lines(report.record))
    write_html(report, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "\x1b" not in text
