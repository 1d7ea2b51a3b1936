"""Reports for tests of pages and comparisons: made in this process, with results at will."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.checking.results import Result
from conformance.checking.tally import Coverage
from conformance.reporting.header import Environment
from conformance.reporting.json_report import RunReport
from conformance.reporting.suite import Suite
from conformance.reporting.summary import RunRecord

#: Options of a short run of NumPy.
FEW = ("--implementation", "numpy", "--max-examples", "5")
SUITE = Suite("1.0", (("test_a", "A holds", "first"), ("test_b", "B holds", "second"),
                      ("test_c", "C holds", "second")))  # fmt: skip
ENVIRONMENT = Environment(
    suite="1.0",
    implementation="keras",
    versions={"keras": "3.15.1", "tensorflow": "2.21.0"},
    python="3.11.7",
    platform="Linux x86_64",
    variables={},
    layers=["simple_rnn"],
    modes=["call", "graph"],
    dtypes=["float32", "float64"],
    threads="one thread for each worker",
    profile="default",
    seed=1,
    repeat="--hypothesis-seed=1",
)
COVERAGE = Coverage(
    dimensions={letter: {"1": 6, "3": 4} for letter in "NTDMK"},
    shares={"T": {"1": [6, 0.1, 0.2], "2": [4, 0.2, 0.3]}, "M": {"1": [10, 0.1, 0.3]}},
    pairs=[["mask", "none", "texture", "normal", 7], ["mask", "given", "texture", "tiny", 3]],
)


def a_result(name: str = "a", mode: Any = "call", dtype: str = "float32", **changes: Any) -> Result:
    """A result of property a, b or c that conforms."""
    names = {f"test_{letter}": (s, c) for letter, (_, s, c) in zip("abc", SUITE.properties)}
    sentence, clause = names[f"test_{name}"]
    result = Result(
        f"test_{name}", sentence, clause, "keras", mode, dtype, "conforms", cases=10,
        discriminating=6, worst_share=0.3, median_share=0.1, seconds=1.0, devices=("CPU:0",),
        coverage=COVERAGE,
    )  # fmt: skip
    return replace(result, **changes)


def a_report(
    *results: Result, failures: Any = None, suite: Suite = SUITE, **changes: Any
) -> RunReport:
    """A report of these results; ``changes`` are of the environment."""
    record = RunRecord("default", 1, "--hypothesis-seed=1")
    for result in results:
        layer = result.layer if result.layer != "simple_rnn" else None
        inside = "-".join(filter(None, ("keras", layer, result.mode, result.dtype)))
        record.results[f"test_x.py::{result.property}[{inside}]"] = result
    record.expect(record.results)
    record.failures = failures or {}
    environment = replace(ENVIRONMENT, **changes)
    return RunReport(suite, environment, "2026-11-24T12:00:00+00:00", 61.0, record)
