"""Pages of one run or of several. A page needs no network and no server, and can be printed.

Jinja2 fills the templates beside this file, matplotlib draws the plots; both are the extra
``rnn-conformance[report]``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Sequence

import jinja2
from markupsafe import Markup

from conformance.checking.results import DEVIATES, FAILS, NOT_APPLICABLE, Result
from conformance.reporting import plots
from conformance.reporting.compare import (
    NOT_ASKED,
    NOT_ASKED_SYMBOL,
    SYMBOLS,
    RunComparison,
    worst,
)
from conformance.reporting.json_report import RunReport
from conformance.reporting.summary import by_sentence, discriminating_share, verdict_lines
from conformance.running.writing import write_whole

#: A cell is shaded in so many steps from a share of 0 to one of 1.
SHADES = 5


@dataclass(frozen=True)
class MatrixCell:
    """One entry of a matrix. It can be read by its symbol and number, without its shade."""

    symbol: str
    verdict: str
    share: Optional[float]
    detail: str

    @classmethod
    def of(cls, results: Sequence[Result]) -> MatrixCell:
        """The cell that shows the worst of some results."""
        shares = [r.worst_share for r in results if r.worst_share is not None]
        verdict = worst(results)
        detail = f"{verdict}, {sum(r.cases for r in results)} cases"
        failing = sum(r.verdict == FAILS for r in results)
        if failing and len(results) > 1:
            detail += f", {failing} of {len(results)} fail"
        reasons = sorted({r.reason for r in results if r.reason})
        return cls(
            symbol=SYMBOLS.get(verdict, NOT_ASKED_SYMBOL),
            verdict=verdict,
            share=max(shares) if shares else None,
            detail=": ".join([detail, *reasons[:1]]) if results else NOT_ASKED,
        )

    @property
    def style(self) -> str:
        """The CSS classes of the cell."""
        if self.verdict == FAILS:
            return "cell fails"
        if self.verdict == DEVIATES:
            return "cell deviates"
        if self.verdict in (NOT_APPLICABLE, NOT_ASKED):
            return "cell none"
        step = 0 if self.share is None else min(SHADES, int(self.share * SHADES) + 1)
        return f"cell shade{step}"

    @property
    def order(self) -> float:
        """The sort key: failures above all shares, cells without a result below them."""
        if self.verdict in (FAILS, DEVIATES):
            return 3 if self.verdict == FAILS else 2
        if self.verdict in (NOT_APPLICABLE, NOT_ASKED):
            return -2
        return -1 if self.share is None else self.share


def write_html(report: RunReport, path: Path) -> None:
    """Make the page of a run.

    Raises:
        FileError: it cannot be written there.
    """
    write_whole(path, page(report))


def write_comparison(comparison: RunComparison, path: Path) -> None:
    """Make the page of several runs.

    Raises:
        FileError: it cannot be written there.
    """
    rows = [
        (result, [MatrixCell.of(column.verdicts(result)) for column in comparison.columns])
        for result in comparison.properties
    ]
    clauses: dict[str, list[list[MatrixCell]]] = {}
    for result, cells in rows:
        clauses.setdefault(result.clause, []).append(cells)
    of_clauses = {
        clause: [
            MatrixCell.of([r for r in column.results.values() if r.clause == clause])
            for column in comparison.columns
        ]
        for clause in clauses
    }
    text = _template("comparison.html.j2").render(
        comparison=comparison, rows=rows, clauses=of_clauses, legend_cells=_legend()
    )
    write_whole(path, text)


def page(report: RunReport) -> str:
    """The page of a run as text."""
    record = report.record
    results = [record.results[nodeid] for nodeid in sorted(record.results)]
    columns = sorted(
        {(r.mode or "", r.dtype) for r in results},
        key=lambda c: (c[0] == "", _position(report.environment.modes, c[0]), c),
    )
    names = {name for name, _, _ in report.suite.properties}
    return _template("report.html.j2").render(
        report=report,
        environment=report.environment,
        record=record,
        verdict=verdict_lines(record),
        columns=columns,
        rows=[_row(group, columns) for group in by_sentence(results).values()],
        not_selected=sorted(
            sentence
            for name, sentence, _ in report.suite.properties
            if name in names - {r.property for r in results}
        ),
        failures=[
            (nodeid, record.results[nodeid], failure)
            for nodeid, failure in record.failures.items()
            if nodeid in record.results
        ],
        plots=_plots(results),
        histograms=_drawn(plots.histogram(results, letter) for letter in "NTDMK"),
        options=_crossings(results),
        legend_cells=_legend(),
    )


def _position(modes: Sequence[str], mode: str) -> int:
    return modes.index(mode) if mode in modes else len(modes)


def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)


def _legend() -> list[MatrixCell]:
    verdicts = [*SYMBOLS.items(), (NOT_ASKED, NOT_ASKED_SYMBOL)]
    return [MatrixCell(symbol, verdict, None, verdict) for verdict, symbol in verdicts]


def _row(group: Sequence[Result], columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A property: its cells by mode and dtype, and the sums over them."""
    cells = {column: [r for r in group if (r.mode or "", r.dtype) == column] for column in columns}
    return {
        "sentence": group[0].sentence,
        "name": group[0].property,
        "clause": group[0].clause,
        "cases": sum(r.cases for r in group),
        # What led to a failure was not drawn to be counted.
        "discriminating": None if worst(group) == FAILS else discriminating_share(list(group)),
        "verdict": worst(group),
        "all": MatrixCell.of(group),
        "cells": {column: MatrixCell.of(of_column) for column, of_column in cells.items()},
    }


def _plots(results: Sequence[Result]) -> list[Markup]:
    return _drawn(
        [
            plots.shares_by_dimension(results, "T"),
            plots.shares_by_dimension(results, "M"),
            plots.shares_by_mode(results),
        ]
    )


def _drawn(svgs: Any) -> list[Markup]:
    """The plots that have data. Matplotlib escapes the text in them."""
    return [Markup(svg) for svg in svgs if svg is not None]


def _crossings(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A table for every two options with the number of cases for each pair of values."""
    tables: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for result in results:
        for option, value, other, its_value, cases in result.coverage.pairs:
            tables.setdefault((option, other), Counter())[value, its_value] += cases
    crossings = []
    for (option, other), counts in sorted(tables.items()):
        values = sorted({value for value, _ in counts})
        others = sorted({value for _, value in counts})
        crossings.append(
            {
                "option": option,
                "other": other,
                "values": values,
                "others": others,
                "counts": counts,
                "covered": len(counts),
                "pairs": len(values) * len(others),
            }
        )
    return crossings
