"""The files that ``--report`` asks for: checked before a run, written after it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Sequence

from conformance.reporting.json_report import ReportError, RunReport, write_json
from conformance.running.text import kind_and_message
from conformance.running.writing import FileError, check_writable

#: What the HTML page is made with; an extra.
NEEDED_FOR_HTML = ("jinja2", "matplotlib")


def report_path(text: str) -> Path:
    """The path of a report that can be written.

    Raises:
        ReportError: the name does not end in .json or .html, nothing can be written there, or a
            library that makes the page is not installed.
    """
    path = Path(text)
    if path.suffix not in (".json", ".html"):
        raise ReportError(f"{text}: must end in .json or .html")
    if path.suffix == ".html":
        check_html(text)
    try:
        check_writable(path)
    except FileError as error:
        raise ReportError(str(error)) from error
    return path


def check_html(text: str) -> None:
    """See that a page can be made.

    Raises:
        ReportError: a library that makes it is not installed.
    """
    missing = [name for name in NEEDED_FOR_HTML if find_spec(name) is None]
    if missing:
        raise ReportError(
            f"{text}: {' and '.join(missing)} not installed; pip install 'rnn-conformance[report]'"
        )


class Written(NamedTuple):
    """A line for each report, and whether all of them were written."""

    lines: list[str]
    complete: bool


def write_reports(report: RunReport, paths: Sequence[Path]) -> Written:
    """Write all reports. One that fails gives a line that says why; the others are written."""
    lines, complete = [], True
    for path in paths:
        try:
            _write(report, path)
            lines.append(f"report: {path}")
        except Exception as error:  # whatever makes the page may raise
            complete = False
            if isinstance(error, FileError):
                lines.append(f"ERROR: --report: {error}")
            else:
                lines.append(f"ERROR: --report: {path}: {kind_and_message(error)}")
    return Written(lines, complete)


def _write(report: RunReport, path: Path) -> None:
    if path.suffix == ".json":
        write_json(report, path)
    else:
        from conformance.reporting.html_report import write_html  # an extra

        write_html(report, path)
