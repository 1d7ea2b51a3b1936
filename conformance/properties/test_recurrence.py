"""The main job: the network computes the recurrence."""

from __future__ import annotations

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases
from conformance.checking.judging import judge_answer
from conformance.checking.record import Record
from conformance.implementations.capabilities import STATES
from conformance.implementations.protocol import Answer
from strategies import Case


@holds_for(
    narrow=True,
    asks=ask,
    case=plain_cases,
)
def test_last_output_equals_the_recurrence(record: Record, case: Case, answer: Answer) -> None:
    """The last output equals the recurrence."""
    judge_answer(record, case, answer)


@holds_for(
    needs=(STATES,),
    narrow=True,
    asks=ask,
    case=lambda subject: plain_cases(subject, every_step=True),
)
def test_every_step_equals_the_recurrence(record: Record, case: Case, answer: Answer) -> None:
    """Every step equals the recurrence.

    Each state is compared with the equation applied to the state before it, as the
    implementation emitted it, and each output with Dense applied to its state.
    """
    judge_answer(record, case, answer, notes_drift=True)


@holds_for(
    needs=(STATES,),
    narrow=True,
    asks=ask,
    case=lambda subject: plain_cases(subject, "one_hot", every_step=True),
)
def test_exact_sums_leave_only_the_activation(record: Record, case: Case, answer: Answer) -> None:
    """Exact sums leave only tanh to differ.

    One-hot inputs and permuted units: the bound is that of tanh alone, so that one wrong
    product, or operands rounded to fewer bits, cannot hide behind the rounding of a sum.
    """
    judge_answer(record, case, answer)
