"""The outcome of each trial, and the JSON file that keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

from conformance.running.writing import FileError, write_whole

FORMAT = "rnn-conformance score 1"

CAUGHT, MISSED = "caught", "MISSED"
#: Of a control: no property failed, as it should be; or one failed.
CLEAN, ALARM = "clean", "CALLED FAULTY"
#: The fault could not be seeded, or its process died.
BROKEN = "BROKEN"
GOOD = (CAUGHT, CLEAN)


class ScoreError(FileError):
    """A score that cannot be read, or an option of it; one clear sentence."""


@dataclass(frozen=True)
class Trial:
    """The outcome of the suite on one fault or control.

    ``found_by`` is the property that failed first, with its sentence, mode, dtype and what it said.
    ``cases`` were run until then, in ``seconds`` of wall-clock time that include starting the
    process, and in ``cpu_seconds``. ``caught_by`` names all that fail, where all were asked.
    """

    name: str
    kind: str
    group: str
    description: str
    verdict: str
    found_by: str = ""
    sentence: str = ""
    mode: Optional[str] = None
    dtype: str = ""
    reason: str = ""
    cases: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    caught_by: Optional[list[str]] = None

    @property
    def good(self) -> bool:
        """A fault that is caught, or a control that is clean."""
        return self.verdict in GOOD


@dataclass
class Score:
    """A score: the environment, the options, and the trials so far. No ``dtypes``: all."""

    implementation: str
    versions: dict[str, str]
    python: str
    profile: str
    seed: int
    everything: bool
    started: str
    dtypes: list[str] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    #: A run goes on with a file only if these are the same.
    SAME = ("implementation", "versions", "python", "profile", "seed", "everything", "dtypes")

    def key(self) -> list[Any]:
        """Scores with different keys cannot be merged."""
        return [getattr(self, name) for name in self.SAME]


def read_score(path: Path) -> Score:
    """Read a score.

    Raises:
        ScoreError: it cannot be read, or is not a file of ``rnn-conformance score``.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScoreError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ScoreError(f"{path}: is not a JSON file") from error
    try:
        if plain.pop("format") != FORMAT:
            raise ValueError(FORMAT)
        trials = [Trial(**trial) for trial in plain.pop("trials")]
        return Score(**plain, trials=trials)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ScoreError(f"{path}: is not a file of rnn-conformance score") from error


def write_score(score: Score, path: Path) -> None:
    """Write a score, whole or not at all.

    Raises:
        FileError: it cannot be written.
    """
    text = json.dumps({"format": FORMAT, **asdict(score)}, indent=1, ensure_ascii=False)
    write_whole(path, text + "\n")
