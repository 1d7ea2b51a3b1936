"""The main job: the network computes the recurrence."""

from __future__ import annotations

from conformance.checking.check import holds_for
from conformance.checking.subject import Output, Steps, Subject
from conformance.implementations.capabilities import STATES
from strategies import Case


@holds_for(
    narrow=True,
    asks=lambda subject, case: subject.output(case),
    case=lambda subject: subject.cases(),
)
def test_last_output_equals_the_recurrence(subject: Subject, case: Case, answer: Output) -> None:
    """The last output equals the recurrence."""
    subject.judge_output(case, answer)


@holds_for(
    needs=(STATES,),
    narrow=True,
    asks=lambda subject, case: subject.states_and_outputs(case),
    case=lambda subject: subject.cases(),
)
def test_every_step_equals_the_recurrence(subject: Subject, case: Case, answer: Steps) -> None:
    """Every step equals the recurrence.

    Each state is compared with the equation applied to the state before it, as the
    implementation emitted it, and each output with Dense applied to its state.
    """
    compared = subject.judge_steps(case, *answer)
    subject.note_drift(case, compared)


@holds_for(
    needs=(STATES,),
    narrow=True,
    asks=lambda subject, case: subject.states_and_outputs(case),
    case=lambda subject: subject.cases("one_hot"),
)
def test_exact_sums_leave_only_the_activation(subject: Subject, case: Case, answer: Steps) -> None:
    """Exact sums leave only tanh to differ.

    One-hot inputs and permuted units: the bound is that of tanh alone, so that one wrong
    product, or operands rounded to fewer bits, cannot hide behind the rounding of a sum.
    """
    subject.judge_steps(case, *answer)
