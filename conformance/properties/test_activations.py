"""Activations: each one that SimpleRNN and Dense accept by name equals its definition."""

from __future__ import annotations

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import activated_cases
from conformance.checking.judging import judge_answer
from conformance.checking.record import Record
from conformance.implementations.capabilities import CHOSEN_ACTIVATIONS, STATES
from strategies import Case


@holds_for(
    needs=(STATES, CHOSEN_ACTIVATIONS),
    narrow=True,
    case=lambda subject: activated_cases(subject, every_step=True),
)
def test_every_activation_equals_its_definition(record: Record, case: Case) -> None:
    """Every activation equals its definition.

    In SimpleRNN and in Dense, step by step.
    """
    judge_answer(record, case, ask(record, case))


@holds_for(
    needs=(CHOSEN_ACTIVATIONS,),
    narrow=True,
    case=activated_cases,
)
def test_any_activation_where_only_the_end_is_seen(record: Record, case: Case) -> None:
    """With any activation the last output is right."""
    judge_answer(record, case, ask(record, case))
