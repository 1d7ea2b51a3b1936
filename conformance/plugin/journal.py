"""What a run has found so far, in a file: all that is left of it if its process ends."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional

from conformance.checking.results import Result
from conformance.reporting.header import Environment
from conformance.reporting.summary import RunRecord

#: Under these names a test's result and the report of its failure travel from an xdist worker
#: to the controller, as JSON, with pytest's own report of the test; and a sentence of trouble.
RESULT, FAILURE = "conformance_result", "conformance_failure"
TROUBLE = "conformance_trouble"


def enter(record: RunRecord, nodeid: str, travelled: Mapping[str, Any]) -> None:
    """Enter into the record what has travelled with the report of a test."""
    result = Result.from_dict(json.loads(travelled[RESULT]))
    failure = json.loads(travelled[FAILURE]) if FAILURE in travelled else None
    record.add(nodeid, result, failure)
    record.troubles |= {travelled[TROUBLE]} - {""}


class Journal:
    """The writing side: a line for everything that happens, written at once.

    Only the process that made it writes. A copy of it that a layer makes (``os.fork``) does not.
    """

    def __init__(self, path: Optional[Path]) -> None:
        self.path, self.process = path, os.getpid()

    def write(self, **line: Any) -> None:
        """Add a line. What cannot be written is missing, and the run is incomplete for it."""
        if self.path is None or os.getpid() != self.process:
            return
        with contextlib.suppress(OSError), open(self.path, "a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")


@dataclass
class Story:
    """The reading side: what a run has written before it ended, well or not.

    ``status`` is the exit status that it came to, None where it did not come so far;
    ``usage`` what was wrong with how it was started; ``during`` the test that was running.
    """

    status: Optional[int] = None
    usage: Optional[list[str]] = None
    during: str = ""
    environment: Optional[Environment] = None
    record: RunRecord = field(default_factory=lambda: RunRecord("", 0, ""))

    @classmethod
    def read(cls, path: Path) -> Story:
        """The story in a journal, as far as it goes: what is gone or cut off was not told."""
        story = cls()
        with contextlib.suppress(OSError, ValueError):
            for line in path.read_text(encoding="ascii").splitlines():
                story._add(json.loads(line))
        return story

    def _add(self, line: dict[str, Any]) -> None:
        self.status = line.get("status", self.status)
        self.usage = line.get("usage", self.usage)
        self.during = line.get("during", self.during)
        if "environment" in line:
            self.environment = Environment(**line["environment"])
            self.record.shard = self.environment.shard
            for name in ("profile", "seed", "repeat"):
                setattr(self.record, name, getattr(self.environment, name))
        if "expected" in line:
            self.record.expect(line["expected"])
            self.record.planned = line["planned"] or self.record.planned
            self.record.not_asked |= set(line["not_asked"])
        if "nodeid" in line:
            enter(self.record, line["nodeid"], line["travelled"])
