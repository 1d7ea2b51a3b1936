"""A limit on how long the thing under test may take for one case.

Where the system has alarms (not on Windows) the call is interrupted, in the main thread, which is
where the libraries under test expect to be. Elsewhere it runs in a thread that is left behind.
Either way a loop in Python and a wait ends; native code that never comes back to Python does not.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import Any, Callable, Optional, TypeVar

Result = TypeVar("Result")

#: After the limit the call is interrupted again every so many seconds, in case it went on.
AGAIN = 1.0


class TimeLimitReached(BaseException):
    """The call took too long. No `Exception`: what is called should not catch it."""


def call_within(seconds: Optional[float], function: Callable[[], Result]) -> Result:
    """What ``function()`` returns or raises; None or 0 seconds is no limit.

    Raises:
        TimeLimitReached: it takes longer.
    """
    if not seconds:
        return function()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if hasattr(signal, "setitimer") and in_main_thread:
        return _with_alarm(seconds, function)
    return _in_thread(seconds, function)


def _with_alarm(seconds: float, function: Callable[[], Result]) -> Result:
    running = True

    def stop(signal_number: int, frame: Any) -> None:
        if running:
            raise TimeLimitReached

    started = time.monotonic()
    handler_before = signal.signal(signal.SIGALRM, stop)
    delay_before, again_before = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return function()
    finally:
        while running:  # the alarm may go off until this is False
            try:
                running = False
            except TimeLimitReached:
                continue
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler_before or signal.SIG_DFL)
        if delay_before:  # somebody else's limit on the whole test, for example
            left = max(delay_before - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, again_before)


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
