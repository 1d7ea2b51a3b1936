"""The lines below a run, one screen: the verdict, what weakens it, a line for each property."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Iterable, Optional

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


@dataclass
class RunRecord:
    """What was asked of a run and what came of it; in one process, whatever the workers.

    ``results`` and ``failures`` (see `FailureReport.as_dict`) are by the id of the test.
    ``shard`` is "2/8" in a run that is one of eight, and ``planned`` has the tests of all eight;
    after a merge ``missing`` has the shards that there is no report of. ``not_asked`` are tests
    that there are for this implementation and the run left out, as ``test_x[numpy-float32]``.
    ``troubles`` says what went wrong beside the tests, ``unfinished`` why the run did not come to
    its end.
    """

    profile: str
    seed: int
    repeat: str
    expected: set[str] = field(default_factory=set)
    results: dict[str, Result] = field(default_factory=dict)
    deviations: dict[str, Deviation] = field(default_factory=dict)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    shard: str = ""
    planned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    not_asked: set[str] = field(default_factory=set)
    troubles: set[str] = field(default_factory=set)
    unfinished: str = ""

    def expect(self, nodeids: Iterable[str]) -> None:
        """Remember tests that should be run."""
        self.expected |= set(nodeids)

    def add(self, nodeid: str, result: Result, failure: Optional[dict[str, Any]] = None) -> None:
        """Enter a result. One that fails stays, whatever a repetition of the test says."""
        before = self.results.get(nodeid)
        if before is not None and before.verdict == FAILS:
            return
        self.results[nodeid] = result
        if failure is not None:
            self.failures[nodeid] = failure

    @property
    def not_run(self) -> list[str]:
        """Tests that should have been run and gave no result."""
        return sorted(self.expected - set(self.results))

    @property
    def cases(self) -> int:
        """All checked cases."""
        return sum(result.cases for result in self.results.values())

    def deviation_counts(self) -> dict[str, tuple[int, int]]:
        """For each known deviation that applied: cases that deviated, and all of them."""
        counts: dict[str, tuple[int, int]] = {}
        for result in self.results.values():
            for name, (deviating, met) in result.deviations.items():
                before = counts.get(name, (0, 0))
                counts[name] = (before[0] + deviating, before[1] + met)
        return counts

    @property
    def out_of_date(self) -> list[str]:
        """Known deviations under which everything conforms, though they would have shown.

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
    def asked_of(self) -> set[str]:
        """Names of the properties of which something was executed."""
        return {r.property for r in self.results.values() if r.verdict != NOT_APPLICABLE}

    @property
    def properties_not_asked(self) -> set[str]:
        """Names of those of which nothing was: they were left out, or do not apply."""
        inapplicable = {r.property for r in self.results.values()} - self.asked_of
        return inapplicable | {_property(test) for test in self.not_asked} - self.asked_of

    @property
    def asked_in_part(self) -> set[str]:
        """Names of those that were asked, but not in every mode and dtype."""
        return {_property(test) for test in self.not_asked} & self.asked_of

    @property
    def unplanned(self) -> bool:
        """Whether there are results that nobody knows the plan of."""
        return not self.expected.issuperset(self.results)

    @property
    def verdict(self) -> str:
        """The worst of the results, or what keeps them from being a verdict."""
        if any(result.verdict == FAILS for result in self.results.values()):
            return FAILS
        if not self.cases and not self.unfinished:
            return NOTHING_CHECKED
        if self.not_run or self.missing or self.unfinished or self.unplanned:
            return INCOMPLETE
        return OUT_OF_DATE if self.out_of_date else CONFORMS

    @property
    def devices(self) -> list[str]:
        """On which devices anything was computed."""
        return sorted({device for r in self.results.values() for device in r.devices})


def summary_lines(record: RunRecord, width: int) -> list[str]:
    """Verdict, then what makes a pass weaker, then a table of at most ``width`` columns."""
    results = list(record.results.values())
    return [
        *(part for line in verdict_lines(record) for part in _wrapped(line, width)),
        "",
        *_table(results, width),
        "",
        *_totals(results, record),
    ]


def _wrapped(line: str, width: int) -> list[str]:
    """Lists in pieces that fit; the id of a test stays whole, to be copied."""
    if not line.startswith((NOT_APPLICABLE, "not asked", "drift")):
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def verdict_lines(record: RunRecord) -> list[str]:
    """The verdict, the arithmetic it was judged with, and what makes a pass weaker."""
    results = list(record.results.values())
    return [
        *_verdict(record),
        *_arithmetic(results),
        *_drift(results),
        *_weaknesses(results, record),
    ]


def _arithmetic(results: list[Result]) -> list[str]:
    """What was found of each dtype's arithmetic, dtypes and modes together where it is the same."""
    dtypes: dict[str, set[str]] = {}
    for result in results:
        if result.arithmetic:
            dtypes.setdefault(result.arithmetic, set()).add(result.dtype)
    return [
        f"arithmetic: {', '.join(sorted(names))}: {row}" for row, names in sorted(dtypes.items())
    ]


def _drift(results: list[Result]) -> list[str]:
    """How large errors are beside those of independent roundings, over the modes of each dtype."""
    found: dict[str, list[float]] = {}
    for result in results:
        if result.drift is not None:
            found.setdefault(result.dtype, []).append(result.drift)
    figures = [f"{dtype} {_from_to(found[dtype])}" for dtype in DTYPES if dtype in found]
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
        return [f"{name}: INCOMPLETE, {_not_run(record)}"]
    if record.verdict == OUT_OF_DATE:
        return ["A KNOWN DEVIATION NO LONGER SHOWS: remove its entry, or limit its versions"]
    deviating = any(result.verdict == DEVIATES for result in results)
    exception = ", known deviations aside," if deviating else ""
    devices = ", ".join(record.devices)
    shard = f" of shard {record.shard}" if record.shard else ""
    return [
        f"{name} CONFORMS{exception} in {record.cases} cases{shard}{_narrowed(record)}, "
        f"computed on {devices}"
    ]


def _not_run(record: RunRecord) -> str:
    if not record.expected:
        return "no test run"
    return f"{len(record.not_run)} of {len(record.expected)} tests not run"


def _narrowed(record: RunRecord) -> str:
    """What keeps the verdict from being one on the whole specification."""
    nothing, part = len(record.properties_not_asked), len(record.asked_in_part)
    noun = "property" if nothing == 1 else "properties"
    first = f", {nothing} {noun} not asked" if nothing or part else ""
    return first + (f", {part} in part" if part else "")


def _weaknesses(results: list[Result], record: RunRecord) -> list[str]:
    lines = [f"incomplete: {record.unfinished}"] if record.unfinished else []
    if record.unplanned:
        lines.append("incomplete: it is not known what should have been run")
    if record.not_run and record.verdict != INCOMPLETE:
        lines.append(f"incomplete: {_not_run(record)}")
    lines += [f"missing: shard {shard}, of which there is no report" for shard in record.missing]
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
            script = f"; {known.script}" if known is not None and known.script else ""
            lines.append(f"{DEVIATES}: {name}, {deviating} of {met} cases{script}")
    inapplicable: dict[str, set[str]] = {}
    for result in results:
        if result.verdict == NOT_APPLICABLE:
            inapplicable.setdefault(result.reason, set()).add(result.sentence)
    for reason, sentences in sorted(inapplicable.items()):
        lines.append(f"not applicable: {'; '.join(sorted(sentences))} ({reason})")
    left_out = record.properties_not_asked - {r.property for r in results}
    lines += _not_asked("not asked", left_out)
    lines += _not_asked("not asked in part", record.asked_in_part)
    lines += [f"not run: {nodeid}" for nodeid in record.not_run[:5]]
    if len(record.not_run) > 5:
        lines.append(f"not run: … and {len(record.not_run) - 5} more")
    return lines


def _not_asked(words: str, properties: set[str]) -> list[str]:
    names = [name[len("test_") :] for name in sorted(properties)]
    more = f", … and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"{words}: {', '.join(names[:5])}{more}"] if names else []


def _property(test: str) -> str:
    """``test_x`` of ``test_x[numpy-float32]``."""
    return test.partition("[")[0]


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
    """Results by property, the main job first."""
    groups: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: (r.clause != "recurrence", r.clause, r.property)):
        groups.setdefault(result.sentence, []).append(result)
    return groups


def discriminating_share(group: list[Result]) -> Optional[float]:
    """The share of discriminating cases among results; None where there is no quota."""
    counted = [r for r in group if r.discriminating is not None]
    cases = sum(r.cases for r in counted)
    return sum(r.discriminating or 0 for r in counted) / cases if cases else None
