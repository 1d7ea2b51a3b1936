"""A run as a JSON file: written whole or not at all, read with one clear sentence if it is bad.

docs/report-schema.md describes the fields. `SCHEMA` grows by one with every change that an
older reader would misunderstand.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result
from conformance.reporting.header import Environment
from conformance.reporting.suite import Suite
from conformance.reporting.summary import RunRecord
from conformance.running.parts import Shard

FORMAT, SCHEMA = "rnn-conformance", 1
VERDICTS = (CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE)

_Number = (int, float)
_Optional = type(None)
#: The fields of each part and their types; a report with others is damaged.
FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    "report": {
        "suite": (dict,),
        "environment": (dict,),
        "started": (str,),
        "seconds": _Number,
        "verdict": (str,),
        "cases": (int,),
        "results": (list,),
        "coverage": (dict,),
        "failures": (dict,),
        "not_run": (list,),
        "planned": (list,),
        "not_asked": (list,),
        "troubles": (list,),
        "unfinished": (str,),
    },
    "suite": {"version": (str,), "properties": (list,), "fingerprint": (str,)},
    "environment": {
        "suite": (str,),
        "implementation": (str,),
        "versions": (dict,),
        "python": (str,),
        "platform": (str,),
        "variables": (dict,),
        "modes": (list,),
        "dtypes": (list,),
        "threads": (str,),
        "profile": (str,),
        "seed": (int,),
        "repeat": (str,),
        "device": (str,),
        "shard": (str,),
    },
    "result": {
        "id": (str,),
        "property": (str,),
        "sentence": (str,),
        "clause": (str,),
        "implementation": (str,),
        "mode": (str, _Optional),
        "dtype": (str,),
        "verdict": (str,),
        "cases": (int,),
        "discriminating": (int, _Optional),
        "worst_share": (*_Number, _Optional),
        "median_share": (*_Number, _Optional),
        "drift": (*_Number, _Optional),
        "seconds": _Number,
        "reason": (str,),
        "devices": (list,),
        "arithmetic": (str,),
        "deviations": (dict,),
    },
    "coverage": {"dimensions": (dict,), "shares": (dict,), "pairs": (list,)},
    "failure": {
        "text": (str,),
        "command": (str,),
        "script": (str, _Optional),
        "script_path": (str, _Optional),
        "fault": (str, _Optional),
        "size": (dict,),
    },
}
#: Fields that older reports of this schema lack, and what they would say.
ADDED: dict[str, dict[str, Any]] = {
    "report": {"planned": [], "not_asked": [], "troubles": [], "unfinished": ""},
    "environment": {"device": "", "shard": ""},
    "result": {"drift": None},
}


class ReportError(Exception):
    """A report that cannot be read, written or compared; one clear sentence."""


@dataclass(frozen=True)
class Report:
    """A run: which suite, on what, when, how long, and what came of it."""

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
            "not_run": self.record.not_run,
            "planned": self.record.planned,
            "not_asked": sorted(self.record.not_asked),
            "troubles": sorted(self.record.troubles),
            "unfinished": self.record.unfinished,
        }


def write_json(report: Report, path: Path) -> None:
    """Write a report, whole or not at all.

    Raises:
        ReportError: it cannot be written there.
    """
    text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a text file; if that fails, what was there before stays as it was.

    Raises:
        ReportError: it cannot be written there.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as file:
            temporary = file.name
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # a temporary file is its owner's alone
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from error


def check_writable(path: Path) -> None:
    """See that a report can be written there, before any work is done for it.

    Raises:
        ReportError: it cannot.
    """
    if path.is_dir():
        raise ReportError(f"{path}: cannot be written: it is a folder")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_json(path: Path) -> Report:
    """Read a report.

    Raises:
        ReportError: there is no such file, or it is no report, damaged or of a newer schema.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: is not a report of rnn-conformance: it is no text") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ReportError(f"{path}: is no JSON, or was cut off: {error.msg} ({place})") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ReportError(f"{path}: is not a report of rnn-conformance")
    schema = plain.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise ReportError(
            f"{path}: has schema {schema}, this rnn-conformance reads up to {SCHEMA}: update it"
        )
    try:
        return _report(plain)
    except _Damaged as error:
        raise ReportError(f"{path}: is damaged: {error}") from error
    except (AttributeError, TypeError, ValueError) as error:  # a list for a mapping, and such
        raise ReportError(f"{path}: is damaged: {error}") from error


class _Damaged(Exception):
    """What is wrong with a report, in words."""


def _report(plain: dict[str, Any]) -> Report:
    if plain.get("schema") != SCHEMA:
        raise _Damaged(f"its schema is {plain.get('schema')!r}")
    report = _checked("report", plain, "the report")
    suite = _checked("suite", report["suite"], "suite")
    environment = Environment(**_checked("environment", report["environment"], "environment"))
    if environment.shard and _no_shard(environment.shard):
        raise _Damaged(f"environment has shard = {environment.shard!r}")
    record = RunRecord(
        environment.profile,
        environment.seed,
        environment.repeat,
        shard=environment.shard,
        planned=report["planned"],
        not_asked=set(report["not_asked"]),
        troubles=set(report["troubles"]),
        unfinished=report["unfinished"],
    )
    for i, row in enumerate(report["results"]):
        result = dict(_checked("result", row, f"results[{i}]"))
        if result["verdict"] not in VERDICTS:
            raise _Damaged(f"results[{i}] has the verdict {result['verdict']!r}")
        nodeid = result.pop("id")
        coverage = _coverage(report["coverage"].get(nodeid), f"the coverage of {nodeid}")
        record.results[nodeid] = Result.from_dict({**result, "coverage": coverage})
    for nodeid, failure in report["failures"].items():
        record.failures[nodeid] = _checked("failure", failure, f"the failure of {nodeid}")
    record.expect([*record.results, *report["not_run"]])
    return Report(
        suite=Suite(suite["version"], _rows(suite["properties"], 3, "suite.properties")),
        environment=environment,
        started=report["started"],
        seconds=report["seconds"],
        record=record,
    )


def _no_shard(text: str) -> bool:
    try:
        Shard.parse(text)
    except ValueError:
        return True
    return False


def _checked(part: str, plain: Any, where: str) -> dict[str, Any]:
    """``plain`` with the fields of this part, if it has them all and they are of their types."""
    if not isinstance(plain, dict):
        raise _Damaged(f"{where} is missing")
    plain = {**ADDED.get(part, {}), **plain}
    for name, types in FIELDS[part].items():
        if name not in plain:
            raise _Damaged(f"{where} lacks {name!r}")
        if not isinstance(plain[name], types) or isinstance(plain[name], bool):
            raise _Damaged(f"{where} has {name} = {plain[name]!r}")
    return {name: plain[name] for name in FIELDS[part]}


def _coverage(plain: Any, where: str) -> dict[str, Any]:
    coverage = _checked("coverage", plain, where)
    counts = [n for numbers in coverage["dimensions"].values() for n in numbers.values()]
    triples = [t for classes in coverage["shares"].values() for t in classes.values()]
    numbers = counts + [n for triple in _rows(triples, 3, where) for n in triple]
    numbers += [row[4] for row in _rows(coverage["pairs"], 5, where)]
    if not all(isinstance(n, _Number) for n in numbers):
        raise _Damaged(f"{where} has something that is no number")
    return coverage


def _rows(rows: list[Any], length: int, where: str) -> tuple[tuple[Any, ...], ...]:
    if not all(isinstance(row, list) and len(row) == length for row in rows):
        raise _Damaged(f"{where} has rows that are not {length} long")
    return tuple(tuple(row) for row in rows)
