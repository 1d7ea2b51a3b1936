"""The line of progress: in a terminal, in place of dots; a log is left as it was."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest
from command_line import PROPERTIES, run_pytest
from pages import a_result

from conformance.reporting.progress import Progress
from conformance.reporting.summary import RunRecord

NUMPY = (
    "--implementation", "numpy", "--dtypes", "float32,float64", "--max-examples", "5",
    "-k", "test_recurrence",
)  # fmt: skip


def in_a_terminal(folder, *arguments):
    """What a run writes to a terminal of 100 columns, and its exit status."""
    pty = pytest.importorskip("pty")  # not on Windows
    import fcntl
    import struct
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "PYTEST_ADDOPTS")}
    environment.update(TERM="xterm", NO_COLOR="1")
    environment.pop("PYTEST_XDIST_WORKER", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", PROPERTIES, *arguments],
        cwd=folder, env=environment, stdin=its, stdout=its, stderr=its,
    )  # fmt: skip
    os.close(its)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return written.decode().replace("\r\n", "\n"), process.wait(timeout=60)


LINE = r"\r(\d) of 6 tests · (\d+) cases · \d+/s(?: · about \d+:\d\d left)? · worst share \d\.\d\d"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_terminal_shows_one_line_that_replaces_itself(tmp_path, workers):
    text, status = in_a_terminal(tmp_path, *NUMPY, "-n", workers)
    assert status == 0
    shown = re.findall(LINE, text)
    assert [int(done) for done, _ in shown] == [1, 2, 3, 4, 5, 6]
    cases = [int(n) for _, n in shown]
    assert cases == sorted(cases)
    total = int(re.search(r"CONFORMS in (\d+) cases", text)[1])
    assert cases[-1] == total
    pieces = [piece for line in text.splitlines() for piece in line.split("\r")]
    assert all(len(piece) < 100 for piece in pieces if " of 6 tests" in piece)
    assert not re.search(r"^\.+", text, re.MULTILINE)
    assert "left" not in re.split(r"\r6 of 6", text)[1].splitlines()[0]


@pytest.mark.parametrize("option", ["-v", "-q"])
def test_who_asks_for_more_or_less_gets_what_pytest_has(tmp_path, option):
    text, status = in_a_terminal(tmp_path, *NUMPY, option, "-n", "0")
    assert status == 0
    assert " of 6 tests" not in text


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_log_gets_dots(tmp_path, workers):
    done = run_pytest(tmp_path, *NUMPY, "-n", workers)
    assert " of 6 tests" not in done.text
    assert "\r" not in done.text
    assert re.search(r"\.\.\.", done.text)


@pytest.fixture
def record():
    made = RunRecord("default", 1, "")
    made.expect(f"test_{i}" for i in range(10))
    return made


def test_what_is_left_is_reckoned_from_what_is_done(record, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress(record)
    record.results["test_0"] = a_result(cases=40, worst_share=0.25)
    record.results["test_1"] = a_result(cases=60, worst_share=0.75)
    now[0] = 120.0
    assert progress.line(100) == (
        "2 of 10 tests · 100 cases · 5/s · about 1:20 left · worst share 0.75"
    )


def test_failures_so_far_are_counted(record):
    record.results["test_0"] = a_result(verdict="fails")
    assert Progress(record).line(100).startswith("1 of 10 tests · 1 fail · 10 cases")


@pytest.mark.parametrize("width", [80, 60, 40, 20])
def test_it_fits_the_terminal(record, width):
    record.results["test_0"] = a_result()
    line = Progress(record).line(width)
    assert len(line) <= width
    assert line.startswith("1 of 10 tests")


def test_before_the_first_result_nothing_is_promised(record):
    assert Progress(record).line(100) == "0 of 10 tests · 0 cases · 0/s"
