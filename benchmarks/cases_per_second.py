"""Checked cases per second, beside the way that everybody writes, in one run.

    python benchmarks/cases_per_second.py [--modes graph,predict_on_batch] [--json FILE]

The naive way builds a model for each case, runs it once and compares. The suite draws from the same
distribution, reuses networks, bounds the error of every case and counts what it was worth. The
floor is drawing alone plus running a network that is already there. One process, one thread; look
at the ratios, the times themselves are noisy.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Callable, Optional

import numpy as np
from hypothesis import given, settings

from conformance.checking import check
from conformance.equations import dense, simple_rnn
from conformance.implementations import load_implementation
from conformance.implementations.protocol import Implementation
from conformance.properties import test_recurrence
from conformance.statement import Property
from conformance.subject import Run, Subject
from strategies import Case
from strategies.profiles import PROFILES

PROPERTY: Property = test_recurrence.test_last_output_equals_the_recurrence.conformance_property


def drawn(subject: Subject, number: int) -> list[Case]:
    """So many cases, as the suite draws them."""
    found: list[Case] = []

    @settings(max_examples=number, database=None, deadline=None, derandomize=True)
    @given(case=subject.cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found[:number]


def naive(implementation: Implementation, mode: str, cases: list[Case]) -> None:
    """What everybody writes: build, set the weights, run, compare."""
    for case in cases:
        network = implementation.network(case.dimensions.network, case.dtype, sequences=False)
        network.set_weights(case.weights)
        states = simple_rnn(case.inputs, *case.weights[:3])
        np.abs(network.output(case.inputs, mode) - dense(states[:, -1], *case.weights[3:])).max()


def seconds(action: Callable[[], Any]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure(name: str, mode: str, number: int, few: int) -> dict[str, Any]:
    """Cases per second of the suite and of the naive way, in this mode and in ``predict``."""
    implementation = load_implementation(name)
    run = Run(profile=PROFILES["default"], max_examples=number, seed=20261124)
    subject = Subject(implementation, mode, "float32", run)
    cases = drawn(subject, number)
    naive(implementation, mode, cases[:2])  # imports and first-time costs are nobody's
    way = "predict" if "predict" in implementation.modes else mode
    naive_seconds = seconds(lambda: naive(implementation, mode, cases[:few])) / few
    usual_seconds = seconds(lambda: naive(implementation, way, cases[:few])) / few
    suite_seconds = seconds(lambda: check(PROPERTY, subject)) / (number + 1)
    drawing = seconds(lambda: drawn(subject, number)) / number
    running = seconds(lambda: [subject.output(case) for case in cases]) / number
    return {
        "mode": mode,
        "cases": number,
        "suite per second": 1 / suite_seconds,
        "naive per second": 1 / naive_seconds,
        "build and predict per second": 1 / usual_seconds,
        "times naive": naive_seconds / suite_seconds,
        "times build and predict": usual_seconds / suite_seconds,
        "share of floor": (drawing + running) / suite_seconds,
        "drawing ms": drawing * 1e3,
        "running ms": running * 1e3,
        "suite ms": suite_seconds * 1e3,
    }


def main(arguments: Optional[list[str]] = None) -> None:
    """Print a row for each mode, and write them as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", default="keras")
    parser.add_argument("--modes", default="graph,predict_on_batch,call,xla,predict")
    parser.add_argument("--cases", type=int, default=2000, help="for the cheapest modes")
    parser.add_argument("--naive-cases", type=int, default=25)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    costs = load_implementation(options.implementation).costs
    rows = []
    print(f"{'mode':17}{'suite/s':>9}{'naive/s':>9}{'times':>7}{'predict/s':>11}{'times':>7}"
          f"{'of floor':>10}{'draw ms':>9}{'run ms':>8}{'all ms':>8}")  # fmt: skip
    for mode in options.modes.split(","):
        number = max(50, options.cases // costs.get(mode, 1))
        row = measure(options.implementation, mode, number, options.naive_cases)
        rows.append(row)
        print(
            f"{mode:17}{row['suite per second']:9.1f}{row['naive per second']:9.1f}"
            f"{row['times naive']:6.0f}×{row['build and predict per second']:11.1f}"
            f"{row['times build and predict']:6.0f}×{row['share of floor']:10.0%}"
            f"{row['drawing ms']:9.2f}{row['running ms']:8.2f}{row['suite ms']:8.2f}",
            flush=True,
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
