"""Checked cases per second, beside the way that everybody writes, in one run on one core.

    python benchmarks/cases_per_second.py [--modes graph,predict_on_batch] [--json FILE]
    python benchmarks/cases_per_second.py --baseline benchmarks/cases_per_second.json

The naive way builds a model for each case, runs it once and compares. The suite draws from the same
distribution, reuses networks, bounds the error of every case and counts what it was worth. The
floor is drawing alone plus running a network that is already there. All of them take turns, so that
a machine that is slow for a while is slow for each; look at the ratios, the times are noisy. With a
baseline the ratios are compared with those of an earlier run, and the exit status is 1 where one of
them fell by more than a third.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np
from hypothesis import given, seed, settings

from conformance.checking import search as searching
from conformance.checking.asking import ask
from conformance.checking.check import check
from conformance.checking.drawing import plain_cases
from conformance.checking.property import Property
from conformance.checking.record import Record
from conformance.checking.results import CONFORMS
from conformance.checking.subject import Run, Subject
from conformance.expected.recurrence import outputs_of
from conformance.implementations import load_implementation
from conformance.implementations.protocol import Implementation
from conformance.properties import test_recurrence
from conformance.running.parts import Part
from strategies import Case
from strategies.profiles import PROFILES

PROPERTY: Property = test_recurrence.test_last_output_equals_the_recurrence.conformance_property
#: Between two of them the ways take turns.
ROUNDS = 10
#: A ratio that falls below this part of the baseline's is worse.
WORSE = 2 / 3
#: What is compared with a baseline: ratios, which do not depend on how fast the machine is.
RATIOS = ("times_naive", "times_predict", "share_of_floor")


@dataclass
class Row:
    """What was measured in a mode: cases and milliseconds for each of them."""

    mode: str
    cases: int
    suite_ms: float
    drawing_ms: float
    running_ms: float
    naive_ms: float
    predict_ms: float
    times_naive: float = field(init=False)
    times_predict: float = field(init=False)
    share_of_floor: float = field(init=False)

    def __post_init__(self) -> None:
        self.times_naive = self.naive_ms / self.suite_ms
        self.times_predict = self.predict_ms / self.suite_ms
        self.share_of_floor = (self.drawing_ms + self.running_ms) / self.suite_ms

    def __str__(self) -> str:
        return (
            f"{self.mode:17}{1e3 / self.suite_ms:9.1f}{1e3 / self.naive_ms:9.1f}"
            f"{self.times_naive:6.0f}×{1e3 / self.predict_ms:11.1f}{self.times_predict:6.0f}×"
            f"{self.share_of_floor:10.0%}{self.drawing_ms:9.2f}{self.running_ms:8.2f}"
            f"{self.suite_ms:8.2f}"
        )


HEADER = (
    f"{'mode':17}{'suite/s':>9}{'naive/s':>9}{'times':>7}{'predict/s':>11}{'times':>7}"
    f"{'of floor':>10}{'draw ms':>9}{'run ms':>8}{'all ms':>8}"
)


def drawn(subject: Subject, number: int, of_round: int) -> list[Case]:
    """So many cases, as the suite draws them."""
    found: list[Case] = []

    @seed(of_round)
    @settings(max_examples=number, database=None, deadline=None)
    @given(case=plain_cases(subject))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found[:number]


def naive(implementation: Implementation, mode: str, cases: list[Case]) -> None:
    """What everybody writes: build, set the weights, run, compare."""
    for case in cases:
        network = implementation.network(case.dimensions.network, case.dtype)
        network.set_weights(case.weights)
        output = network.answer(case.inputs, mode).output
        np.abs(output - outputs_of(case)[:, -1]).max()


def seconds(action: Callable[[], Any]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def one_round(subject: Subject, number: int, few: int, of_round: int) -> Counter[str]:
    """Seconds and cases of each way, one after the other."""
    implementation, mode = subject.implementation, subject.mode or ""
    usual = "predict" if "predict" in implementation.modes else mode
    cases = drawn(subject, number, of_round)
    some = cases[:: max(1, number // few)][:few]
    spent = Counter({"naive cases": len(some), "floor cases": len(cases)})
    spent["naive"] += seconds(lambda: naive(implementation, mode, some))
    spent["predict"] += seconds(lambda: naive(implementation, usual, some))
    result = check(PROPERTY, subject)
    assert result.verdict == CONFORMS, result.reason
    spent.update({"suite": result.seconds, "cases": result.cases})
    spent["drawing"] += seconds(lambda: drawn(subject, number, of_round))
    spent["running"] += seconds(lambda: [ask(Record(subject), case) for case in cases])
    return spent


def measure(name: str, mode: str, number: int, few: int) -> Row:
    """The suite, from its first network on, beside building a network for each case."""
    implementation = load_implementation(name)
    run = Run(profile=PROFILES["default"], max_examples=number, seed=20261124)
    subject = Subject(implementation, mode, "float32", run)
    naive(implementation, mode, drawn(subject, 2, 0))  # the import is nobody's
    spent: Counter[str] = Counter()
    for i in range(1, ROUNDS + 1):
        spent += one_round(subject.only(Part(i, ROUNDS)), number // ROUNDS, few, i)
    return Row(
        mode=mode,
        cases=int(spent["cases"]),
        suite_ms=1e3 * spent["suite"] / spent["cases"],
        drawing_ms=1e3 * spent["drawing"] / spent["floor cases"],
        running_ms=1e3 * spent["running"] / spent["floor cases"],
        naive_ms=1e3 * spent["naive"] / spent["naive cases"],
        predict_ms=1e3 * spent["predict"] / spent["naive cases"],
    )


def worse(rows: list[Row], before: dict[str, dict[str, float]]) -> list[str]:
    """A sentence for each ratio that fell by more than a third since the run before, by mode."""
    return [
        f"{row.mode}: {ratio} is {getattr(row, ratio):.2g}, was {before[row.mode][ratio]:.2g}"
        for row in rows
        for ratio in RATIOS
        if row.mode in before and getattr(row, ratio) < WORSE * before[row.mode][ratio]
    ]


def main(arguments: Optional[list[str]] = None) -> int:
    """Print a row for each mode; 1 where one is worse than the baseline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", default="keras")
    parser.add_argument("--modes", default="graph,predict_on_batch,call,xla,predict")
    parser.add_argument("--cases", type=int, default=10_000, help="for the cheapest modes")
    parser.add_argument("--naive-cases", type=int, default=8, help="in each of the rounds")
    parser.add_argument("--group", type=int, default=searching.GROUP, help="cases at a time")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--baseline", metavar="FILE", help="what an earlier run wrote with --json")
    options = parser.parse_args(arguments)
    searching.GROUP = options.group
    before = {}
    if options.baseline:
        kept = json.loads(Path(options.baseline).read_text(encoding="utf-8"))
        before = {row["mode"]: row for row in kept}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    costs = load_implementation(options.implementation).costs
    rows = []
    print(HEADER)
    for mode in options.modes.split(","):
        number = max(50, options.cases // costs.get(mode, 1))
        rows.append(measure(options.implementation, mode, number, options.naive_cases))
        print(rows[-1], flush=True)
    if options.json:
        text = json.dumps([asdict(row) for row in rows], indent=1)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    found = worse(rows, before)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
