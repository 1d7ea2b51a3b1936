"""The lines below a run, one screen: the verdict, what weakens it, a line for each property."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Iterable, Optional

from conformance.checking import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result

#: A property warns when fewer of its cases than this could have shown a fault.
QUOTA = 0.4
#: With fewer cases the share of discriminating ones says nothing.
FEWEST_FOR_QUOTA = 100


#: "discr." is the share of discriminating cases, those that could have shown a fault; "worst" and
#: "median" are shares of the bound.
_HEADINGS = ("property", "cases", "discr.", "worst", "median", "verdict")


@dataclass
class RunRecord:
    """What was asked of a run and what came of it; in one process, whatever the workers."""

    profile: str
    seed: int
    repeat: str
    expected: set[str] = field(default_factory=set)
    results: dict[str, Result] = field(default_factory=dict)

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

    @property
    def incomplete(self) -> bool:
        """Whether nothing was checked, or something was left out."""
        return self.cases == 0 or bool(self.not_run)


def summary_lines(record: RunRecord, width: int) -> list[str]:
    """Verdict, then what makes a pass weaker, then a table of at most ``width`` columns."""
    results = list(record.results.values())
    return [
        *_verdict(record),
        *_weaknesses(results, record),
        "",
        *_table(results, width),
        "",
        *_totals(results, record),
    ]


def _verdict(record: RunRecord) -> list[str]:
    results = record.results.values()
    failing = [result for result in results if result.verdict == FAILS]
    name = next(iter(results)).implementation if results else "the implementation"
    if failing:
        properties = sorted({result.sentence for result in failing})
        return [f"{name} FAILS. Not always true:", *(f"  {s}" for s in properties)]
    if not record.cases:
        return ["NOTHING WAS CHECKED: no property was executed, and that is a failure"]
    if record.not_run:
        return [f"{name}: INCOMPLETE, {len(record.not_run)} tests were not run"]
    devices = sorted({d for result in results for d in result.devices})
    known = any(result.verdict == DEVIATES for result in results)
    deviations = " but for what is known" if known else ""
    return [
        f"{name} CONFORMS{deviations} in {record.cases} cases, computed on {', '.join(devices)}"
    ]


def _weaknesses(results: list[Result], record: RunRecord) -> list[str]:
    lines = []
    for sentence, group in _by_sentence(results).items():
        counted = [r for r in group if r.discriminating is not None]
        cases = sum(r.cases for r in counted)
        share = _discriminating(group)
        if share is not None and cases >= FEWEST_FOR_QUOTA and share < QUOTA:
            lines.append(
                f"warning: only {share:.0%} of the cases of «{sentence}» could have shown a "
                f"fault (quota {QUOTA:.0%})"
            )
    reasons = sorted({(r.sentence, r.reason) for r in results if r.verdict == NOT_APPLICABLE})
    lines += [f"not applicable: {sentence} ({reason})" for sentence, reason in reasons]
    known = Counter(r.reason for r in results if r.verdict == DEVIATES)
    lines += [
        f"{DEVIATES} in {n} {'test' if n == 1 else 'tests'}: {reason}"
        for reason, n in sorted(known.items())
    ]
    lines += [f"not run: {nodeid}" for nodeid in record.not_run[:5]]
    if len(record.not_run) > 5:
        lines.append(f"not run: … and {len(record.not_run) - 5} more")
    return lines


def _table(results: list[Result], width: int) -> list[str]:
    ran = [r for r in results if r.verdict != NOT_APPLICABLE]
    if not ran:
        return []
    rows = [_HEADINGS]
    for sentence, group in _by_sentence(ran).items():
        shares = [r.worst_share for r in group if r.worst_share is not None]
        medians = sorted(r.median_share for r in group if r.median_share is not None)
        discriminating = _discriminating(group)
        failing = sum(r.verdict == FAILS for r in group)
        rows.append(
            (
                sentence,
                str(sum(r.cases for r in group)),
                "" if discriminating is None or failing else f"{discriminating:.0%}",
                f"{max(shares):.2f}" if shares else "",
                f"{medians[len(medians) // 2]:.2f}" if medians else "",
                f"{failing} of {len(group)} fail" if failing else _agreed(group),
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


def _agreed(group: list[Result]) -> str:
    known = sum(r.verdict == DEVIATES for r in group)
    return f"{known} of {len(group)} deviate" if known else CONFORMS


def _shortened(sentence: str, length: int) -> str:
    return sentence if len(sentence) <= length else sentence[: length - 1] + "…"


def _totals(results: list[Result], record: RunRecord) -> list[str]:
    counts = Counter(result.verdict for result in results)
    return [
        f"{CONFORMS}: {counts[CONFORMS]}   "
        + (f"{DEVIATES}: {counts[DEVIATES]}   " if counts[DEVIATES] else "")
        + f"{FAILS}: {counts[FAILS]}   "
        f"{NOT_APPLICABLE}: {counts[NOT_APPLICABLE]}   not run: {len(record.not_run)}   "
        f"(tests)   cases: {record.cases}"
    ]


def _by_sentence(results: list[Result]) -> dict[str, list[Result]]:
    """Results by property, the main job first."""
    groups: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: (r.clause != "recurrence", r.clause, r.property)):
        groups.setdefault(result.sentence, []).append(result)
    return groups


def _discriminating(group: list[Result]) -> Optional[float]:
    counted = [r for r in group if r.discriminating is not None]
    cases = sum(r.cases for r in counted)
    return sum(r.discriminating or 0 for r in counted) / cases if cases else None
