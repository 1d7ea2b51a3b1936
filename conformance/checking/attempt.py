"""An attempt at a property: cases are asked, judged and counted, and a failure is remembered."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, NamedTuple, Optional

import numpy as np

from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Nonconformity, Question, Shares, Subject
from conformance.checking.tally import Tally
from conformance.deviations.reading import Deviation
from conformance.implementations.protocol import ImplementationError
from conformance.running.errors import text_of, with_place
from conformance.running.time_limit import TimeLimitReached, call_within

#: A group is judged early once asking has taken so long: what is slow gains nothing from groups.
GROUP_SECONDS = 0.2


class _Answered(NamedTuple):
    """What the implementation answered before it is judged, or what went wrong with asking."""

    given: dict[str, Any]
    error: Optional[Nonconformity]
    asked: list[Question]


class Attempt:
    """Runs the property on what was drawn, counts it, and remembers the last failure.

    Once there is one, ``simplify_seconds`` more may pass in trying others.
    """

    def __init__(self, found: Property, subject: Subject, simplify_seconds: float) -> None:
        self.found, self.subject, self.simplify_seconds = found, subject, simplify_seconds
        self._known = subject.known_deviations(found.name)
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was run."""
        self.tally = Tally()
        self.failure: Optional[Failure] = None
        self._failed: dict[bytes, Failure] = {}
        self._deadline = float("inf")

    def __call__(self, **drawn: Any) -> None:
        # Hypothesis runs what failed again. One failure is enough: an implementation that does
        # not repeat it is no better for that.
        before = self._failed.get(_key(drawn)) if self._failed else None
        if before is not None:
            self.failure = before
            raise before.error
        if time.monotonic() > self._deadline:
            return  # no time to simplify further
        self._settle(drawn, self.error(**drawn))

    def has_failed(self, drawn: dict[str, Any]) -> bool:
        """Whether this was asked before, and failed."""
        return _key(drawn) in self._failed

    def together(self, group: list[dict[str, Any]]) -> None:
        """All are asked before the first is judged; the first failure is remembered."""
        left = list(group)
        while left and self.failure is None and time.monotonic() <= self._deadline:
            answers: list[_Answered] = []
            until = time.monotonic() + GROUP_SECONDS
            while len(answers) < len(left) and time.monotonic() < until:
                answers.append(self._ask(left[len(answers)]))
                if answers[-1].error is not None:
                    break
            with contextlib.suppress(Nonconformity):
                for drawn, answered in zip(left, answers):
                    self._settle(drawn, self._judge(drawn, answered))
            del left[: len(answers)]

    def _settle(self, drawn: dict[str, Any], error: Optional[Nonconformity]) -> None:
        """Count what was drawn, and raise what is wrong with it unless that is known."""
        known = self.known(**drawn)
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
            self._deadline = min(self._deadline, time.monotonic() + self.simplify_seconds)
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
        return self._judge(drawn, self._ask(drawn))

    def _ask(self, drawn: dict[str, Any]) -> _Answered:
        self.subject.asked = []
        given: dict[str, Any] = {}
        error = None
        if self.found.asks is not None:
            error = self._tried(lambda: given.update(self.found.ask(self.subject, drawn)))
        return _Answered(given, error, self.subject.asked)

    def _judge(self, drawn: dict[str, Any], answered: _Answered) -> Optional[Nonconformity]:
        self.subject.shares, self.subject.asked = Shares(), answered.asked
        if answered.error is not None:
            return answered.error
        return self._tried(lambda: self.found.function(self.subject, **drawn, **answered.given))

    def _tried(self, action: Callable[[], None]) -> Optional[Nonconformity]:
        """What ``action`` raises, as a sentence about the implementation."""
        limit = self.subject.time_limit

        def quietly() -> None:
            with np.errstate(all="ignore"):  # NaN and overflow are judged, not warned of
                action()

        try:
            call_within(limit, quietly)
        except Nonconformity as error:
            return error
        except TimeLimitReached as reached:
            return _because(reached, f"it had not answered after {limit:g} s")
        except ImplementationError as error:
            return _because(error, text_of(error))
        except KeyboardInterrupt:  # ends the run, which is then incomplete
            raise
        except BaseException as error:  # whatever the thing under test may raise, a skip included
            return _because(error, f"it raised {with_place(error)}")
        finally:
            self.subject.has_been_asked()
        return None


def hung(error: Nonconformity) -> bool:
    """Whether the case was given up because it took too long."""
    return isinstance(error.__cause__, TimeLimitReached)


def _because(error: BaseException, sentence: str) -> Nonconformity:
    nonconformity = Nonconformity(sentence)
    nonconformity.__cause__ = error
    return nonconformity


def _key(drawn: dict[str, Any]) -> bytes:
    case = drawn.get("case")
    tensors = [] if case is None else [case.inputs, *case.weights]
    rest = repr([(n, v) for n, v in drawn.items() if n != "case"]).encode()
    if case is not None and case.options is not None:
        tensors += [t for t in (case.mask, case.initial_state) if t is not None]
        rest += repr(case.dimensions).encode()
    return rest + b"".join(repr(t.shape).encode() + t.tobytes() for t in tensors)
