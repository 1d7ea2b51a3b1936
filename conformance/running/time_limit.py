"""A limit on how long the thing under test may take for one case.

Where the system has alarms (not on Windows) the call is interrupted, in the main thread, which is
where the libraries under test expect to be. Elsewhere it runs in a thread that is left behind.
Either way a loop in Python and a wait ends. What swallows the interruption has taken too long all
the same. What swallows every one, or waits in native code, is ended with its process where
`end_what_never_returns` was called. While a module is imported the clock stands still.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from types import FrameType
from typing import Callable, Optional, TypeVar

Result = TypeVar("Result")

#: Every so many seconds it is asked whether a module is being imported, and after the limit the
#: call is interrupted again, in case it went on.
AGAIN = 1.0
#: Longer limits are refused: eleven days.
LONGEST = 1e6
#: Importing modules may take so long before it counts.
IMPORTING = 600.0
#: What goes on for so long after its limit, however often it was interrupted, never returns.
GRACE = 15.0
#: The status of a process that was ended for that.
STATUS = 124


class TimeLimitReached(BaseException):
    """The call took too long. No `Exception`: what is called should not catch it."""


def call_within(seconds: Optional[float], function: Callable[[], Result]) -> Result:
    """What ``function()`` returns or raises; None or 0 seconds is no limit.

    Raises:
        TimeLimitReached: it takes longer, whatever it returns or raises in the end.
    """
    if not seconds:
        return function()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if hasattr(signal, "setitimer") and in_main_thread:
        return _Alarm(seconds).call(function)
    return _in_thread(seconds, function)


class _Alarm:
    """An alarm that goes off while one function runs."""

    def __init__(self, seconds: float) -> None:
        self.last = time.monotonic()
        self.deadline = self.last + seconds
        self.latest = self.deadline + IMPORTING
        self.tick = min(seconds, AGAIN)
        self.running, self.reached = True, False

    def ring(self, signal_number: int, frame: Optional[FrameType]) -> None:
        """Stop the clock while a module is imported; after the limit, interrupt."""
        now = time.monotonic()
        if not self.reached and _importing(frame):
            self.deadline = min(self.deadline + now - self.last, self.latest)
        self.last = now
        if self.running and now >= self.deadline:
            self.reached = True
            self.deadline = now + AGAIN
            raise TimeLimitReached

    def call(self, function: Callable[[], Result]) -> Result:
        """What it returns or raises, in time; what others set up is as it was."""
        started = time.monotonic()
        handler_before = signal.signal(signal.SIGALRM, self.ring)
        delay_before, again_before = signal.setitimer(signal.ITIMER_REAL, self.tick, self.tick)
        watched_before, _watch.alarm = _watch.alarm, self
        try:
            try:
                result = function()
            finally:
                self.running = False
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if self.late and not isinstance(error, TimeLimitReached):
                raise TimeLimitReached from error
            raise
        finally:
            self.running = False  # again: the alarm may go off just before it is so
            _watch.alarm = watched_before
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler_before or signal.SIG_DFL)
            if delay_before:  # somebody else's limit on the whole test, for example
                left = max(delay_before - (time.monotonic() - started), 1e-3)
                signal.setitimer(signal.ITIMER_REAL, left, again_before)
        if self.late:
            raise TimeLimitReached
        return result

    @property
    def late(self) -> bool:
        """Whether it took too long, also where the alarm was swallowed or taken away."""
        return self.reached or time.monotonic() >= self.deadline


def _importing(frame: Optional[FrameType]) -> bool:
    """Whether what runs here, called with a limit, is importing a module."""
    while frame is not None and frame.f_code is not _Alarm.call.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _in_thread(seconds: float, function: Callable[[], Result]) -> Result:
    returned: list[Result] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(function())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not returned:
        raise TimeLimitReached
    return returned[0]


class _Watch(threading.Thread):
    """Ends the process of what does not return; waits beside it, and costs it nothing."""

    alarm: Optional[_Alarm] = None

    def run(self) -> None:
        seen, seconds = None, 0.0
        while True:
            time.sleep(AGAIN)
            alarm = self.alarm
            # Counted, not read from a clock: who holds the interpreter's lock stops both of them.
            seconds = seconds + AGAIN if alarm is not None and alarm is seen and alarm.late else 0.0
            seen = alarm
            if seconds >= GRACE:
                with contextlib.suppress(OSError):
                    os.write(2, _NEVER.encode())
                os._exit(STATUS)


_NEVER = f"ERROR: a case did not return, {GRACE:g} s after its time limit; the process ends\n"
_watch = _Watch(daemon=True)


def end_what_never_returns() -> None:
    """From now on a call that does not return after its limit ends this process.

    It says so on standard error; the status is `STATUS`.
    """
    if not _watch.is_alive():
        _watch.start()
