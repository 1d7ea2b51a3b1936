"""The page of all versions: a row for each, deviations by range, and runs that go on."""

from __future__ import annotations

import sys

import pytest
import versions
import versions_page
from pages import SUITE, a_report, a_result

from conformance.reporting.json_report import ReportError, write_json
from conformance.reporting.suite import this_suite

NAMES = ["tf29", "tf210", "tf211", "keras30"]


def of(version, *results):
    return a_report(
        *results, versions={"keras": version, "tensorflow": version}, repeat="--hypothesis-seed=1"
    )


@pytest.fixture
def reports():
    deviating = a_result(
        "a", verdict="deviates (known)", deviations={"gelu's √2 in float32": (2, 5)}
    )
    failing = a_result("b", verdict="fails", reason="wrong")
    return {
        "tf29": of("2.9", deviating, a_result("b")),
        "tf210": of("2.10", deviating, a_result("b")),
        "keras30": of("3.0", a_result("a"), failing),
    }


def test_a_row_for_each_version_and_a_column_for_each_clause(reports):
    text = versions_page.page(reports, {"tf29": 61}, NAMES)
    assert "| tox | TensorFlow | Keras | first | second | verdict |" in text
    assert "| tf29 | 2.9 | 2.9 | ≈ | ✓ | deviates (known) |" in text
    assert "| keras30 | 3.0 | 3.0 | ✓ | ✗ | fails |" in text
    assert "| tf29 | 3.11.7 | 2026-11-24 12:00 | 20 | 0 | 61 s |" in text
    assert "`tox run -e tf29 -- --hypothesis-seed=1`" in text
    assert "Not run: tf211." in text


def test_deviations_have_the_range_where_they_showed_and_their_script(reports):
    text = versions_page.page(reports, {}, NAMES)
    assert "| gelu's √2 in float32 | tf29 … tf210 | 4 | [`gelu_float64.py`]" in text
    assert "- B holds: keras30" in text


@pytest.mark.parametrize(
    ("some", "text"),
    [
        (["tf29", "tf210", "tf211"], "tf29 … tf211"),
        (["tf29", "tf211", "keras30"], "tf29, tf211 … keras30"),
        (["tf210"], "tf210"),
        ([], ""),
    ],
)
def test_neighbours_are_joined(some, text):
    assert versions_page.ranges(some, NAMES) == text


def test_the_pages_are_written(reports, tmp_path, monkeypatch):
    monkeypatch.setattr(versions_page, "PAGE", tmp_path / "versions.md")
    for name, report in reports.items():
        write_json(report, tmp_path / f"{name}.json")
    lines = versions_page.write_pages(tmp_path, NAMES)
    assert lines[0] == f"page: {tmp_path / 'versions.md'}"
    assert "Not run: tf211." in (tmp_path / "versions.md").read_text(encoding="utf-8")


def test_without_reports_there_is_no_page(tmp_path):
    with pytest.raises(ReportError, match="has no reports of tf29"):
        versions_page.write_pages(tmp_path, NAMES)


# --- Running them ----------------------------------------------------------------------------

#: In place of tox: writes a report, unless the environment cannot be installed.
FALSE_TOX = """
import os, sys
from pathlib import Path
name = sys.argv[1]
if name == "tf28":
    sys.exit("error: No solution found: because tensorflow-cpu==2.8.* needs another Python")
print(sys.argv)
Path(os.environ["CONFORMANCE_REPORTS"], name + ".json").write_text(Path("SOURCE").read_text())
"""


@pytest.fixture
def tox(tmp_path, monkeypatch):
    source = tmp_path / "source.json"
    write_json(a_report(a_result(), suite=this_suite()), source)
    script = tmp_path / "tox.py"
    script.write_text(FALSE_TOX.replace("SOURCE", str(source)))
    monkeypatch.setattr(versions, "TOX", (sys.executable, str(script)))
    monkeypatch.setattr(versions.run, "__defaults__", ((sys.executable, str(script)),))
    return tmp_path / "folder"


def test_what_is_done_is_not_run_again(tox, capsys):
    arguments = ["--folder", str(tox), "--no-page", "--only", "tf27", "--", "-n", "2"]
    assert versions.main(arguments) == 0
    assert capsys.readouterr().out.startswith("tf27: conforms, ")
    assert "'--', '-n', '2'" in (tox / "tf27.log").read_text(encoding="utf-8")
    assert versions.main(arguments) == 0
    assert capsys.readouterr().out == "tf27: done before\n"


def test_what_cannot_be_installed_is_told_and_the_rest_is_run(tox, capsys):
    assert versions.main(["--folder", str(tox), "--no-page", "--only", "tf28,tf29"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == (
        "tf28: NO REPORT (exit status 1): error: No solution found: "
        "because tensorflow-cpu==2.8.* needs another Python"
    )
    assert told[1].startswith("tf29: conforms, ")


def test_a_report_of_another_suite_is_run_again(tox):
    tox.mkdir()
    write_json(a_report(a_result(), suite=SUITE), tox / "tf27.json")
    assert not versions.is_done(tox / "tf27.json")
    write_json(a_report(a_result(), suite=this_suite()), tox / "tf27.json")
    assert versions.is_done(tox / "tf27.json")


def test_an_unknown_environment_lists_those_there_are(capsys):
    with pytest.raises(SystemExit):
        versions.main(["--only", "tf26"])
    assert "--only: 'tf26' is not one of tf27, tf28" in capsys.readouterr().err


def test_the_page_in_the_documents_is_made_by_the_tool():
    text = versions_page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(versions_page.HEAD)
    named = {line.split(" | ")[0].strip("| ") for line in text.splitlines() if line[:1] == "|"}
    missing = text.rpartition("Not run: ")[2].strip(".\n").split(", ")
    assert set(versions.environments()) <= named | set(missing)
