"""Special values: NaN, infinity, overflow, signed zeros and subnormals, as IEEE 754 has them."""

from __future__ import annotations

from conformance.checking.check import holds_for
from conformance.checking.subject import Subject
from conformance.implementations.capabilities import STATES
from strategies import Case


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: subject.extreme_cases("not_finite"),
)
def test_nan_and_infinity_reach_what_depends_on_them(subject: Subject, case: Case) -> None:
    """NaN and ∞ reach what depends on them.

    And nothing else: what they do not reach is as it would be without them.
    """
    subject.judge_steps(case, *subject.states_and_outputs(case))


@holds_for(narrow=True, quota=False, case=lambda subject: subject.extreme_cases("not_finite"))
def test_nan_reaches_the_end(subject: Subject, case: Case) -> None:
    """NaN reaches the last output.

    A network that returns only that may be compiled into other code.
    """
    subject.judge_output(case, subject.output(case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: subject.extreme_cases("overflowing"),
)
def test_sums_that_are_too_large_become_infinite(subject: Subject, case: Case) -> None:
    """Sums that are too large become infinite."""
    subject.judge_steps(case, *subject.states_and_outputs(case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: subject.extreme_cases("signed_zeros"),
)
def test_the_sign_of_zero_does_not_matter(subject: Subject, case: Case) -> None:
    """The sign of zero does not matter."""
    subject.judge_steps(case, *subject.states_and_outputs(case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: subject.extreme_cases("subnormal"),
)
def test_subnormals_are_themselves_or_zero(subject: Subject, case: Case) -> None:
    """Subnormals are themselves or zero.

    Zero only where the arithmetic was found to flush them.
    """
    subject.judge_steps(case, *subject.states_and_outputs(case))
