"""Searching for a failure: Hypothesis draws, an attempt is made, a failure is simplified."""

from __future__ import annotations

import contextlib
import re
import zlib
from typing import Any, Callable, Iterator, Optional
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, core, given, seed, settings

from conformance.checking.attempt import Attempt, hung
from conformance.checking.minimise import minimise
from conformance.checking.property import Property
from conformance.checking.record import Nonconformity
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.checking.tally import Tally
from conformance.implementations.capabilities import OPTIONS, STATES
from conformance.running.example_database import OfOnePart, open_database
from strategies import EVERY_STEP, PLAIN, Case, notebook_case, notebook_size, wide_size

#: Once a failure is known, Hypothesis and then `minimise` may simplify it for this long, each.
SIMPLIFY_SECONDS = 10.0
#: So many cases are drawn, then asked, then judged, where that is possible. Going from one to the
#: other for each costs time: the code and data of Hypothesis, of the library and of NumPy push each
#: other out of the processor's caches.
GROUP = 32


def search(found: Property, subject: Subject) -> tuple[Optional[Failure], Tally]:
    """The simplest failure among the drawn cases and those always run, or None; what was run."""
    attempt = Attempt(found, subject, SIMPLIFY_SECONDS)
    try:
        _try_again(attempt)
        if found.asks is None:
            _as_hypothesis_test(attempt)()
        else:
            _run_in_groups(attempt)
        for drawn in _always(found, subject):
            attempt(**drawn)
    except Nonconformity:
        return _simplified(attempt), attempt.tally
    return None, attempt.tally


def _run_in_groups(attempt: Attempt) -> None:
    """The cases that Hypothesis draws, a group at a time; then what failed alone.

    Raises:
        Nonconformity: a case fails.
    """
    group: list[dict[str, Any]] = []

    def gather(**drawn: Any) -> None:
        if attempt.failure is not None:
            return
        group.append(drawn)
        if len(group) >= GROUP:
            attempt.together(group)
            group.clear()

    _as_hypothesis_test(attempt, gather, phases={Phase.generate})()
    attempt.together(group)
    if attempt.failure is not None:
        _fail_in_hypothesis(attempt)
        raise attempt.failure.error


def _fail_in_hypothesis(attempt: Attempt) -> None:
    """Draw the same cases up to the one that failed, so that Hypothesis simplifies and keeps it.

    Raises:
        Nonconformity: that one fails, without being asked again.
    """
    met = False

    def from_the_failure_on(**drawn: Any) -> None:
        nonlocal met
        met = met or attempt.has_failed(drawn)
        if met:
            attempt(**drawn)

    _as_hypothesis_test(attempt, from_the_failure_on, phases={Phase.generate, Phase.shrink})()


def attempt_of(found: Property, subject: Subject) -> Callable[..., None]:
    """A function of what is drawn that raises where it shows a fault that is not known.

    Raises:
        Nonconformity: by the function; for Hypothesis and what builds on it.
    """
    return Attempt(found, subject, SIMPLIFY_SECONDS)


def _try_again(attempt: Attempt) -> None:
    """Run what failed in earlier runs.

    For a property that is not asked in groups, Hypothesis tries what failed with this seed itself.
    """
    if core.global_force_seed is not None:  # --hypothesis-seed asks for its own cases and no others
        return
    own = attempt.subject.run.seed
    for earlier in _database(attempt, own).seeds() if attempt.subject.part.first else []:
        if earlier != own or attempt.found.asks:
            # Hypothesis skips a test of which nothing that is kept can still be drawn.
            with contextlib.suppress(SkipTest):
                _as_hypothesis_test(attempt, of_seed=earlier, phases={Phase.reuse})()
            if earlier != own:
                _database(attempt, earlier).forget()
    attempt.begin_again()  # what is counted is what this seed draws


def _database(attempt: Attempt, of_seed: int) -> OfOnePart:
    subject = attempt.subject
    kept = subject.run.examples or open_database(None)
    return OfOnePart(kept, _name(attempt), of_seed, subject.part.first)


def _name(attempt: Attempt) -> str:
    """Under this name Hypothesis files failing cases; it must be an identifier."""
    return re.sub(r"\W", "_", f"{attempt.found.name}_{attempt.subject.id}")


def _always(found: Property, subject: Subject) -> Iterator[dict[str, Any]]:
    """What is run whatever is drawn: the notebook's case, and networks of two known sizes."""
    if not subject.part.first:
        return
    if "case" in found.draws and OPTIONS not in found.needs:
        extras = {name: 0 for name in found.draws if name != "case"}
        options = EVERY_STEP if STATES in found.needs else PLAIN
        yield {"case": notebook_case(subject.cell, subject.dtype, options), **extras}
    if set(found.draws) == {"size"}:
        yield {"size": notebook_size(subject.cell)}
        yield {"size": wide_size(subject.cell)}


def _as_hypothesis_test(
    attempt: Attempt,
    with_drawn: Optional[Callable[..., None]] = None,
    *,
    of_seed: Optional[int] = None,
    phases: Optional[set[Phase]] = None,
) -> Callable[[], None]:
    """The part's cases; ``with_drawn`` is what is done with each, by default the attempt.

    With the seed of an earlier run they are those that failed there.
    """
    found, subject = attempt.found, attempt.subject
    if of_seed is not None:
        subject = subject.with_seed(of_seed)

    def one_case(**drawn: Any) -> None:
        (with_drawn or attempt)(**drawn)

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
        # No targets: they found no more. No tracing to explain: it costs more than it tells.
        phases=phases or {Phase.reuse, Phase.generate, Phase.shrink},
    )(test)
    return configured


def _simplified(attempt: Attempt) -> Failure:
    failure = attempt.failure
    assert failure is not None
    if hung(failure.error):
        return failure
    networks = attempt.subject.run.networks

    def fails_when_new() -> bool:
        networks.clear()
        return attempt.failure_of(**failure.drawn) is not None

    fails_when_used = attempt.failure_of(**failure.drawn) is not None
    # Twice, because of what fails every other time.
    if not fails_when_used and not (fails_when_new() and fails_when_new()):
        error = failure.error
        error.sentence += "; the same case passes when it is repeated"
        return Failure(failure.drawn, error, failure.questions, repeats=False)
    if "case" not in failure.drawn:
        return failure

    simplest = failure

    def fails(case: Case, again: bool = False) -> bool:
        nonlocal simplest
        simpler = attempt.failure_of(**{**failure.drawn, "case": case})
        if simpler is None:
            return False
        if again:
            simpler.error.sentence += "; a network that is new gave the right answer before"
        simplest = simpler
        return True

    def fails_afresh(case: Case) -> bool:
        networks.clear()
        return fails(case)

    minimise(failure.drawn["case"], fails if fails_when_used else fails_afresh, SIMPLIFY_SECONDS)
    if not fails_afresh(simplest.drawn["case"]):
        # The networks had been used for other cases: these may be what was wrong.
        minimise(
            failure.drawn["case"],
            lambda case: fails_afresh(case) or fails(case, again=True),
            SIMPLIFY_SECONDS,
        )
    return simplest
