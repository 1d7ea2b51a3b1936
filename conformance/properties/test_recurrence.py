"""The main job: the network computes the recurrence."""

from __future__ import annotations

from conformance.checking import holds_for
from conformance.implementations.protocol import STATES
from conformance.subject import Subject
from strategies import Case


@holds_for(case=lambda subject: subject.cases())
def test_last_output_equals_the_recurrence(subject: Subject, case: Case) -> None:
    """The last output equals the recurrence."""
    subject.judge_output(case, subject.output(case))


@holds_for(needs=(STATES,), case=lambda subject: subject.cases())
def test_every_step_equals_the_recurrence(subject: Subject, case: Case) -> None:
    """Every state and every output equal the recurrence, step by step."""
    subject.judge_steps(case, *subject.states_and_outputs(case))


@holds_for(needs=(STATES,), case=lambda subject: subject.cases("one_hot"))
def test_exact_sums_leave_only_the_activation(subject: Subject, case: Case) -> None:
    """Where no sum can round, only tanh may differ.

    One-hot inputs and permuted units: the bound is that of tanh alone, so that one wrong
    product, or operands rounded to fewer bits, cannot hide behind the rounding of a sum.
    """
    subject.judge_steps(case, *subject.states_and_outputs(case))
