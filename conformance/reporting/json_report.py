"""Reports as JSON files. A bad file is refused with one clear sentence.

docs/report-schema.md describes the fields, `schema.json` says which values they may have. Its
number grows by one with every change that an older reader would misunderstand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from conformance.checking.results import CONFORMS, FAILS, Result
from conformance.reporting.header import Environment
from conformance.reporting.suite import Suite
from conformance.reporting.summary import OUT_OF_DATE, KnownDeviation, RunRecord
from conformance.reporting.validation import FORMAT, SCHEMA, Damaged, ReportError, read_plain
from conformance.running.parts import Shard
from conformance.running.text import escaped, several_lines
from conformance.running.writing import write_whole

__all__ = ["ReportError", "RunReport", "read_json", "write_json"]


@dataclass(frozen=True)
class RunReport:
    """The report of a run: suite, environment, start, seconds, and the record of results."""

    suite: Suite
    environment: Environment
    started: str
    seconds: float
    record: RunRecord

    def as_dict(self) -> dict[str, Any]:
        """Plain values only, in the order of the schema."""
        plain = {nodeid: r.as_dict() for nodeid, r in sorted(self.record.results.items())}
        coverage = {nodeid: result.pop("coverage") for nodeid, result in plain.items()}
        return {
            "format": FORMAT,
            "schema": SCHEMA,
            "suite": {
                "version": self.suite.version,
                "properties": [list(row) for row in self.suite.properties],
                "fingerprint": self.suite.fingerprint,
            },
            "environment": self.environment.as_dict(),
            "started": self.started,
            "seconds": round(self.seconds, 1),
            "verdict": self.record.verdict,
            "cases": self.record.cases,
            "results": [{"id": nodeid, **result} for nodeid, result in plain.items()],
            "coverage": coverage,
            "failures": self.record.failures,
            "known_deviations": self.record.known_deviations(),
            "not_run": self.record.not_run,
            "planned": self.record.planned,
            "troubles": sorted(self.record.troubles),
        }


def write_json(report: RunReport, path: Path) -> None:
    """Write a report, whole or not at all.

    Raises:
        FileError: it cannot be written there.
        ValueError: a number is not finite.
    """
    text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def read_json(path: Path) -> RunReport:
    """Read a report.

    Raises:
        ReportError: there is no such file, or it is no report, damaged or of a newer schema.
    """
    plain = read_plain(path)
    try:
        report = _report(plain)
        for contradiction in _contradictions(plain, report):
            raise Damaged(contradiction)
    except Damaged as error:
        raise ReportError(f"{path}: is damaged: {error}") from error
    return report


def _report(plain: dict[str, Any]) -> RunReport:
    """The report of which `RunReport.as_dict` made these values."""
    failures = {escaped(test): _failure(entry) for test, entry in plain.pop("failures").items()}
    plain = escaped(plain)
    environment = Environment(**plain["environment"])
    suite = plain["suite"]
    record = RunRecord(
        environment.profile,
        environment.seed,
        environment.repeat,
        shard=environment.shard,
        planned=plain["planned"],
        troubles=set(plain["troubles"]),
        failures=failures,
        deviations={n: KnownDeviation(**entry) for n, entry in plain["known_deviations"].items()},
    )
    for row in plain["results"]:
        test = row.pop("id")
        if test in record.results:
            raise Damaged(f"two results have the id {test}")
        if test not in plain["coverage"]:
            raise Damaged(f"the coverage of {test} is missing")
        record.results[test] = Result.from_dict({**row, "coverage": plain["coverage"][test]})
    record.expect([*record.results, *plain["not_run"]])
    if plain["verdict"] == OUT_OF_DATE and not record.deviations:
        # Earlier versions did not write which deviations were listed.
        names = record.deviation_counts()
        record.deviations = dict.fromkeys(names, KnownDeviation())
    properties = tuple((name, sentence, clause) for name, sentence, clause in suite["properties"])
    return RunReport(
        suite=Suite(suite["version"], properties),
        environment=environment,
        started=plain["started"],
        seconds=plain["seconds"],
        record=record,
    )


def _failure(entry: dict[str, Any]) -> dict[str, Any]:
    """A failure with its text escaped. Only ``text`` and ``script`` have several lines."""
    texts = {name: several_lines(entry[name]) for name in ("text", "script") if entry[name]}
    return {**escaped(entry), **texts}


def _contradictions(plain: dict[str, Any], report: RunReport) -> Iterator[str]:
    """Sentences about fields that cannot all be true."""
    record, shard = report.record, report.environment.shard
    if record.planned and not shard:
        yield "tests of several shards are planned, and the run is no shard"
    if shard:
        try:
            Shard.parse(shard)
        except ValueError as error:
            yield f"environment.shard is {error}"
    for test, result in record.results.items():
        if result.layer not in report.environment.layers:
            yield f"{test} is of the layer {result.layer}, which environment.layers lacks"
        if result.discriminating is not None and result.discriminating > result.cases:
            yield f"{test} has {result.cases} cases, {result.discriminating} discriminating ones"
        for name, (deviating, met) in result.deviations.items():
            if deviating > met:
                yield f"{test} has {deviating} cases that deviate as {name}, of {met}"
            if deviating and result.verdict == CONFORMS:
                yield f"{test} conforms, and {deviating} cases deviate as {name}"
    for test in sorted(set(plain["not_run"]) & set(record.results)):
        yield f"{test} is not run and has a result"
    for test in record.failures:
        if test not in record.results or record.results[test].verdict != FAILS:
            yield f"{test} has a failure, and no result that fails"
    if plain["suite"]["fingerprint"] != report.suite.fingerprint:
        yield "the fingerprint of the suite is not that of its properties"
    if plain["cases"] != record.cases:
        yield f"cases is {plain['cases']}, those of all results are {record.cases}"
    if plain["verdict"] != record.verdict:
        yield f"verdict is {plain['verdict']!r}, the results say {record.verdict!r}"
