"""The page of all versions, from the reports of their runs: versions × clauses, and deviations.

    python tools/versions_page.py FOLDER

Writes FOLDER/versions.html, what `rnn-conformance compare` makes, and docs/measured/versions.md.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Iterable, Sequence

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from tox_environments import environments  # noqa: E402

from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE  # noqa: E402
from conformance.deviations.reading import read_deviations  # noqa: E402
from conformance.reporting.compare import (  # noqa: E402
    NOT_ASKED_SYMBOL,
    SYMBOLS,
    compare_reports,
    worst,
)
from conformance.reporting.files import check_html  # noqa: E402
from conformance.reporting.json_report import Report, ReportError, read_json  # noqa: E402

PAGE = ROOT / "docs" / "measured" / "versions.md"
#: How long each environment took, its installation included; written by tools/versions.py.
TIMES = "times.json"
#: In the order of the specification.
CLAUSES = (
    "recurrence", "activations", "special values", "modes", "invariances", "fresh network",
    "parameters", "shapes", "weights",
)  # fmt: skip

HEAD = """# Which TensorFlow and Keras compute SimpleRNN as the equations say

Made by `python tools/versions.py`; do not edit. Every TensorFlow minor with the Keras that it
brings or takes by itself, and every Keras 3 minor on a TensorFlow of its time. A cell is the worst
verdict on a clause of the specification, over all modes and dtypes.
"""


def clauses_of(reports: Iterable[Report]) -> list[str]:
    """All clauses, those that have a place first."""
    found = {r.clause for report in reports for r in report.record.results.values()}
    return [c for c in CLAUSES if c in found] + sorted(found - set(CLAUSES))


def page(reports: dict[str, Report], times: dict[str, int], names: Sequence[str]) -> str:
    """The Markdown page of reports by the name of their environment; ``names`` are all of these."""
    clauses = clauses_of(reports.values())
    parts = [HEAD, *_table(reports, clauses)]
    legend = [*SYMBOLS.items(), ("not asked", NOT_ASKED_SYMBOL)]
    parts += ["", ", ".join(f"{symbol} {verdict}" for verdict, symbol in legend) + ".", ""]
    parts += ["## Known deviations, and where they showed", "", *_deviations(reports, names), ""]
    parts += ["## What fails", "", *_failures(reports, names), ""]
    parts += ["## How", "", *_how(reports, times)]
    missing = [name for name in names if name not in reports]
    if missing:
        parts += ["", f"Not run: {', '.join(missing)}."]
    return "\n".join(parts) + "\n"


def _table(reports: dict[str, Report], clauses: Sequence[str]) -> list[str]:
    rows = [f"| tox | TensorFlow | Keras | {' | '.join(clauses)} | verdict |"]
    rows.append("|---" * (len(clauses) + 4) + "|")
    for name, report in reports.items():
        results = list(report.record.results.values())
        versions = report.environment.versions
        cells = [name, versions.get("tensorflow", ""), versions.get("keras", "")]
        for clause in clauses:
            verdict = worst([r for r in results if r.clause == clause])
            cells.append(SYMBOLS.get(verdict, NOT_ASKED_SYMBOL))
        rows.append(f"| {' | '.join([*cells, _verdict(report)])} |")
    return rows


def _verdict(report: Report) -> str:
    verdict = report.record.verdict
    deviates = any(r.verdict == DEVIATES for r in report.record.results.values())
    return DEVIATES if verdict == CONFORMS and deviates else verdict


def _deviations(reports: dict[str, Report], names: Sequence[str]) -> list[str]:
    """A row for each deviation that showed: environments, cases, script."""
    scripts = {deviation.name: deviation.script for deviation in read_deviations()}
    shown: dict[str, list[str]] = {}
    cases: Counter[str] = Counter()
    for name, report in reports.items():
        for deviation, (deviating, _) in report.record.deviation_counts().items():
            if deviating:
                shown.setdefault(deviation, []).append(name)
                cases[deviation] += deviating
    if not shown:
        return ["None showed."]
    rows = ["| deviation | showed in | cases | script |", "|---|---|---|---|"]
    for deviation, where in sorted(shown.items()):
        script = Path(scripts.get(deviation, ""))
        link = f"[`{script.name}`](deviations/{script.name})" if script.name else ""
        rows.append(f"| {deviation} | {ranges(where, names)} | {cases[deviation]:,} | {link} |")
    return rows


def ranges(some: Sequence[str], all_of_them: Sequence[str]) -> str:
    """Names with neighbours joined: ``tf29 … tf212, keras30``."""
    groups: list[list[str]] = []
    for i, name in enumerate(all_of_them):
        if name in some:
            if groups and i and groups[-1][-1] == all_of_them[i - 1]:
                groups[-1].append(name)
            else:
                groups.append([name])
    return ", ".join(g[0] if len(g) == 1 else f"{g[0]} … {g[-1]}" for g in groups)


def _failures(reports: dict[str, Report], names: Sequence[str]) -> list[str]:
    where: dict[str, list[str]] = {}
    for name, report in reports.items():
        for sentence in {r.sentence for r in report.record.results.values() if r.verdict == FAILS}:
            where.setdefault(sentence, []).append(name)
    return [f"- {s}: {ranges(w, names)}" for s, w in sorted(where.items())] or ["Nothing."]


def _how(reports: dict[str, Report], times: dict[str, int]) -> list[str]:
    rows = ["| tox | Python | when (UTC) | cases | tests not run | time | command |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, report in reports.items():
        environment = report.environment
        repeat = environment.repeat
        if environment.profile != "default" and "--conformance-profile" not in repeat:
            repeat += f" --conformance-profile={environment.profile}"
        done = [r for r in report.record.results.values() if r.verdict != NOT_APPLICABLE]
        cells = [
            name, environment.python, report.started[:16].replace("T", " "),
            f"{sum(r.cases for r in done):,}", str(len(report.record.not_run)),
            f"{times[name]} s" if name in times else f"{report.seconds:.0f} s",
            f"`tox run -e {name} -- {repeat}`",
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    platforms = sorted({report.environment.platform for report in reports.values()})
    devices = sorted({d for report in reports.values() for d in report.record.devices})
    rows += ["", f"On {', '.join(platforms)}; computed on {', '.join(devices)}."]
    return rows


def write_pages(folder: Path, names: Sequence[str]) -> list[str]:
    """Make the pages of the reports in a folder; a line for each.

    Raises:
        ReportError: a report is damaged, or the page cannot be written.
    """
    paths = {name: folder / f"{name}.json" for name in names}
    reports = {name: read_json(path) for name, path in paths.items() if path.exists()}
    if not reports:
        raise ReportError(f"{folder}: has no reports of {', '.join(names)}")
    times = folder / TIMES
    taken = json.loads(times.read_text(encoding="utf-8")) if times.exists() else {}
    PAGE.write_text(page(reports, taken, names), encoding="utf-8")
    lines = [f"page: {PAGE}"]
    if len(reports) > 1:
        html = folder / "versions.html"
        try:
            check_html(str(html))
        except ReportError as error:
            return [*lines, str(error)]
        from conformance.reporting.html_report import write_comparison

        write_comparison(compare_reports([(paths[n], r) for n, r in reports.items()]), html)
        lines.append(f"page: {html}")
    return lines


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: versions_page.py FOLDER")
    try:
        print("\n".join(write_pages(Path(sys.argv[1]), environments())))
    except ReportError as error:
        raise SystemExit(f"ERROR: {error}") from error
