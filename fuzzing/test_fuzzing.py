"""Every property as a Hypothesis test of its own, for HypoFuzz, which searches by coverage.

    hypothesis fuzz -n 2 -- fuzzing --implementation numpy

A case that fails is filed by HypoFuzz in Hypothesis's database, and shown on its page. Known
deviations do not count. Under pytest these are the same tests as in conformance/properties.
"""

from __future__ import annotations

from typing import Any, Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.checking.property import Property
from conformance.checking.search import attempt_of
from conformance.checking.subject import Subject
from conformance.properties import all_properties


def _fuzzed(found: Property) -> Callable[..., None]:
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test(subject: Subject, data: Any) -> None:
        if not found.missing(subject):
            drawn = {name: data.draw(draw(subject)) for name, draw in found.draws.items()}
            attempt_of(found, subject)(**drawn)

    test.__name__, test.__doc__, test.__module__ = found.name, found.sentence, __name__
    test.conformance_property = found  # type: ignore[attr-defined]
    return test


globals().update({name: _fuzzed(found) for name, found in all_properties().items()})
