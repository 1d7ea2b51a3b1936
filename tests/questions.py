"""What a strategy gives, for tests that count it."""

from __future__ import annotations

from hypothesis import given, settings


def drawn(strategy, examples):
    """What a strategy gives, the same every time."""
    found = []

    @settings(max_examples=examples, database=None, derandomize=True, deadline=None)
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found
