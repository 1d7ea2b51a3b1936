"""Options of SimpleRNN, together: what Keras documents for all of them at once.

Real defects are interactions of two or three options. Networks are chosen so that every two values
of two options, and of an option and a mode, meet in a default run, and every three in a thorough
one (`strategies.options`).
"""

from __future__ import annotations

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import option_cases
from conformance.checking.judging import judge_answer, judge_calls
from conformance.checking.record import Record
from conformance.implementations.capabilities import OPTIONS
from strategies import Case


@holds_for(needs=(OPTIONS,), narrow=True, case=option_cases)
def test_any_options_together_equal_the_recurrence(record: Record, case: Case) -> None:
    """With any options together the recurrence holds.

    return_sequences, return_state, go_backwards, stateful, unroll, use_bias, zero_output_for_mask,
    time_major, dropout at inference, a mask, an initial state, and activations. A stateful network
    is called twice.
    """
    if case.options.stateful:
        judge_calls(record, [case, case])
    else:
        judge_answer(record, case, ask(record, case))
