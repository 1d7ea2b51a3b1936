"""``rnn-conformance``: ``show`` and ``compare`` for runs that are over, ``score`` for faults."""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path
from typing import Optional, Sequence

import conformance
from conformance.reporting.compare import RunComparison, compare_reports, comparison_lines
from conformance.reporting.files import report_path
from conformance.reporting.header import header_lines
from conformance.reporting.json_report import ReportError, read_json
from conformance.reporting.shards import merge_shards
from conformance.reporting.summary import summary_lines
from conformance.running.writing import FileError
from conformance.score.command import add_parser


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command.

    Returns 0; 1 where a shard of a run is missing or ``score`` found what should not be; 2 for bad
    input. One sentence says what it is.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the locale can print, the rest escaped
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    width = shutil.get_terminal_size((100, 24)).columns
    try:
        page = None if options.report is None else _page_path(options.report)
        shown = options.command(options, page, width)
        lines, missing = shown if isinstance(shown, tuple) else (shown, [])
        for line in lines:
            print(line, flush=True)
        if missing:
            shards = ", ".join(missing)
            print(f"ERROR: there is no report of shard {shards}", file=sys.stderr)
            return 1
    except FileError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `rnn-conformance show run.json | head`
        sys.stderr.close()
    return int(options.status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rnn-conformance",
        description="Read the reports that pytest --report FILE.json has written, or see what "
        "the suite notices.",
    )
    parser.add_argument(
        "--version", action="version", version=f"rnn-conformance {conformance.__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser(
        "show", help="print the summary of a run again; of shards, that of the whole run"
    )
    show.add_argument("files", metavar="FILE.json", type=Path, nargs="+")
    show.set_defaults(command=_show)
    compare = commands.add_parser(
        "compare", help="merge runs: what changed between versions, then all of them side by side"
    )
    compare.add_argument("files", metavar="FILE.json", type=Path, nargs="+")
    compare.set_defaults(command=_compare)
    for command in (show, compare):
        command.add_argument("--report", metavar="FILE.html", help="make a page of it, too")
        command.set_defaults(status=0)
    add_parser(commands)
    return parser


def _page_path(text: str) -> Path:
    path = report_path(text)
    if path.suffix != ".html":
        raise ReportError(f"--report: {text}: must end in .html")
    return path


#: What is printed, and the shards that are missing.
Shown = tuple[list[str], list[str]]


def _show(options: argparse.Namespace, page: Optional[Path], width: int) -> Shown:
    (path, report), *others = merge_shards([(path, read_json(path)) for path in options.files])
    if others:
        raise ReportError(f"{others[0][0]}: is no shard of the run in {path}: use compare")
    lines = header_lines(report.environment)
    lines += [f"run on {report.started}, {report.seconds:.0f} s", ""]
    lines += summary_lines(report.record, width)
    if page is not None:
        from conformance.reporting.html_report import write_html  # an extra

        write_html(report, page)
        lines.append(f"report: {page}")
    return lines, report.record.missing


def _compare(options: argparse.Namespace, page: Optional[Path], width: int) -> Shown:
    if len(options.files) < 2:
        raise ReportError("compare: give at least two reports")
    comparison: RunComparison = compare_reports([(path, read_json(path)) for path in options.files])
    lines = comparison_lines(comparison, width)
    if page is not None:
        from conformance.reporting.html_report import write_comparison  # an extra

        write_comparison(comparison, page)
        lines.append(f"report: {page}")
    return lines, [shard for column in comparison.columns for shard in column.missing]


if __name__ == "__main__":
    sys.exit(main())
