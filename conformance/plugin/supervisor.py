"""The run is done by a child, and judged by a process that the thing under test cannot end.

A layer may end its process, with status 0 at that: ``os._exit(0)``, a crash in native code, a
kill for want of memory. So the process that was started imports nothing that is tested. It puts
in place reports that say *incomplete*, starts the run in a child, waits, and passes on the
child's exit status where the child has said it. Otherwise it writes the reports of what was found
till then (`conformance.plugin.journal`), and fails.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest

from conformance.plugin.journal import Journal, Story
from conformance.reporting.files import report_path, write_reports, write_unfinished
from conformance.reporting.header import Environment
from conformance.reporting.json_report import Report, ReportError
from conformance.reporting.suite import this_suite
from conformance.reporting.summary import RunRecord, summary_lines

#: Names the journal to a child that is not a copy of its parent.
VARIABLE = "RNN_CONFORMANCE_JOURNAL"
JOURNAL = pytest.StashKey[Journal]()
#: These only print something.
_PRINTING = ("help", "version", "collectonly", "markers", "showfixtures", "show_fixtures_per_test")
_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG


def supervised(config: pytest.Config) -> Optional[int]:
    """The exit status of the run, from the parent; None to go on with it in this process.

    Raises:
        pytest.UsageError: what the run's process was told is wrong.
    """
    if JOURNAL in config.stash:
        return None
    path = os.environ.pop(VARIABLE, None)
    if path is not None:
        return _done(config, Journal(Path(path)))
    is_worker = hasattr(config, "workerinput")
    prints = any(getattr(config.option, name, False) for name in _PRINTING)
    if is_worker or prints or config.getoption("--unsupervised"):
        return None
    put_in_place(config)
    started = time.time()
    descriptor, name = tempfile.mkstemp(prefix="rnn-conformance-")
    os.close(descriptor)
    try:
        status = _in_a_child(config, Path(name))
        return None if status is None else _judged(config, Story.read(Path(name)), status, started)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def put_in_place(config: pytest.Config, environment: Optional[Environment] = None) -> None:
    """Let every report that is asked for say that the run has not ended.

    Raises:
        pytest.UsageError: one cannot be written.
    """
    story = Story(environment=environment)
    story.record.unfinished = "the run has not ended, or was ended from outside"
    try:
        write_unfinished(_report(config, story, time.time()), report_paths(config))
    except ReportError as error:
        raise pytest.UsageError(f"--report: {error}") from error


def report_paths(config: pytest.Config) -> list[Path]:
    """The files that are asked for.

    Raises:
        ReportError: one of them cannot be written.
    """
    return [report_path(text) for text in config.getoption("--report")]


def _report(config: pytest.Config, story: Story, started: float) -> Report:
    environment = story.environment or Environment.unknown(config.getoption("--implementation"))
    return report_of(story.record, environment, started)


def report_of(record: RunRecord, environment: Environment, started: float) -> Report:
    """The report of a run that began at this time, as far as it is."""
    when = datetime.fromtimestamp(started, timezone.utc).isoformat(timespec="seconds")
    return Report(this_suite(), environment, when, time.time() - started, record)


def _done(config: pytest.Config, journal: Journal) -> int:
    """Run in this process, and say in the journal what came of it."""
    config.stash[JOURNAL] = journal
    try:
        status = int(config.hook.pytest_cmdline_main(config=config))
    except pytest.UsageError as error:
        journal.write(usage=[str(part) for part in error.args])
        status = int(pytest.ExitCode.USAGE_ERROR)
    journal.write(status=status)
    return status


# --- The child -------------------------------------------------------------------------------


def _in_a_child(config: pytest.Config, journal: Path) -> Optional[int]:
    """Start the run and wait for its process; the status of that, negative for a signal.

    None where it cannot be started as it is.
    """
    can_fork = hasattr(os, "fork") and threading.active_count() == 1
    if not can_fork and config.invocation_params.plugins:
        return None
    _flush()
    if can_fork:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads that NumPy has, and knows how to fork
            child = os.fork()
        if child == 0:
            _be_the_child(config, Journal(journal))
        with _passing_on_signals(lambda number: os.kill(child, number)):
            return _status(os.waitpid(child, 0)[1])
    arguments = [str(argument) for argument in config.invocation_params.args]
    command = [sys.executable, "-m", "pytest", *arguments]
    process = subprocess.Popen(command, env={**os.environ, VARIABLE: str(journal)})
    with _passing_on_signals(process.send_signal):
        return process.wait()


def _be_the_child(config: pytest.Config, journal: Journal) -> None:
    """Run, and end: whoever has called pytest goes on in the parent alone."""
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        _end_with_parent()
        status = _done(config, journal)
        config._ensure_unconfigure()
        atexit._run_exitfuncs()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _flush()
        os._exit(status)


def _end_with_parent() -> None:
    """Nobody would read what is found after the parent was killed. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)


def _status(waited: int) -> int:
    return -os.WTERMSIG(waited) if os.WIFSIGNALED(waited) else os.WEXITSTATUS(waited)


@contextlib.contextmanager
def _passing_on_signals(send: Callable[[int], None]) -> Iterator[None]:
    """Let the child be told what this process is told; what it hears twice it heeds once."""

    def pass_on(number: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            send(number)

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if _in_main_thread()]
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


# --- The judge -------------------------------------------------------------------------------


def _judged(config: pytest.Config, story: Story, status: int, started: float) -> int:
    """The exit status: the one that the run has come to, else that of a failure."""
    if story.usage is not None:
        raise pytest.UsageError(*story.usage)
    if story.status is not None:
        if story.status == 0 and status != 0:
            _say([f"ERROR: after the run its process {_ended(status)}"])
        return story.status or abs(status)
    during = f" during {story.during}" if story.during else ""
    tested = config.getoption("--implementation")
    story.record.unfinished = f"the process that tested {tested} {_ended(status)}{during}"
    lines = summary_lines(story.record, 100)
    try:
        lines += write_reports(_report(config, story, started), report_paths(config))
    except ReportError as error:
        lines.append(f"ERROR: --report: {error}")
    _say(["", " RNN conformance ".center(80, "="), *lines])
    return int(pytest.ExitCode.TESTS_FAILED)


def _ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"


def _say(lines: list[str]) -> None:
    """Print, whatever the output can take, if there is one."""
    text = "\n".join(lines) + "\n"
    with contextlib.suppress(Exception):
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    _flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
