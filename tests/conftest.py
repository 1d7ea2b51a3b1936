"""What holds for all tests of the suite itself."""

from __future__ import annotations

import hypothesis
import pytest

from conformance.checking import search as searching
from conformance.running.example_database import Examples


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed in another test, or in an earlier run, is not asked first."""
    monkeypatch.setattr(searching, "open_database", lambda text: Examples(None))


@pytest.fixture(autouse=True)
def _a_forced_seed_is_for_tests_with_examples(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--hypothesis-seed`` does not reach the checks that other tests run with seeds of theirs."""
    if not getattr(request.function, "is_hypothesis_test", False):
        monkeypatch.setattr(hypothesis.core, "global_force_seed", None)
