"""Gradients through time: those that a library returns are the equation's, run backwards.

L is any sum of outputs and states with given factors, at every step. The network has an input for
each preactivation, which shows the derivative by it at every step (`strategies.gradients.tapped`).
So each step backwards is judged from the implementation's own derivatives of the step after it, as
a step forwards is from its own state before it (`conformance.expected.gradients`).
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from conformance.checking.asking import ask_for_gradients
from conformance.checking.check import holds_for
from conformance.checking.drawing import differentiable_cases, differentiable_option_cases
from conformance.checking.judging import judge_gradients
from conformance.checking.record import Record
from conformance.implementations.capabilities import GRADIENTS, OPTIONS, STATES
from strategies import Case, seeds
from strategies.gradients import loss_of, tapped


@holds_for(
    needs=(GRADIENTS, STATES),
    runs=3,
    quota=False,
    case=lambda subject: differentiable_cases(subject),
    seed=lambda subject: seeds(),
)
def test_gradients_equal_the_recurrence_run_backwards(
    record: Record, case: Case, seed: int
) -> None:
    """Gradients equal the recurrence run backwards.

    By inputs, kernel, recurrent kernel, biases and Dense, with any activation that has a slope.
    """
    _judge(record, case, seed)


@holds_for(
    needs=(GRADIENTS, OPTIONS),
    runs=3,
    quota=False,
    case=lambda subject: differentiable_option_cases(subject),
    seed=lambda subject: seeds(),
)
def test_gradients_with_any_options_equal_the_recurrence_run_backwards(
    record: Record, case: Case, seed: int
) -> None:
    """Gradients with any options equal the recurrence run backwards.

    Masks, initial states, go_backwards, unroll, return_state, biases that are not used. An input
    of a step that is masked gets 0, and so does an initial state that no step uses.
    """
    if case.options.return_sequences:  # else simplified to what this is not about
        _judge(record, case, seed)


@holds_for(
    needs=(GRADIENTS, OPTIONS),
    runs=3,
    quota=False,
    case=lambda subject: differentiable_option_cases(subject, masked=True),
    seed=lambda subject: seeds(),
    filling=lambda subject: st.sampled_from([np.nan, np.inf]),
)
def test_no_gradient_depends_on_what_is_masked(
    record: Record, case: Case, seed: int, filling: float
) -> None:
    """No gradient depends on what is masked.

    NaN or infinity in the inputs of steps that are masked reaches no gradient: those by these
    inputs are 0, and all others are as if there were zeros.
    """
    if case.mask is None or not case.options.return_sequences:
        return  # simplified to what this is not about
    cleared, padded = (
        tapped(case.replace(inputs=np.where(case.mask[:, :, None], case.inputs, number)))
        for number in (case.inputs.dtype.type(0), case.inputs.dtype.type(filling))
    )
    loss = loss_of(case, seed)
    judge_gradients(record, cleared, loss, ask_for_gradients(record, padded, loss))


def _judge(record: Record, case: Case, seed: int) -> None:
    with_taps, loss = tapped(case), loss_of(case, seed)
    judge_gradients(record, with_taps, loss, ask_for_gradients(record, with_taps, loss))
