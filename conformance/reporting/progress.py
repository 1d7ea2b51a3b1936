"""The progress of a run in one line of a terminal, which is overwritten."""

from __future__ import annotations

import time

from conformance.checking.results import FAILS
from conformance.reporting.summary import RunRecord


class Progress:
    """The progress of a run. The run begins when this object is made."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self.started = time.monotonic()

    def line(self, width: int) -> str:
        """At most ``width`` columns; the last words are left out first."""
        elapsed = max(time.monotonic() - self.started, 1e-3)
        results = list(self.record.results.values())
        done, expected = len(results), len(self.record.expected)
        shares = [r.worst_share for r in results if r.worst_share is not None]
        failing = sum(r.verdict == FAILS for r in results)
        parts = [f"{done} of {expected} tests", f"{self.record.cases} cases"]
        parts.append(f"{self.record.cases / elapsed:.0f}/s")
        if done and done < expected:
            parts.append(f"about {_minutes(elapsed * (expected - done) / done)} left")
        if shares:
            parts.append(f"worst share {max(shares):.2f}")
        if failing:
            parts.insert(1, f"{failing} fail")
        while len(" · ".join(parts)) > width and len(parts) > 1:
            parts.pop()
        return " · ".join(parts)


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
