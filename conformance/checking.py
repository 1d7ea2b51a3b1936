"""Checking a property: draw cases, run them, count what they were worth, keep a simple failure.

    @holds_for(case=lambda subject: subject.cases())
    def test_output_equals_the_recurrence(subject, case):
        '''The output equals the recurrence.'''

`holds_for` makes a function into a property. What remains has the single argument ``subject``,
which pytest fills in; `check` does the same without pytest and returns a `Result`.
"""

from __future__ import annotations

import os
import re
import statistics
import time
import traceback
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Iterator, Optional

import numpy as np
from hypothesis import HealthCheck, Phase, core, given, seed, settings, target
from hypothesis.errors import HypothesisException

from conformance.deviations import Deviation
from conformance.example_database import OfOnePart, open_database
from conformance.implementations.protocol import OPTIONS, SEVERAL_MODES, ImplementationError
from conformance.minimise import minimise
from conformance.parts import WHOLE, Part, parts_of
from conformance.subject import Nonconformity, Question, Shares, Subject
from conformance.tally import Coverage, Tally
from conformance.time_limit import TimeLimitReached, call_within
from strategies import NOTEBOOK_SIZE, WIDE_DTYPES, WIDE_SIZE, Case, notebook_case
from strategies.profiles import FEWEST_CASES

#: What building a network costs, in executions in a mode of cost 1.
BUILD_COST = 5
#: Once a failure is known, Hypothesis and then `minimise` may simplify it for this long, each.
SIMPLIFY_SECONDS = 10.0

CONFORMS, FAILS, NOT_APPLICABLE = "conforms", "fails", "not applicable"
#: Where the dtype of the run has no meaning, the run of this one asks.
ONE_DTYPE = "float32"
#: Fails as is known and listed.
DEVIATES = "deviates (known)"


@dataclass(frozen=True)
class Property:
    """A statement that must hold for every case.

    ``draws`` maps each further argument of ``function`` to a strategy for a subject; ``needs``
    are the capabilities without which it says nothing; ``per_mode`` tells whether it is about
    execution; ``runs`` how often a case is executed; ``builds`` whether each case builds a
    network; ``quota`` whether its cases are meant to show faults of the recurrence, so that too
    few discriminating ones are worth a warning; ``narrow`` whether it is said of 16-bit dtypes too;
    ``one_dtype`` that it is asked in float32 alone, because its cases have dtypes of their own;
    ``often`` how many times the profile's number of builds it has, because they are cheap.
    """

    name: str
    sentence: str
    clause: str
    function: Callable[..., None]
    draws: dict[str, Callable[[Subject], Any]]
    needs: frozenset[str]
    per_mode: bool
    runs: int
    builds: bool
    quota: bool
    narrow: bool
    one_dtype: bool = False
    often: int = 1

    def missing(self, subject: Subject) -> list[str]:
        """What the property needs and the subject does not have: capabilities, a dtype."""
        if subject.dtype not in subject.implementation.dtypes:
            return [subject.dtype]
        asked = (ONE_DTYPE,) if self.one_dtype else WIDE_DTYPES
        dtype = [] if self.applies_to(subject.dtype) else [" or ".join(asked)]
        return sorted(self.needs - subject.capabilities) + dtype

    def applies_to(self, dtype: str) -> bool:
        """Whether it is said of that dtype."""
        if self.one_dtype:
            return dtype == ONE_DTYPE
        return self.narrow or dtype in WIDE_DTYPES

    def budget(self, subject: Subject) -> int:
        """How many cases are drawn, in all parts together; 16-bit dtypes get a fifth."""
        profile = subject.run.profile
        if subject.run.max_examples is not None:
            return subject.run.max_examples
        if self.builds:
            return max(1, profile.builds * self.often // self.runs)
        share = self._cost(subject) * (1 if subject.dtype in WIDE_DTYPES else 5)
        return max(FEWEST_CASES, profile.cases // share)

    def parts(self, subject: Subject) -> list[Part]:
        """The parts that its cases are asked in."""
        if self.missing(subject):
            return [WHOLE]
        return parts_of(self.budget(subject), self.budget(subject) * self._cost(subject))

    def weight(self, subject: Subject) -> int:
        """What the cases of the subject's part cost, in executions in a mode of cost 1."""
        if self.missing(subject):
            return 0
        return subject.part.share(self.budget(subject)) * self._cost(subject)

    def _cost(self, subject: Subject) -> int:
        if self.builds:
            return BUILD_COST // self.often
        executes = self.per_mode or SEVERAL_MODES in self.needs
        return self.runs * (subject.cost if executes else 1)


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
    **draws: Callable[[Subject], Any],
) -> Callable[[Callable[..., None]], Callable[[Subject], None]]:
    """Make ``function(subject, **drawn)`` a property; its docstring is the sentence."""

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


@dataclass(frozen=True)
class Failure:
    """The simplest failure found: what was drawn, what was wrong, and what had been asked.

    ``repeats`` says whether the same case fails when it is asked again.
    """

    drawn: dict[str, Any]
    error: Nonconformity
    asked: tuple[Question, ...] = ()
    repeats: bool = True


@dataclass(frozen=True)
class Result:
    """The outcome of one property on one subject.

    ``worst_share`` and ``median_share`` are of the bound used, None where nothing is compared
    with a bound; ``discriminating`` is None where the property has no quota; ``coverage`` says
    what the cases were about. ``deviations`` has, for each known deviation that applied, how many
    cases deviated and how many there were. ``arithmetic`` is the row that the bound was computed
    with, empty where nothing was executed.
    """

    property: str
    sentence: str
    clause: str
    implementation: str
    mode: Optional[str]
    dtype: str
    verdict: str
    cases: int = 0
    discriminating: Optional[int] = None
    worst_share: Optional[float] = None
    median_share: Optional[float] = None
    seconds: float = 0.0
    reason: str = ""
    devices: tuple[str, ...] = ()
    arithmetic: str = ""
    deviations: dict[str, tuple[int, int]] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    failure: Optional[Failure] = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values only, as they are sent between processes."""
        plain = asdict(self.without_failure())
        del plain["failure"]
        return {**plain, "devices": list(self.devices)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Result:
        """The result of which `as_dict` made plain values."""
        coverage, devices = Coverage(**plain["coverage"]), tuple(plain["devices"])
        deviations = {name: (some, met) for name, (some, met) in plain["deviations"].items()}
        changed = {"coverage": coverage, "devices": devices, "deviations": deviations}
        return cls(**{**plain, **changed})

    def without_failure(self) -> Result:
        """The same without the failing case."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Result(**{**values, "failure": None})


def check(found: Property, subject: Subject) -> Result:
    """Check one property on one subject. Never raises for what the implementation does."""
    started = time.monotonic()
    tally, verdict, reason, failure = Tally(), CONFORMS, "", None
    missing = found.missing(subject)
    if missing:
        verdict, reason = NOT_APPLICABLE, f"needs {', '.join(missing)}"
    else:
        failure = _search(found, subject, tally)
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


def _search(found: Property, subject: Subject, tally: Tally) -> Optional[Failure]:
    """The simplest failure among the drawn cases and those that are always run, or None."""
    attempt = _Attempt(found, subject, tally)
    try:
        _try_again(attempt)
        _as_hypothesis_test(attempt)()
        for drawn in _always(found, subject):
            attempt(**drawn)
    except Nonconformity:
        return _simplified(attempt)
    return None


def attempt_of(found: Property, subject: Subject) -> Callable[..., None]:
    """A function of what is drawn that raises where it shows a fault that is not known.

    Raises:
        Nonconformity: by the function; for Hypothesis and what builds on it.
    """
    return _Attempt(found, subject, Tally())


def _try_again(attempt: _Attempt) -> None:
    """Run what failed in earlier runs, with other seeds; `_as_hypothesis_test` has this one's."""
    if core.global_force_seed is not None:  # --hypothesis-seed asks for its own cases and no others
        return
    own = attempt.subject.run.seed
    for earlier in _database(attempt, own).seeds() if attempt.subject.part.first else []:
        if earlier != own:
            _as_hypothesis_test(attempt, earlier)()
            _database(attempt, earlier).forget()


def _database(attempt: _Attempt, of_seed: int) -> OfOnePart:
    subject = attempt.subject
    kept = subject.run.examples or open_database(None)
    return OfOnePart(kept, _name(attempt), of_seed, subject.part.first)


def _name(attempt: _Attempt) -> str:
    """Under this name Hypothesis files failing cases; it must be an identifier."""
    return re.sub(r"\W", "_", f"{attempt.found.name}_{attempt.subject.id}")


def _always(found: Property, subject: Subject) -> Iterator[dict[str, Any]]:
    """What is run whatever is drawn: the notebook's case, and networks of two known sizes."""
    if not subject.part.first:
        return
    if "case" in found.draws and OPTIONS not in found.needs:
        extras = {name: 0 for name in found.draws if name != "case"}
        yield {"case": notebook_case(subject.dtype), **extras}
    if set(found.draws) == {"size"}:
        yield {"size": NOTEBOOK_SIZE}
        yield {"size": WIDE_SIZE}


class _Attempt:
    """Runs the property on what was drawn, counts it, and remembers the last failure."""

    def __init__(self, found: Property, subject: Subject, tally: Tally) -> None:
        self.found, self.subject, self.tally = found, subject, tally
        self.failure: Optional[Failure] = None
        self._failed: dict[bytes, Failure] = {}
        self._deadline = float("inf")
        self._known = subject.known_deviations(found.name)

    def __call__(self, **drawn: Any) -> None:
        # Hypothesis runs what failed again. One failure is enough: an implementation that does
        # not repeat it is no better for that.
        before = self._failed.get(_key(drawn)) if self._failed else None
        if before is not None:
            self.failure = before
            raise before.error
        if time.monotonic() > self._deadline:
            return  # no time to simplify further
        error, known = self.error(**drawn), self.known(**drawn)
        counted = self.failure is None  # what is tried to simplify a failure is not counted
        if known and counted:
            self.tally.meet(known, deviates=error is not None)
        if error is not None and hung(error):
            self._deadline = 0.0  # every further attempt might take as long
        if error is None or known:
            if counted and error is None:
                self.tally.add(drawn, self.subject.shares, quota=self.found.quota)
            return
        if self.failure is None:
            self.tally.cases += 1
            self._deadline = min(self._deadline, time.monotonic() + SIMPLIFY_SECONDS)
        self.failure = self._failed[_key(drawn)] = Failure(drawn, error, tuple(self.subject.asked))
        raise error

    def known(self, **drawn: Any) -> list[Deviation]:
        """The known deviations that apply to what was drawn."""
        others = [value.facts for value in drawn.values() if hasattr(value, "facts")]
        traits: list[frozenset[str]] = [
            getattr(value, "traits", frozenset()) for value in drawn.values()
        ]
        others.append({"traits": frozenset().union(*traits)})
        facts = self.subject.facts(drawn.get("case", drawn.get("model")), *others)
        return [deviation for deviation in self._known if deviation.applies(**facts)]

    def unknown(self, **drawn: Any) -> Optional[Nonconformity]:
        """What is wrong with the answer and is no known deviation, or None."""
        return None if self.known(**drawn) else self.error(**drawn)

    def error(self, **drawn: Any) -> Optional[Nonconformity]:
        """What is wrong with the answer to what was drawn, or None."""
        self.subject.shares, self.subject.asked = Shares(), []
        limit = self.subject.run.time_limit

        def one_case() -> None:
            with np.errstate(all="ignore"):  # NaN and overflow are judged, not warned of
                self.found.function(self.subject, **drawn)

        try:
            call_within(limit, one_case)
        except Nonconformity as error:
            return error
        except TimeLimitReached as reached:
            return _because(reached, f"it had not answered after {limit:g} s")
        except ImplementationError as error:
            return _because(error, str(error))
        except HypothesisException:
            raise
        except Exception as error:  # whatever the thing under test may raise
            return _because(error, f"it raised {_in_one_line(error)}")
        return None


def hung(error: Nonconformity) -> bool:
    """Whether the case was given up because it took too long."""
    return isinstance(error.__cause__, TimeLimitReached)


def _in_one_line(error: Exception) -> str:
    """Kind, first line of the message, and where it was raised."""
    message = (str(error).strip() or "no message").splitlines()[0]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    return f"{type(error).__name__}: {message} ({place})"


def _because(error: BaseException, sentence: str) -> Nonconformity:
    nonconformity = Nonconformity(sentence)
    nonconformity.__cause__ = error
    return nonconformity


def _as_hypothesis_test(attempt: _Attempt, earlier: Optional[int] = None) -> Callable[[], None]:
    """The part's cases; or only what failed in an earlier run with that seed."""
    found, subject = attempt.found, attempt.subject
    phases = set(Phase) - {Phase.explain}  # tracing every line would cost more than it tells
    if earlier is not None:
        subject, phases = subject.with_seed(earlier), {Phase.reuse}

    def one_case(**drawn: Any) -> None:
        attempt(**drawn)
        # What comes closest to the bound is tried more often, where it could show a fault.
        share = max(attempt.subject.shares.worst, default=0.0)
        if 0 < share <= 1 and attempt.tally.last_discriminates:
            target(share, label="share of the bound")

    one_case.__name__ = _name(attempt)
    strategies = {name: draw(subject) for name, draw in found.draws.items()}
    seeded_by = f"{subject.run.seed} {one_case.__name__}"
    if subject.part.of > 1:
        seeded_by += f" {subject.part}"
    test = seed(zlib.crc32(seeded_by.encode()))(given(**strategies)(one_case))
    configured: Callable[[], None] = settings(
        max_examples=subject.part.share(found.budget(subject)),
        database=_database(attempt, subject.run.seed),  # seed() alone would forget it
        derandomize=False,
        deadline=None,  # building a network takes a hundred times longer than using it
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        report_multiple_bugs=False,
        print_blob=False,
        phases=phases,
    )(test)
    return configured


def _simplified(attempt: _Attempt) -> Failure:
    failure = attempt.failure
    assert failure is not None
    if hung(failure.error):
        return failure
    if attempt.unknown(**failure.drawn) is None:
        error = failure.error
        error.sentence += "; the same case passes when it is repeated"
        return Failure(failure.drawn, error, failure.asked, repeats=False)
    if "case" not in failure.drawn:
        return failure

    simplest = failure

    def fails(case: Case, again: bool = False) -> bool:
        nonlocal simplest
        drawn = {**failure.drawn, "case": case}
        error = attempt.unknown(**drawn)
        if error is not None:
            error.sentence += "; a network that is new gave the right answer before" * again
            simplest = Failure(drawn, error, tuple(attempt.subject.asked))
        return error is not None

    def fails_afresh(case: Case) -> bool:
        attempt.subject.run.networks.clear()
        return fails(case)

    minimise(failure.drawn["case"], fails, SIMPLIFY_SECONDS)
    if not fails_afresh(simplest.drawn["case"]):
        # The networks had been used for other cases: these may be what was wrong.
        minimise(
            failure.drawn["case"],
            lambda case: fails_afresh(case) or fails(case, again=True),
            SIMPLIFY_SECONDS,
        )
    return simplest


def _key(drawn: dict[str, Any]) -> bytes:
    case = drawn.get("case")
    tensors = [] if case is None else [case.inputs, *case.weights]
    rest = repr([(n, v) for n, v in drawn.items() if n != "case"]).encode()
    if case is not None and case.options is not None:
        tensors += [t for t in (case.mask, case.initial_state) if t is not None]
        rest += repr(case.dimensions).encode()
    return rest + b"".join(repr(t.shape).encode() + t.tobytes() for t in tensors)
