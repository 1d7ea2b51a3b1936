"""Shards of one run become that run again; what is missing is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Sequence

from conformance.reporting.json_report import Report, ReportError
from conformance.reporting.summary import RunRecord
from conformance.running.parts import Shard

Read = tuple[Path, Report]


def merge_shards(reports: Sequence[Read]) -> list[Read]:
    """The reports, with those of shards of one run merged into one, where the first of them was.

    A shard that is missing is named in `RunRecord.missing`, its tests are not run.

    Raises:
        ReportError: a shard is given twice, or shards do not belong together.
    """
    runs: dict[str, list[Read]] = {}
    for i, read in enumerate(reports):
        runs.setdefault(_run(read[1]) if read[1].environment.shard else str(i), []).append(read)
    return [_merged(run) if run[0][1].environment.shard else run[0] for run in runs.values()]


def _run(report: Report) -> str:
    """What all shards of a run share."""
    environment = report.environment.as_dict()
    of = Shard.parse(environment.pop("shard")).of
    return json.dumps([report.suite.fingerprint, of, environment], sort_keys=True)


def _merged(run: Sequence[Read]) -> Read:
    shards: dict[int, Path] = {}
    planned: list[str] = []
    path, first = run[0]
    of = Shard.parse(first.environment.shard).of
    record = RunRecord(first.record.profile, first.record.seed, first.record.repeat)
    for where, report in run:
        number = Shard.parse(report.environment.shard).number
        if number in shards:
            raise ReportError(
                f"{where}: is shard {report.environment.shard}, and so is {shards[number]}"
            )
        shards[number] = where
        if planned and report.record.planned and planned != report.record.planned:
            raise ReportError(
                f"{where}: is a shard of {len(report.record.planned)} tests, {path} of "
                f"{len(planned)}: all shards must be run with the same options"
            )
        planned = planned or report.record.planned
        record.results.update(report.record.results)
        record.failures.update(report.record.failures)
        record.expect(report.record.expected)
        record.deviations.update(report.record.deviations)
        record.not_asked |= report.record.not_asked
        record.troubles |= report.record.troubles
        record.unfinished = record.unfinished or report.record.unfinished
    record.expect(planned)
    record.missing = [f"{n}/{of}" for n in range(1, of + 1) if n not in shards]
    environment = replace(first.environment, shard="")
    merged = replace(
        first,
        environment=environment,
        started=min(report.started for _, report in run),
        seconds=sum(report.seconds for _, report in run),
        record=record,
    )
    return path, merged
