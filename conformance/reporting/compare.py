"""Compare runs: shards are merged, and each version or device becomes a column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Iterable, Optional, Sequence

from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result
from conformance.reporting.json_report import ReportError, RunReport
from conformance.reporting.shards import merge_shards
from conformance.reporting.summary import by_sentence

#: From the worst to what says nothing at all.
SEVERITY = (FAILS, DEVIATES, CONFORMS, NOT_APPLICABLE)
SYMBOLS = {CONFORMS: "✓", FAILS: "✗", DEVIATES: "≈", NOT_APPLICABLE: "–"}
#: Where there is no result.
NOT_ASKED = "not asked"
NOT_ASKED_SYMBOL = "·"

#: What is checked of which layer, in which mode and dtype.
Key = tuple[str, str, Optional[str], str]


@dataclass
class Column:
    """All runs on one installation, such as runs with several seeds."""

    reports: list[RunReport]
    letter: str = ""
    label: str = ""
    results: dict[Key, Result] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """The number of cases in all runs."""
        return sum(report.record.cases for report in self.reports)

    @property
    def not_run(self) -> int:
        """Tests that gave no result in any of the runs."""
        done = {nodeid for report in self.reports for nodeid in report.record.results}
        return len({i for report in self.reports for i in report.record.not_run} - done)

    @property
    def missing(self) -> list[str]:
        """The shards that have no report."""
        return [shard for report in self.reports for shard in report.record.missing]

    def verdicts(self, like: Result) -> list[Result]:
        """The results of the same property and layer, in every mode and dtype."""
        same = (like.property, like.layer)
        return [result for key, result in self.results.items() if key[:2] == same]


@dataclass(frozen=True)
class Change:
    """A property whose verdict changes from one column to the next, in the modes ``where``."""

    sentence: str
    before: str
    after: str
    before_column: Column
    after_column: Column
    where: str

    def __str__(self) -> str:
        return (
            f"{self.sentence}: {self.before} in {self.before_column.letter}, "
            f"{self.after} in {self.after_column.letter} ({self.where})"
        )


@dataclass(frozen=True)
class Gap:
    """Tests that were checked in one of two neighbouring columns and not in the other."""

    column: Column
    other: Column
    tests: int
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"checked in {self.column.letter} and not in {self.other.letter}: {self.tests} tests "
            f"of {len(self.sentences)} properties"
        )


@dataclass(frozen=True)
class RunComparison:
    """The columns, the changes from each to the next, and the properties in order."""

    columns: list[Column]
    changes: list[Change]
    gaps: list[Gap]
    properties: list[Result]

    @property
    def worse(self) -> bool:
        """Whether something fails that did not before."""
        return any(change.after == FAILS for change in self.changes)


def compare_reports(reports: Sequence[tuple[Path, RunReport]]) -> RunComparison:
    """Merge shards, then compare. Columns are sorted by implementation and version.

    Raises:
        ReportError: there is no report, or two are of different suites.
    """
    if not reports:
        raise ReportError("there is no report")
    reports = merge_shards(reports)
    first_path, first = reports[0]
    for path, report in reports[1:]:
        if report.suite != first.suite:
            raise ReportError(
                f"{path}: is of the suite {report.suite}, {first_path} of {first.suite}: "
                "only reports of one suite can be compared"
            )
    columns = _columns([report for _, report in reports])
    some = [result for column in columns for result in column.results.values()]
    properties = [group[0] for group in by_sentence(some).values()]
    neighbours = list(zip(columns, columns[1:]))
    changes = [c for r in properties for pair in neighbours for c in _changes(r, *pair)]
    gaps = [_gap(*pair) for one, other in neighbours for pair in ((one, other), (other, one))]
    return RunComparison(columns, changes, [gap for gap in gaps if gap.tests], properties)


def worst(results: Iterable[Result]) -> str:
    """The most severe verdict, or `NOT_ASKED`."""
    verdicts = {result.verdict for result in results}
    return next((verdict for verdict in SEVERITY if verdict in verdicts), NOT_ASKED)


def _columns(reports: Sequence[RunReport]) -> list[Column]:
    groups: dict[tuple[str, ...], Column] = {}
    for report in reports:
        same = tuple(_identity(report).values())
        groups.setdefault(same, Column([])).reports.append(report)
    columns = sorted(groups.values(), key=lambda column: _natural(column.reports[0]))
    for column in columns:
        for report in column.reports:
            for result in report.record.results.values():
                key = (result.property, result.layer, result.mode, result.dtype)
                known = column.results.get(key)
                column.results[key] = _merged(known, result) if known else result
    _label(columns)
    return columns


def _identity(report: RunReport) -> dict[str, str]:
    """The facts that tell installations apart. The first one that differs becomes the label."""
    environment = report.environment
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    return {
        "implementation": environment.implementation,
        "versions": versions,
        "python": f"Python {environment.python}",
        "devices": ", ".join(report.record.devices),
        "platform": environment.platform,
        "variables": " ".join(f"{k}={v}" for k, v in environment.variables.items()),
    }


def _label(columns: Sequence[Column]) -> None:
    """Name each column by its versions, and by further facts where these are equal."""
    identities = [_identity(column.reports[0]) for column in columns]
    for i, (column, identity) in enumerate(zip(columns, identities)):
        column.letter = chr(ord("A") + i) if i < 26 else f"A{i - 25}"
        names = ["versions" if identity["versions"] else "implementation"]
        for name in identity:
            same = [other for other in identities if all(other[n] == identity[n] for n in names)]
            if len(same) > 1 and len({other[name] for other in same}) > 1:
                names.append(name)
        column.label = " · ".join(filter(None, (identity[name] for name in names)))


def _natural(report: RunReport) -> list[Any]:
    """A sort key that puts 2.9 before 2.10."""
    text = " ".join(_identity(report).values())
    parts = re.split(r"(\d+)", text)
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in parts]


def _merged(one: Result, other: Result) -> Result:
    shares = [r.worst_share for r in (one, other) if r.worst_share is not None]
    counted = [r.discriminating for r in (one, other) if r.discriminating is not None]
    more = one if SEVERITY.index(one.verdict) <= SEVERITY.index(other.verdict) else other
    return replace(
        more,
        cases=one.cases + other.cases,
        discriminating=sum(counted) if counted else None,
        worst_share=max(shares) if shares else None,
        seconds=one.seconds + other.seconds,
    )


def _checked(column: Column) -> dict[Key, str]:
    """The verdicts of all tests that were executed."""
    applicable = {key: r for key, r in column.results.items() if r.verdict != NOT_APPLICABLE}
    return {key: result.verdict for key, result in applicable.items()}


def _changes(result: Result, before: Column, after: Column) -> list[Change]:
    """The changes of one property, one for each pair of verdicts."""
    one, other = _checked(before), _checked(after)
    same = (result.property, result.layer)
    both = [key for key in one if key in other and key[:2] == same]
    places: dict[tuple[str, str], list[str]] = {}
    for key in both:
        if one[key] != other[key]:
            where = " ".join(filter(None, key[2:]))
            places.setdefault((one[key], other[key]), []).append(where)
    return [
        Change(
            result.sentence, *verdicts, before, after,
            "everywhere" if len(where) == len(both) > 1 else ", ".join(sorted(where)),
        )
        for verdicts, where in places.items()
    ]  # fmt: skip


def _gap(column: Column, other: Column) -> Gap:
    checked = _checked(other)
    keys = [key for key in _checked(column) if key not in checked]
    sentences = {column.results[key].sentence for key in keys}
    return Gap(column, other, len(keys), tuple(sorted(sentences)))


def comparison_lines(comparison: RunComparison, width: int) -> list[str]:
    """The columns, what changed, and a line for each property of at most ``width`` columns."""
    letters = [column.letter for column in comparison.columns]
    lines = []
    for column in comparison.columns:
        runs = f" in {len(column.reports)} runs" if len(column.reports) > 1 else ""
        missing = f", {column.not_run} tests not run" if column.not_run else ""
        missing += "".join(f", shard {shard} is missing" for shard in column.missing)
        lines.append(f"{column.letter}  {column.label}: {column.cases} cases{runs}{missing}")
    lines += ["", "Changed:" if comparison.changes else "No verdict changed."]
    lines += [f"  {change}" for change in comparison.changes]
    lines += [str(gap) for gap in comparison.gaps]
    cells = [
        [_cell(column.verdicts(result)) for column in comparison.columns]
        for result in comparison.properties
    ]
    sentences = [result.sentence for result in comparison.properties]
    room = max(20, width - 9 * len(letters))
    longest = min(room, max(len(s) for s in ("property", *sentences)))
    lines += ["", "property".ljust(longest) + "".join(letter.rjust(9) for letter in letters)]
    for sentence, row in zip(sentences, cells):
        lines.append(sentence[:longest].ljust(longest) + "".join(cell.rjust(9) for cell in row))
    symbols = [*SYMBOLS.items(), (NOT_ASKED, NOT_ASKED_SYMBOL)]
    legend = "   ".join(f"{symbol} {verdict}" for verdict, symbol in symbols)
    return [*lines, "", legend, "Numbers are the worst shares of the bound."]


def _cell(results: list[Result]) -> str:
    verdict = worst(results)
    shares = [r.worst_share for r in results if r.worst_share is not None]
    share = f" {max(shares):.2f}" if shares and verdict != FAILS else ""
    return SYMBOLS.get(verdict, NOT_ASKED_SYMBOL) + share
