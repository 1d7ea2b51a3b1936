"""A run that is told to end, by SIGINT (Ctrl-C) or SIGTERM (as CI does it), still reports."""

from __future__ import annotations

import signal
import threading
import time

import pytest

#: What is heard again within so many seconds is the same: a terminal tells parent and child.
SAME = 2.0


class Interruption:
    """Ends the run as with Ctrl-C. The workers of xdist are ended by their controller."""

    def __init__(self) -> None:
        self.heard = float("-inf")
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.hear)

    def hear(self, number: int, frame: object) -> None:
        """Raise in whatever is running."""
        again = time.monotonic() - self.heard < SAME
        self.heard = time.monotonic()
        if not again:
            raise KeyboardInterrupt("the run was told to end")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> None:
        """End it also where a layer swallows what is raised."""
        if self.heard > 0:
            item.session.shouldstop = "the run was told to end"
