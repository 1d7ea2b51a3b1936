"""What holds for all tests of the suite itself."""

from __future__ import annotations

import pytest

from conformance.checking import search as searching
from conformance.running.example_database import Examples


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed in another test, or in an earlier run, is not asked first."""
    monkeypatch.setattr(searching, "open_database", lambda text: Examples(None))
