"""Checking a property: draw cases, run them, count what they were worth, keep a simple failure.

    @holds_for(case=lambda subject: plain_cases(subject))
    def test_output_equals_the_recurrence(record, case):
        '''The output equals the recurrence.'''

`holds_for` makes a function into a property. What remains has the single argument ``subject``,
which pytest fills in; `check` does the same without pytest and returns a `Result`.
"""

from __future__ import annotations

import statistics
import time
from typing import Any, Callable, Optional, Sequence

from conformance.checking.attempt import hung
from conformance.checking.property import Property
from conformance.checking.record import Nonconformity, Record
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Failure, Result
from conformance.checking.search import search
from conformance.checking.subject import Subject
from conformance.checking.tally import Tally
from conformance.implementations.capabilities import Capability
from conformance.implementations.protocol import ImplementationError
from strategies import Case


def holds_for(
    *,
    needs: Sequence[str | type[Capability]] = (),
    per_mode: bool = True,
    runs: int = 1,
    builds: bool = False,
    quota: bool = True,
    narrow: bool = False,
    one_dtype: bool = False,
    often: int = 1,
    asks: Optional[Callable[[Record, Case], Any]] = None,
    **draws: Callable[[Subject], Any],
) -> Callable[[Callable[..., None]], Callable[[Subject], None]]:
    """Make ``function(record, **drawn)`` a property; its docstring is the sentence.

    What else there is to say of it is in `Property`.
    """

    def decorate(function: Callable[..., None]) -> Callable[[Subject], None]:
        found = Property(
            name=function.__name__,
            sentence=(function.__doc__ or "").strip().splitlines()[0].rstrip("."),
            clause=function.__module__.rpartition("test_")[2].replace("_", " "),
            function=function,
            draws=draws,
            needs=frozenset(n if isinstance(n, str) else n.word for n in needs),
            per_mode=per_mode,
            runs=runs,
            builds=builds,
            quota=quota and "case" in draws,
            narrow=narrow,
            one_dtype=one_dtype,
            one_layer=any(not isinstance(n, str) and n.one_layer for n in needs),
            often=often,
            asks=asks,
        )

        def test(subject: Subject) -> None:
            result = check(found, subject)
            if result.failure is not None:
                raise result.failure.error

        test.__name__, test.__doc__ = function.__name__, function.__doc__
        test.__module__ = function.__module__
        test.conformance_property = found  # type: ignore[attr-defined]
        return test

    return decorate


def check(found: Property, subject: Subject) -> Result:
    """Check one property on one subject. Never raises for what the implementation does."""
    started = time.monotonic()
    tally, verdict, reason, failure = Tally(), CONFORMS, "", None
    missing = found.missing(subject)
    if missing:
        verdict, reason = NOT_APPLICABLE, f"needs {', '.join(missing)}"
    else:
        failure, tally = search(found, subject)
        if failure is not None:
            verdict, reason = FAILS, failure.error.sentence
        elif tally.deviating:
            verdict, reason = DEVIATES, ", ".join(sorted(tally.deviating))
    devices = () if missing else _devices(subject)
    elsewhere = subject.run.device.wrong(devices) if subject.run.device else None
    if elsewhere is not None and failure is None:
        verdict, reason = FAILS, elsewhere
        failure = Failure({}, Nonconformity(elsewhere), repeats=False)
    return Result(
        property=found.name,
        sentence=subject.titled(found.sentence),
        clause=found.clause,
        implementation=subject.implementation.name,
        mode=subject.mode,
        dtype=subject.dtype,
        layer=subject.layer,
        verdict=verdict,
        cases=tally.cases,
        discriminating=tally.discriminating if found.quota else None,
        worst_share=max(tally.shares) if tally.shares else None,
        median_share=statistics.median(tally.shares) if tally.shares else None,
        drift=statistics.median(tally.drift) if tally.drift else None,
        seconds=time.monotonic() - started,
        reason=reason,
        devices=devices,
        arithmetic=_arithmetic(found, subject, failure) if not missing else "",
        deviations={name: (tally.deviating[name], met) for name, met in tally.met.items()},
        coverage=tally.coverage(),
        failure=failure,
    )


def _arithmetic(found: Property, subject: Subject, failure: Optional[Failure]) -> str:
    # What has hung is not asked how it rounds.
    unknown = not found.per_mode or (failure is not None and hung(failure.error))
    return "" if unknown else subject.arithmetic.describe()


def _devices(subject: Subject) -> tuple[str, ...]:
    try:
        return tuple(subject.implementation.devices())
    except ImplementationError:  # what cannot be loaded has failed already
        return ()
