"""Checking a property: draw cases, run them, count what they were worth, keep a simple failure.

    @holds_for(case=lambda subject: subject.cases())
    def test_output_equals_the_recurrence(subject, case):
        '''The output equals the recurrence.'''

`holds_for` makes a function into a property. What remains has the single argument ``subject``,
which pytest fills in; `check` does the same without pytest and returns a `Result`.
"""

from __future__ import annotations

import statistics
import time
from typing import Any, Callable, Optional

from conformance.checking.attempt import hung
from conformance.checking.property import Property
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Failure, Result
from conformance.checking.search import search
from conformance.checking.subject import Nonconformity, Subject
from conformance.checking.tally import Tally
from conformance.implementations.protocol import ImplementationError
from conformance.running.errors import text_of, with_place
from strategies import Case


def holds_for(
    *,
    needs: tuple[str, ...] = (),
    per_mode: bool = True,
    runs: int = 1,
    builds: bool = False,
    quota: bool = True,
    narrow: bool = False,
    one_dtype: bool = False,
    often: int = 1,
    asks: Optional[Callable[[Subject, Case], Any]] = None,
    **draws: Callable[[Subject], Any],
) -> Callable[[Callable[..., None]], Callable[[Subject], None]]:
    """Make ``function(subject, **drawn)`` a property; its docstring is the sentence.

    What else there is to say of it is in `Property`.
    """

    def decorate(function: Callable[..., None]) -> Callable[[Subject], None]:
        found = Property(
            name=function.__name__,
            sentence=(function.__doc__ or "").strip().splitlines()[0].rstrip("."),
            clause=function.__module__.rpartition("test_")[2].replace("_", " "),
            function=function,
            draws=draws,
            needs=frozenset(needs),
            per_mode=per_mode,
            runs=runs,
            builds=builds,
            quota=quota and "case" in draws,
            narrow=narrow,
            one_dtype=one_dtype,
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
    devices, elsewhere = ((), "") if missing else _devices(subject)
    if subject.run.device and not elsewhere:
        elsewhere = subject.run.device.wrong(devices) or ""
    if elsewhere and failure is None:
        verdict, reason = FAILS, elsewhere
        failure = Failure({}, Nonconformity(elsewhere), repeats=False)
    return Result(
        property=found.name,
        sentence=found.sentence,
        clause=found.clause,
        implementation=subject.implementation.name,
        mode=subject.mode,
        dtype=subject.dtype,
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
    # What has hung is not asked how it rounds, nor is what cannot say what it declares.
    if not found.per_mode or (failure is not None and hung(failure.error)):
        return ""
    try:
        return subject.arithmetic.describe()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the thing under test may raise
        return f"not told, because it raised {with_place(error)}"


def _devices(subject: Subject) -> tuple[tuple[str, ...], str]:
    """Where it says that it computed, and what is wrong with saying so."""
    try:
        return tuple(text_of(device) for device in subject.implementation.devices()), ""
    except ImplementationError:  # what cannot be loaded has failed already
        return (), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the thing under test may raise
        return (), f"asked for its devices, it raised {with_place(error)}"
