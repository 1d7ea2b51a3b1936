"""Searching for a failure: Hypothesis draws, each case is counted, a failure is simplified."""

from __future__ import annotations

import contextlib
import os
import re
import time
import traceback
import zlib
from typing import Any, Callable, Iterator, Optional
from unittest import SkipTest

import numpy as np
from hypothesis import HealthCheck, Phase, core, given, seed, settings, target
from hypothesis.errors import HypothesisException

from conformance.deviations import Deviation
from conformance.example_database import OfOnePart, open_database
from conformance.implementations.protocol import OPTIONS, ImplementationError
from conformance.minimise import minimise
from conformance.results import Failure
from conformance.statement import Property
from conformance.subject import Nonconformity, Shares, Subject
from conformance.tally import Tally
from conformance.time_limit import TimeLimitReached, call_within
from strategies import NOTEBOOK_SIZE, WIDE_SIZE, Case, notebook_case

#: Once a failure is known, Hypothesis and then `minimise` may simplify it for this long, each.
SIMPLIFY_SECONDS = 10.0


def search(found: Property, subject: Subject, tally: Tally) -> Optional[Failure]:
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
            # Hypothesis skips a test of which nothing that is kept can still be drawn.
            with contextlib.suppress(SkipTest):
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
        self.largest_share = 0.0
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
        # What comes closest to the bound is tried more often, where it could show a fault. What is
        # further away is no target: Hypothesis would compare it with all others, which is slow.
        share = max(attempt.subject.shares.worst, default=0.0)
        if 0 < share <= 1 and share >= attempt.largest_share and attempt.tally.last_discriminates:
            attempt.largest_share = share
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
