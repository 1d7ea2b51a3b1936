"""A call that takes too long is ended, wherever it runs; what others set up stays."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from conformance.running import time_limit
from conformance.running.time_limit import TimeLimitReached, call_within

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms here")


def loop():
    while True:
        pass


def stubborn_loop():
    """Swallows the first interruption, as a bare except does."""
    try:
        loop()
    except BaseException:
        loop()


def in_a_thread(seconds, function):
    return time_limit._in_thread(seconds, function)


@pytest.mark.parametrize("limited", [call_within, in_a_thread])
def test_what_is_returned_in_time_is_returned(limited):
    assert limited(60, lambda: 7) == 7


@pytest.mark.parametrize("limited", [call_within, in_a_thread])
def test_what_is_raised_in_time_is_raised(limited):
    with pytest.raises(ZeroDivisionError):
        limited(60, lambda: 1 / 0)


@pytest.mark.parametrize("limited", [call_within, in_a_thread])
def test_a_wait_is_ended(limited):
    started = time.monotonic()
    with pytest.raises(TimeLimitReached):
        limited(0.1, lambda: time.sleep(20))
    assert time.monotonic() - started < 10


@needs_alarms
def test_a_loop_is_ended_even_one_that_goes_on(monkeypatch):
    monkeypatch.setattr(time_limit, "AGAIN", 0.05)
    for function in (loop, stubborn_loop):
        with pytest.raises(TimeLimitReached):
            call_within(0.05, function)


def test_no_limit_sets_no_alarm(monkeypatch):
    monkeypatch.setattr(time_limit, "_with_alarm", None)
    monkeypatch.setattr(time_limit, "_in_thread", None)
    assert call_within(None, lambda: 7) == call_within(0, lambda: 7) == 7


def test_outside_the_main_thread_there_is_a_limit_too():
    caught = []

    def other():
        try:
            call_within(0.05, lambda: time.sleep(20))
        except TimeLimitReached as error:
            caught.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(10)
    assert len(caught) == 1


@needs_alarms
def test_an_alarm_of_somebody_else_still_comes():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        assert call_within(60, lambda: time.sleep(0.05)) is None
        assert not rung
        time.sleep(0.5)
        assert rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
