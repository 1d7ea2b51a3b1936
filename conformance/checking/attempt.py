"""An attempt at a property: cases are asked, judged and counted, and a failure is remembered."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from typing import Any, Callable, NamedTuple, Optional

import numpy as np
from hypothesis.errors import HypothesisException

from conformance.checking.property import Property
from conformance.checking.record import Nonconformity, Record
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.checking.tally import Tally
from conformance.deviations.reading import Deviation, explaining
from conformance.implementations.protocol import ImplementationError
from conformance.running.text import kind_and_message, message_of, one_line
from conformance.running.time_limit import TimeLimitReached, call_within

#: A group is judged early once asking has taken so long: what is slow gains nothing from groups.
GROUP_SECONDS = 0.2


class _Answered(NamedTuple):
    """What the implementation answered before it is judged, or what went wrong with asking."""

    answer: dict[str, Any]
    error: Optional[Nonconformity]
    record: Record


class Attempt:
    """Runs the property on what was drawn, counts it, and remembers the last failure.

    Once there is one, ``simplify_seconds`` more may pass in trying others.
    """

    def __init__(self, found: Property, subject: Subject, simplify_seconds: float) -> None:
        self.found, self.subject, self.simplify_seconds = found, subject, simplify_seconds
        versions = subject.implementation.versions()
        self._known = [known.of(versions) for known in subject.known_deviations(found.name)]
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
        self._settle(drawn, *self._asked_and_judged(drawn))

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
                    self._settle(drawn, self._judge(drawn, answered), answered.record)
            del left[: len(answers)]

    def _settle(
        self, drawn: dict[str, Any], error: Optional[Nonconformity], record: Record
    ) -> None:
        """Count what was drawn, and raise what is wrong with it unless that is known."""
        known = self.known(**drawn)
        deviating = explaining(known, error) if error is not None else []
        counted = self.failure is None  # what is tried to simplify a failure is not counted
        if known and counted:
            self.tally.meet(known, deviating)
        if error is not None and hung(error):
            self._deadline = 0.0  # every further attempt might take as long
        if error is None or deviating:
            if counted and error is None:
                self.tally.add(drawn, record, quota=self.found.quota)
            return
        error = _not_as(known, error)
        if self.failure is None:
            self.tally.cases += 1
            self._deadline = min(self._deadline, time.monotonic() + self.simplify_seconds)
        self.failure = self._failed[_key(drawn)] = Failure(drawn, error, tuple(record.questions))
        raise error

    def known(self, **drawn: Any) -> list[Deviation]:
        """The known deviations that apply to what was drawn."""
        facts = self.subject.facts(*drawn.values())
        return [deviation for deviation in self._known if deviation.applies(**facts)]

    def failure_of(self, **drawn: Any) -> Optional[Failure]:
        """How what was drawn fails; None where it does not, or as a known deviation states it."""
        error, record = self._asked_and_judged(drawn)
        known = self.known(**drawn)
        if error is None or explaining(known, error):
            return None
        return Failure(drawn, _not_as(known, error), tuple(record.questions))

    def _asked_and_judged(self, drawn: dict[str, Any]) -> tuple[Optional[Nonconformity], Record]:
        answered = self._ask(drawn)
        return self._judge(drawn, answered), answered.record

    def _ask(self, drawn: dict[str, Any]) -> _Answered:
        record, error = Record(self.subject), None
        answer: dict[str, Any] = {}
        if self.found.asks is not None:
            error = self._tried(lambda: answer.update(self.found.ask(record, drawn)))
        return _Answered(answer, error, record)

    def _judge(self, drawn: dict[str, Any], answered: _Answered) -> Optional[Nonconformity]:
        if answered.error is not None:
            return answered.error
        record, answer = answered.record, answered.answer
        return self._tried(lambda: self.found.function(record, **drawn, **answer))

    def _tried(self, action: Callable[[], None]) -> Optional[Nonconformity]:
        """What ``action`` raises, as a sentence about the implementation."""
        limit = self.subject.run.time_limit

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
            return _because(error, message_of(error))
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
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{one_line(os.path.basename(frame.filename))}, line {frame.lineno}"
    return f"{kind_and_message(error)} ({place})"


def _not_as(known: list[Deviation], error: Nonconformity) -> Nonconformity:
    """The error, as one of a case under known deviations that do not state it."""
    if not known:
        return error
    names = ", ".join(deviation.name for deviation in known)
    sentence = f"deviates, and not as known ({names}): {error.sentence}"
    other = Nonconformity(sentence, error.comparison)
    other.__cause__ = error.__cause__
    return other


def _because(error: BaseException, sentence: str) -> Nonconformity:
    nonconformity = Nonconformity(sentence)
    nonconformity.__cause__ = error
    return nonconformity


def _key(drawn: dict[str, Any]) -> bytes:
    case = drawn.get("case")
    rest = repr([(n, v) for n, v in drawn.items() if n != "case"]).encode()
    tensors: list[np.ndarray] = []
    if case is not None:
        mask = [] if case.mask is None else [case.mask]
        tensors = [*case.tensors, *mask, *case.initial_states]
        rest += repr(case.dimensions).encode()
    return rest + b"".join(repr(t.shape).encode() + t.tobytes() for t in tensors)
