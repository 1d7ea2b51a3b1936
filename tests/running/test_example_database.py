"""Failing cases are kept where the user says, and a database that fails does not stop a run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest
from command_line import folder_of_a_user, run_pytest
from hypothesis import configuration
from hypothesis.database import InMemoryExampleDatabase
from subjects import LAST_OUTPUT, forward, subject_of

from conformance.checking.check import check
from conformance.implementations.function import FunctionImplementation
from conformance.running.example_database import (
    ARTIFACT,
    DatabaseError,
    Examples,
    OfOnePart,
    open_database,
)
from conformance.running.parts import WHOLE, Part

KEY, VALUE = b"key", b"value"


def test_a_folder_keeps_what_it_is_given(tmp_path):
    open_database(str(tmp_path / "new" / "folder")).save(KEY, VALUE)
    assert list(open_database(str(tmp_path / "new" / "folder")).fetch(KEY)) == [VALUE]


def test_none_keeps_nothing():
    examples = open_database("none")
    examples.save(KEY, VALUE)
    assert list(examples.fetch(KEY)) == []
    assert examples.trouble == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("s3://bucket", "'s3://bucket': must be a folder, redis://HOST:PORT/DB, github:"),
        ("", "'': must be a folder"),
        ("github:me", "github:me: must be github:OWNER/REPOSITORY"),
    ],
)
def test_another_place_is_an_error(text, sentence):
    with pytest.raises(DatabaseError) as raised:
        open_database(text)
    assert str(raised.value).startswith(sentence)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="file: cannot be written: "):
        open_database(str(tmp_path / "file"))


def test_trying_a_folder_touches_nothing_that_is_there(tmp_path):
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / ".rnn-conformance").symlink_to(tmp_path / "precious")
    before = sorted(folder.iterdir())
    open_database(str(folder))
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "mine"
    assert sorted(folder.iterdir()) == before


def test_several_may_open_a_folder_at_once(tmp_path):
    folder = str(tmp_path / "kept")

    def opened(_):
        return [open_database(folder).trouble for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        troubles = [trouble for some in pool.map(opened, range(8)) for trouble in some]
    assert set(troubles) == {""}


class Broken(InMemoryExampleDatabase):
    """Works once."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def save(self, key, value):
        self.asked += 1
        raise OSError(28, "No space left on device")


def test_a_database_that_fails_is_told_of_once_and_asked_no_more():
    broken = Broken()
    examples = Examples(broken, "redis://there")
    examples.save(KEY, VALUE)
    examples.save(KEY, VALUE)
    assert broken.asked == 1
    assert examples.trouble == (
        "redis://there: [Errno 28] No space left on device; failing cases are no longer kept"
    )


def of_part(kept, seed=1, first=True):
    return OfOnePart(kept, "test_a", seed, tried_again=first)


def test_the_first_part_tries_again_what_all_parts_keep():
    kept = InMemoryExampleDatabase()
    of_part(kept, first=False).save(KEY, VALUE)
    assert list(of_part(kept).fetch(KEY)) == [VALUE]
    assert list(of_part(kept, first=False).fetch(KEY)) == []


def test_what_failed_is_filed_by_the_seed_that_it_needs():
    kept = InMemoryExampleDatabase()
    of_part(kept, seed=7).save(KEY, VALUE)
    assert list(of_part(kept, seed=8).fetch(KEY)) == []
    assert of_part(kept, seed=8).seeds() == [7]
    of_part(kept, seed=7).forget()
    assert of_part(kept, seed=8).seeds() == []


def wrong(x, Wx, Wh, bh, Wo, bo):
    return forward(x, Wx, Wh.T, bh, Wo, bo)


def checked(function, kept, seed, cases, part=WHOLE):
    """The result of a run that keeps its failing cases there."""
    run = {"max_examples": cases, "seed": seed, "examples": Examples(kept)}
    subject = subject_of(FunctionImplementation(function, "mine:forward"), **run)
    return check(LAST_OUTPUT, subject.only(part))


@pytest.mark.parametrize("parts", [1, 3])
def test_a_failing_case_is_tried_first_by_a_run_with_another_seed(parts):
    kept, part = InMemoryExampleDatabase(), Part(1, parts)
    assert checked(wrong, kept, 1, 200, part).cases > 1
    assert checked(wrong, kept, 2, 200, part).cases == 1
    assert checked(forward, kept, 3, 200, part).verdict == "conforms"
    assert checked(wrong, kept, 4, 200, part).cases > 1  # what does not fail is forgotten


def test_a_case_that_is_gone_does_not_keep_others_from_being_tried():
    kept = InMemoryExampleDatabase()
    assert checked(wrong, kept, 1, 50).cases
    for key in [key for key in kept.data if b"seeds of" not in key]:
        del kept.data[key]
    result = checked(forward, kept, 2, 50)
    assert result.verdict == "conforms"
    assert result.cases >= 50


# --- In a run --------------------------------------------------------------------------------

FAILING = ("--implementation", "mine:transposed", "-k", "last_output_equals and float32",
           "--max-examples", "200")  # fmt: skip


def failing_first(folder: Path, *options: object) -> int:
    """How many cases were counted in a run, with a seed that nobody chose, that must fail."""
    done = run_pytest(folder_of_a_user(folder), *FAILING, *options)
    assert done.status == 1, done.text
    return int(done.summary[-1].rpartition("cases: ")[2])


def test_what_failed_is_tried_first_by_another_machine(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    where = ("--example-database", tmp_path / "shared")
    failing_first(tmp_path / "a", *where)
    assert failing_first(tmp_path / "b", *where) == 1


#: A redis-server of the system's packages.
SERVER = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(SERVER is None, reason="redis-server is not installed")


@pytest.fixture
def redis(tmp_path):
    """The address of a Redis server, and its process."""
    pytest.importorskip("redis")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [SERVER, "--port", str(port), "--save", "", "--dir", str(tmp_path), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    for _ in range(100):
        try:
            open_database(url)
            break
        except DatabaseError:
            time.sleep(0.1)
    yield url, process
    process.kill()
    process.wait()


@needs_redis
def test_machines_share_what_failed_through_redis(redis, tmp_path):
    where = ("--example-database", redis[0])
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    failing_first(tmp_path / "one", *where)
    assert failing_first(tmp_path / "two", *where) == 1
    assert not (tmp_path / "two" / ".hypothesis" / "examples").exists()


@needs_redis
def test_a_server_that_dies_does_not_stop_the_run(redis, tmp_path):
    url, process = redis
    (tmp_path / "dying.py").write_text(
        "import os, signal\n"
        "from conformance.implementations.numpy_loop import NumpyLoop\n\n\n"
        "class Dying(NumpyLoop):\n"
        "    name = 'dying:Dying'\n\n"
        "    def network(self, *arguments, **options):\n"
        "        try:\n"
        f"            os.kill({process.pid}, signal.SIGKILL)\n"
        "        except ProcessLookupError:\n"
        "            pass\n"
        "        return super().network(*arguments, **options)\n"
    )
    done = run_pytest(
        tmp_path, "--implementation", "dying:Dying", "--example-database", url,
        "--max-examples", "3", "-k", "zero_weights or last_output_equals", "-n", "2",
    )  # fmt: skip
    assert done.status == 0, done.text
    assert "CONFORMS" in done.summary[0]
    told = [line for line in done.summary if line.startswith("warning: redis://")]
    assert len(told) == 1
    assert told[0].endswith("; failing cases are no longer kept")


def test_a_server_that_is_not_there_is_one_sentence(tmp_path):
    pytest.importorskip("redis")
    done = run_pytest(
        tmp_path, "--implementation", "numpy", "--example-database", "redis://127.0.0.1:1/0"
    )
    assert done.status == 4
    assert done.text.strip().startswith("ERROR: --example-database: redis://127.0.0.1:1/0: Error")
    assert len(done.text.strip().splitlines()) == 1


# --- The artifact of an earlier run on GitHub ------------------------------------------------


@pytest.fixture
def downloaded(tmp_path, monkeypatch):
    """Where Hypothesis puts what it has downloaded today; it asks the network no more."""
    monkeypatch.setattr(configuration, "__hypothesis_home_directory", tmp_path, raising=False)
    monkeypatch.setattr(
        configuration, "__hypothesis_home_directory_default", tmp_path, raising=False
    )
    folder = tmp_path / "github-artifacts" / ARTIFACT
    folder.mkdir(parents=True)
    return folder / f"{datetime.now(timezone.utc).isoformat().replace(':', '_')}.zip"


def test_what_failed_in_an_earlier_run_on_github_is_read(downloaded, tmp_path):
    kept = open_database(str(tmp_path / "kept"))
    kept.save(KEY, VALUE)
    with zipfile.ZipFile(downloaded, "w") as artifact:
        for path in (tmp_path / "kept").rglob("*"):
            artifact.write(path, path.relative_to(tmp_path / "kept"))
    assert VALUE in list(open_database("github:me/mine").fetch(KEY))


def test_a_damaged_artifact_is_called_so(downloaded):
    downloaded.write_bytes(b"PK no zip at all")
    with pytest.raises(DatabaseError, match=r"github:me/mine: The downloaded artifact .* invalid"):
        open_database("github:me/mine")


def test_without_a_network_github_is_one_sentence(tmp_path):
    if os.environ.get("GITHUB_ACTIONS"):
        pytest.skip("there is a network")
    done = run_pytest(
        tmp_path, "--implementation", "numpy", "--example-database", "github:no-such/no-such"
    )
    assert done.status == 4
    assert done.text.strip().startswith("ERROR: --example-database: github:no-such/no-such: Could")
