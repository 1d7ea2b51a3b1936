"""Where failing cases are kept, to be tried first in the next run: Hypothesis's own databases.

A folder, a Redis server that several machines share, or the artifact of an earlier run on GitHub.
A database that fails during a run does not stop it: it is said once, and cases are kept no more.
"""

from __future__ import annotations

import importlib
import re
import warnings
from pathlib import Path
from typing import Any, Callable, Iterable, Optional

from hypothesis import settings
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    InMemoryExampleDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)
from hypothesis.errors import HypothesisSideeffectWarning

from conformance.running.text import message_of, one_line
from conformance.running.writing import FileError, try_folder, writing

#: What the artifact on GitHub is called; `.github/workflows/nightly.yml` uploads it.
ARTIFACT = "rnn-conformance-examples"
#: What may be asked for.
CHOICES = "a folder, redis://HOST:PORT/DB, github:OWNER/REPOSITORY or none"
_PROBE = b"rnn-conformance"


class DatabaseError(Exception):
    """A database that cannot be used; one clear sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(one_line(sentence))


class Examples(ExampleDatabase):
    """A database whose errors never stop a run. ``trouble`` keeps the first error.

    Args:
        database: the database itself, None for none.
        name: what the user calls it.
    """

    def __init__(self, database: Optional[ExampleDatabase], name: str = "") -> None:
        super().__init__()
        self.database, self.name = database, name
        #: What it raised first; empty while it works.
        self.trouble = ""

    def _ask(self, request: Callable[[ExampleDatabase], Any]) -> Any:
        if self.database is None or self.trouble:
            return []
        try:
            return request(self.database)
        except Exception as error:  # as below
            self.trouble = (
                f"{one_line(self.name or 'the example database')}: {_first_line(error)}; "
                "failing cases are no longer kept"
            )
            return []

    def save(self, key: bytes, value: bytes) -> None:
        self._ask(lambda database: database.save(key, value))

    def fetch(self, key: bytes) -> Iterable[bytes]:
        values: list[bytes] = self._ask(lambda database: list(database.fetch(key)))
        return values

    def delete(self, key: bytes, value: bytes) -> None:
        self._ask(lambda database: database.delete(key, value))


class OfOnePart(ExampleDatabase):
    """The run's database as one part of a test sees it.

    All parts keep failing cases under one name, whatever their number, and the first part tries
    them again. A case is kept as Hypothesis's choices, which mean the same with the same seed only
    (it decides which sizes there are): they are filed by seed.

    Args:
        database: the run's database.
        name: of the test, the same for all parts.
        seed: of the run whose cases are kept or tried again.
        tried_again: whether this part does it.
    """

    def __init__(self, database: ExampleDatabase, name: str, seed: int, tried_again: bool) -> None:
        super().__init__()
        self.database, self.tried_again = database, tried_again
        self._seed = str(seed).encode()
        self._seeds = f"rnn-conformance seeds of {name}".encode()

    def seeds(self) -> list[int]:
        """The seeds of all runs in which the test failed."""
        return sorted(int(seed) for seed in self.database.fetch(self._seeds) if _is_integer(seed))

    def forget(self) -> None:
        """Remove this seed, under which the test no longer fails."""
        self.database.delete(self._seeds, self._seed)

    def save(self, key: bytes, value: bytes) -> None:
        self.database.save(self._seeds, self._seed)
        self.database.save(key + b"@" + self._seed, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return self.database.fetch(key + b"@" + self._seed) if self.tried_again else []

    def delete(self, key: bytes, value: bytes) -> None:
        self.database.delete(key + b"@" + self._seed, value)


def _is_integer(text: bytes) -> bool:
    return re.fullmatch(rb"-?[0-9]+", text) is not None


def open_database(text: Optional[str]) -> Examples:
    """The database that the user names; Hypothesis's own where None is given.

    Raises:
        DatabaseError: it cannot be reached, read or written, or is none of `CHOICES`.
    """
    if text is None:
        return Examples(settings().database, "the example database")
    if text == "none":
        return Examples(None)
    with warnings.catch_warnings():
        # Hypothesis says with warnings what it cannot get from GitHub; and that it is early to ask.
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", HypothesisSideeffectWarning)
        database = _named(text)
        try:
            list(database.fetch(_PROBE))
        except Exception as error:  # whatever a file system, a client or a server may raise
            raise DatabaseError(f"{text}: {_first_line(error)}") from error
    return Examples(database, text)


def _named(text: str) -> ExampleDatabase:
    scheme = text.partition(":")[0]
    if scheme in ("redis", "rediss", "unix"):
        return _redis(text)
    if scheme == "github":
        return _github(text)
    if "://" in text or not text:
        raise DatabaseError(f"{text!r}: must be {CHOICES}")
    _try_folder(Path(text))
    return DirectoryBasedExampleDatabase(Path(text))


def _redis(url: str) -> ExampleDatabase:
    try:
        redis = importlib.import_module("redis")
        extra = importlib.import_module("hypothesis.extra.redis")
    except ImportError as error:
        raise DatabaseError(
            f"{url}: redis is not installed: pip install 'rnn-conformance[redis]'"
        ) from error
    try:
        client = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10)
    except ValueError as error:
        raise DatabaseError(f"{url}: {error}") from error
    database: ExampleDatabase = extra.RedisExampleDatabase(client)
    return database


def _github(text: str) -> ExampleDatabase:
    """Read the artifact of an earlier run. New failing cases go into the local folder."""
    repository = re.fullmatch(r"github:([\w.-]+)/([\w.-]+)", text)
    if repository is None:
        raise DatabaseError(f"{text}: must be github:OWNER/REPOSITORY")
    uploaded = GitHubArtifactDatabase(repository[1], repository[2], artifact_name=ARTIFACT)
    here = settings().database or InMemoryExampleDatabase()
    return MultiplexedDatabase(here, ReadOnlyDatabase(uploaded))


def _try_folder(folder: Path) -> None:
    try:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            try_folder(folder)
    except FileError as error:
        raise DatabaseError(str(error)) from error


def _first_line(error: BaseException) -> str:
    return (message_of(error) or type(error).__name__).rstrip(". ")
