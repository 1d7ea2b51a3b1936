"""The summary below a run: the verdict, warnings, and a line for each property."""

from __future__ import annotations

import contextlib
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Optional

from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result
from conformance.deviations.reading import CASES_TO_DISPROVE, Deviation
from strategies.dtypes import DTYPES

#: A property warns when fewer of its cases than this could have shown a fault.
QUOTA = 0.4
#: With fewer cases the share of discriminating ones says nothing.
FEWEST_FOR_QUOTA = 100


#: The verdict on a run, besides `CONFORMS` and `FAILS`.
INCOMPLETE, NOTHING_CHECKED = "incomplete", "nothing checked"
OUT_OF_DATE = "known deviations out of date"

#: "discr." is the share of discriminating cases, those that could have shown a fault; "worst" and
#: "median" are shares of the bound.
_HEADINGS = ("property", "cases", "discr.", "worst", "median", "verdict")


class KnownDeviation(NamedTuple):
    """The fields of a `Deviation` that a report keeps.

    ``script`` is a path as it is typed where the run was started, or empty. ``unstated`` says that
    any answer is excused.
    """

    script: str = ""
    depends_on: str = ""
    unstated: bool = False

    @classmethod
    def of(cls, deviation: Deviation) -> KnownDeviation:
        """What a report keeps of a deviation."""
        script = "" if deviation.script is None else _from_here(deviation.script)
        return cls(script, deviation.depends_on, not deviation.instead)


@dataclass
class RunRecord:
    """The tests that a run should execute, and their results, collected from all workers.

    ``results`` and ``failures`` (see `FailureReport.as_dict`) are by the id of the test.
    ``shard`` is "2/8" in a run that is one of eight, and ``planned`` has the tests of all eight;
    after a merge ``missing`` has the shards that there is no report of. ``troubles`` says what
    went wrong beside the tests.
    """

    profile: str
    seed: int
    repeat: str
    expected: set[str] = field(default_factory=set)
    results: dict[str, Result] = field(default_factory=dict)
    deviations: Mapping[str, KnownDeviation] = field(default_factory=dict)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    shard: str = ""
    planned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    troubles: set[str] = field(default_factory=set)

    def expect(self, nodeids: Iterable[str]) -> None:
        """Remember tests that should be run."""
        self.expected |= set(nodeids)

    @property
    def not_run(self) -> list[str]:
        """Tests that should have been run and gave no result."""
        return sorted(self.expected - set(self.results))

    @property
    def cases(self) -> int:
        """All checked cases."""
        return sum(result.cases for result in self.results.values())

    def deviation_counts(self) -> dict[str, tuple[int, int]]:
        """For each known deviation that applied: the deviating cases, and all cases."""
        counts: dict[str, tuple[int, int]] = {}
        for result in self.results.values():
            for name, (deviating, met) in result.deviations.items():
                before = counts.get(name, (0, 0))
                counts[name] = (before[0] + deviating, before[1] + met)
        return counts

    def known_deviations(self) -> dict[str, dict[str, Any]]:
        """The listed deviations that applied to a case, as plain values for a report."""
        return {
            name: entry._asdict()
            for name, entry in sorted(self.deviations.items())
            if name in self.deviation_counts()
        }

    @property
    def out_of_date(self) -> list[str]:
        """Known deviations that no longer show, though enough cases were tried.

        A shard cannot tell: they may show in the others.
        """
        if self.shard or self.missing:
            return []
        return [
            name
            for name, (deviating, met) in sorted(self.deviation_counts().items())
            if not deviating
            and met >= CASES_TO_DISPROVE
            and name in self.deviations
            and not self.deviations[name].depends_on
        ]

    @property
    def incomplete(self) -> bool:
        """Whether nothing was checked, or something was left out."""
        return self.cases == 0 or bool(self.not_run or self.missing)

    @property
    def verdict(self) -> str:
        """The worst of the results, or what keeps them from being a verdict."""
        if any(result.verdict == FAILS for result in self.results.values()):
            return FAILS
        if not self.cases:
            return NOTHING_CHECKED
        if self.not_run or self.missing:
            return INCOMPLETE
        return OUT_OF_DATE if self.out_of_date else CONFORMS

    @property
    def devices(self) -> list[str]:
        """On which devices anything was computed."""
        return sorted({device for r in self.results.values() for device in r.devices})


def summary_lines(record: RunRecord, width: int) -> list[str]:
    """The verdict, warnings, and a table that is at most ``width`` characters wide."""
    results = list(record.results.values())
    return [
        *(part for line in verdict_lines(record) for part in _wrapped(line, width)),
        "",
        *_table(results, width),
        "",
        *_totals(results, record),
    ]


def _wrapped(line: str, width: int) -> list[str]:
    """Wrap long lists. The id of a test is not broken, so that it can be copied."""
    if not line.startswith((NOT_APPLICABLE, "drift")):
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def verdict_lines(record: RunRecord) -> list[str]:
    """The verdict, the arithmetic that was assumed, and warnings."""
    results = list(record.results.values())
    return [
        *_verdict(record),
        *_arithmetic(results),
        *_drift(results),
        *_weaknesses(results, record),
    ]


def _arithmetic(results: list[Result]) -> list[str]:
    """The arithmetic that was probed, with the dtypes that share it."""
    dtypes: dict[str, set[str]] = {}
    for result in results:
        if result.arithmetic:
            dtypes.setdefault(result.arithmetic, set()).add(result.dtype)
    return [
        f"arithmetic: {', '.join(sorted(names))}: {row}" for row, names in sorted(dtypes.items())
    ]


def _drift(results: list[Result]) -> list[str]:
    """The size of errors relative to independent roundings, for each dtype."""
    drifts: dict[str, list[float]] = {}
    for result in results:
        if result.drift is not None:
            drifts.setdefault(result.dtype, []).append(result.drift)
    figures = [f"{dtype} {_from_to(drifts[dtype])}" for dtype in DTYPES if dtype in drifts]
    if not figures:
        return []
    return [f"drift: errors are {', '.join(figures)} times those of independent roundings"]


def _from_to(figures: list[float]) -> str:
    low, high = f"{min(figures):.2f}", f"{max(figures):.2f}"
    return low if low == high else f"{low} to {high}"


def _verdict(record: RunRecord) -> list[str]:
    results = record.results.values()
    name = next(iter(results)).implementation if results else "the implementation"
    if record.verdict == FAILS:
        properties = sorted({result.sentence for result in results if result.verdict == FAILS})
        return [f"{name} FAILS. Not always true:", *(f"  {s}" for s in properties)]
    if record.verdict == NOTHING_CHECKED:
        return ["NOTHING WAS CHECKED: no property was executed, and that is a failure"]
    if record.verdict == INCOMPLETE:
        return [f"{name}: INCOMPLETE, {len(record.not_run)} tests were not run"]
    if record.verdict == OUT_OF_DATE:
        return ["A KNOWN DEVIATION NO LONGER SHOWS: remove its entry, or limit its versions"]
    deviating = any(result.verdict == DEVIATES for result in results)
    exception = ", known deviations aside," if deviating else ""
    devices = ", ".join(record.devices)
    shard = f" of shard {record.shard}" if record.shard else ""
    return [f"{name} CONFORMS{exception} in {record.cases} cases{shard}, computed on {devices}"]


def _weaknesses(results: list[Result], record: RunRecord) -> list[str]:
    lines = [f"missing: shard {shard}, of which there is no report" for shard in record.missing]
    lines += [f"warning: {trouble}" for trouble in sorted(record.troubles)]
    if record.shard:
        lines.append(
            f"shard {record.shard}: {len(record.expected)} of {len(record.planned)} tests; "
            "rnn-conformance show merges the reports of all shards"
        )
    for sentence, group in by_sentence(results).items():
        counted = [r for r in group if r.discriminating is not None]
        cases = sum(r.cases for r in counted)
        share = discriminating_share(group)
        if share is not None and cases >= FEWEST_FOR_QUOTA and share < QUOTA:
            lines.append(
                f"warning: only {share:.0%} of the cases of «{sentence}» could have shown a "
                f"fault (quota {QUOTA:.0%})"
            )
    for name in record.out_of_date:
        lines.append(f"out of date: «{name}» ({record.deviation_counts()[name][1]} cases conform)")
    for name, (deviating, met) in sorted(record.deviation_counts().items()):
        if deviating:
            known = record.deviations.get(name)
            unstated = ", unstated" if known and known.unstated else ""
            script = f"; {known.script}" if known and known.script else ""
            lines.append(f"{DEVIATES}: {name}, {deviating} of {met} cases{unstated}{script}")
    lines += _unstated(record)
    inapplicable: dict[str, set[str]] = {}
    for result in results:
        if result.verdict == NOT_APPLICABLE:
            inapplicable.setdefault(result.reason, set()).add(result.sentence)
    for reason, sentences in sorted(inapplicable.items()):
        lines.append(f"not applicable: {'; '.join(sorted(sentences))} ({reason})")
    lines += [f"not run: {nodeid}" for nodeid in record.not_run[:5]]
    if len(record.not_run) > 5:
        lines.append(f"not run: … and {len(record.not_run) - 5} more")
    return lines


def _unstated(record: RunRecord) -> list[str]:
    """How often a known deviation was as stated, and how often any answer was excused."""
    counts = {True: 0, False: 0}
    for name, (deviating, _) in record.deviation_counts().items():
        if name in record.deviations:
            counts[not record.deviations[name].unstated] += deviating
    if not counts[False]:
        return []
    return [
        f"known deviations: {counts[True]} times as stated, {counts[False]} times unstated, where "
        "any answer is excused"
    ]


def _from_here(path: Path) -> str:
    """A path as it is typed where the run was started."""
    with contextlib.suppress(ValueError):
        return path.relative_to(Path.cwd()).as_posix()
    return path.as_posix()


def _table(results: list[Result], width: int) -> list[str]:
    ran = [r for r in results if r.verdict != NOT_APPLICABLE]
    if not ran:
        return []
    rows = [_HEADINGS]
    for sentence, group in by_sentence(ran).items():
        shares = [r.worst_share for r in group if r.worst_share is not None]
        medians = sorted(r.median_share for r in group if r.median_share is not None)
        discriminating = discriminating_share(group)
        failing = sum(r.verdict == FAILS for r in group)
        rows.append(
            (
                sentence,
                str(sum(r.cases for r in group)),
                "" if discriminating is None or failing else f"{discriminating:.0%}",
                f"{max(shares):.2f}" if shares else "",
                f"{medians[len(medians) // 2]:.2f}" if medians else "",
                _verdict_of(group),
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(1, len(_HEADINGS))]
    room = max(20, width - sum(widths) - 2 * len(widths))
    longest = min(room, max(len(row[0]) for row in rows))
    return [
        "  ".join(
            [
                _shortened(row[0], longest).ljust(longest),
                *(cell.rjust(w) for cell, w in zip(row[1:], widths)),
            ]
        )
        for row in rows
    ]


def _verdict_of(group: list[Result]) -> str:
    for verdict, word in ((FAILS, "fail"), (DEVIATES, "deviate")):
        number = sum(result.verdict == verdict for result in group)
        if number:
            return f"{number} of {len(group)} {word}"
    return CONFORMS


def _shortened(sentence: str, length: int) -> str:
    return sentence if len(sentence) <= length else sentence[: length - 1] + "…"


def _totals(results: list[Result], record: RunRecord) -> list[str]:
    counts = Counter(result.verdict for result in results)
    deviating = f"{DEVIATES}: {counts[DEVIATES]}   " if counts[DEVIATES] else ""
    return [
        f"{CONFORMS}: {counts[CONFORMS]}   {deviating}{FAILS}: {counts[FAILS]}   "
        f"{NOT_APPLICABLE}: {counts[NOT_APPLICABLE]}   not run: {len(record.not_run)}   "
        f"(tests)   cases: {record.cases}"
    ]


def by_sentence(results: list[Result]) -> dict[str, list[Result]]:
    """Results by the sentence of their property. SimpleRNN comes first, then the recurrence."""

    def order(result: Result) -> tuple[bool, str, bool, str, str]:
        layer, clause = result.layer, result.clause
        return layer != "simple_rnn", layer, clause != "recurrence", clause, result.property

    groups: dict[str, list[Result]] = {}
    for result in sorted(results, key=order):
        groups.setdefault(result.sentence, []).append(result)
    return groups


def discriminating_share(group: list[Result]) -> Optional[float]:
    """The share of discriminating cases. None where no property has a quota."""
    counted = [r for r in group if r.discriminating is not None]
    cases = sum(r.cases for r in counted)
    return sum(r.discriminating or 0 for r in counted) / cases if cases else None
