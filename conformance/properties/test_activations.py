"""Activations: each one that SimpleRNN and Dense accept by name equals its definition."""

from __future__ import annotations

from conformance.checking.check import holds_for
from conformance.checking.subject import Subject
from conformance.implementations.capabilities import CHOSEN_ACTIVATIONS, STATES
from strategies import Case


@holds_for(
    needs=(STATES, CHOSEN_ACTIVATIONS),
    narrow=True,
    case=lambda subject: subject.activated_cases(),
)
def test_every_activation_equals_its_definition(subject: Subject, case: Case) -> None:
    """Every activation equals its definition.

    In SimpleRNN and in Dense, step by step.
    """
    subject.judge_steps(case, *subject.states_and_outputs(case))


@holds_for(
    needs=(CHOSEN_ACTIVATIONS,),
    narrow=True,
    case=lambda subject: subject.activated_cases(),
)
def test_any_activation_where_only_the_end_is_seen(subject: Subject, case: Case) -> None:
    """With any activation the last output is right."""
    subject.judge_output(case, subject.output(case))
