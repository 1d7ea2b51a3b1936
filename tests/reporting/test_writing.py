"""Where a report cannot be written, the run says so, and what was there stays."""

from __future__ import annotations

import os

import pytest
from command_line import ROOT, folder_of_a_user, run_pytest
from pages import FEW, a_report, a_result

from conformance.reporting import files
from conformance.reporting.files import report_path, write_reports
from conformance.reporting.json_report import ReportError, read_json, write_json
from conformance.running.writing import FileError

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
    done = run_pytest(
        ROOT, "--report", tmp_path / "run.json", target="tests/numerics/test_arithmetic.py"
    )
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


def test_others_may_read_it(folder, passing):
    umask = os.umask(0)
    os.umask(umask)
    assert (folder / "run.json").stat().st_mode & 0o777 == 0o666 & ~umask
