"""Special values: NaN, infinity, overflow, signed zeros and subnormals, as IEEE 754 has them."""

from __future__ import annotations

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import special_cases
from conformance.checking.judging import judge_answer
from conformance.checking.record import Record
from conformance.implementations.capabilities import STATES
from strategies import Case


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: special_cases(subject, "not_finite", every_step=True),
)
def test_nan_and_infinity_reach_what_depends_on_them(record: Record, case: Case) -> None:
    """NaN and ∞ reach what depends on them.

    And nothing else: what they do not reach is as it would be without them.
    """
    judge_answer(record, case, ask(record, case))


@holds_for(narrow=True, quota=False, case=lambda subject: special_cases(subject, "not_finite"))
def test_nan_reaches_the_end(record: Record, case: Case) -> None:
    """NaN reaches the last output.

    A network that returns only that may be compiled into other code.
    """
    judge_answer(record, case, ask(record, case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: special_cases(subject, "overflowing", every_step=True),
)
def test_sums_that_are_too_large_become_infinite(record: Record, case: Case) -> None:
    """Sums that are too large become infinite."""
    judge_answer(record, case, ask(record, case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: special_cases(subject, "signed_zeros", every_step=True),
)
def test_the_sign_of_zero_does_not_matter(record: Record, case: Case) -> None:
    """The sign of zero does not matter."""
    judge_answer(record, case, ask(record, case))


@holds_for(
    needs=(STATES,),
    narrow=True,
    quota=False,
    case=lambda subject: special_cases(subject, "subnormal", every_step=True),
)
def test_subnormals_are_themselves_or_zero(record: Record, case: Case) -> None:
    """Subnormals are themselves or zero.

    Zero only where the arithmetic was found to flush them.
    """
    judge_answer(record, case, ask(record, case))
