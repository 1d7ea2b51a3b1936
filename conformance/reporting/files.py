"""The files that ``--report`` asks for: checked before a run, written after it."""

from __future__ import annotations

import html
from importlib.util import find_spec
from pathlib import Path
from typing import Sequence

from conformance.reporting.json_report import (
    Report,
    ReportError,
    check_writable,
    write_json,
    write_whole,
)

#: What the HTML page is made with; an extra.
NEEDED_FOR_HTML = ("jinja2", "matplotlib")


def report_path(text: str) -> Path:
    """The path of a report that can be written.

    Raises:
        ReportError: the name says no known kind of report, nothing can be written there, or what
            makes the page is not installed.
    """
    path = Path(text)
    if path.suffix not in (".json", ".html"):
        raise ReportError(f"{text}: must end in .json or .html")
    if path.suffix == ".html":
        check_html(text)
    check_writable(path)
    return path


def check_html(text: str) -> None:
    """See that a page can be made.

    Raises:
        ReportError: what makes it is not installed.
    """
    missing = [name for name in NEEDED_FOR_HTML if find_spec(name) is None]
    if missing:
        raise ReportError(
            f"{text}: {' and '.join(missing)} not installed; pip install 'rnn-conformance[report]'"
        )


def write_reports(report: Report, paths: Sequence[Path]) -> list[str]:
    """Write all of them; returns a line for each.

    Raises:
        ReportError: one cannot be written.
    """
    for path in paths:
        if path.suffix == ".json":
            write_json(report, path)
        else:
            from conformance.reporting.html_report import write_html  # an extra

            write_html(report, path)
    return [f"report: {path}" for path in paths]


#: A page that needs neither Jinja2 nor matplotlib.
_UNFINISHED = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{0} incomplete · RNN conformance</title>
<h1>{0}: INCOMPLETE, {1}</h1>
</html>
"""


def write_unfinished(report: Report, paths: Sequence[Path]) -> None:
    """Write, before a run, what must be read if it does not come to write its reports.

    Raises:
        ReportError: one cannot be written.
    """
    for path in paths:
        if path.suffix == ".json":
            write_json(report, path)
        else:
            texts = (report.environment.implementation, report.record.unfinished)
            write_whole(path, _UNFINISHED.format(*map(html.escape, texts)))
