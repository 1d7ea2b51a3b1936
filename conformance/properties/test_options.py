"""Options of SimpleRNN, together: what Keras documents for all of them at once.

Real defects are interactions of two or three options. Networks are chosen so that every two values
of two options, and of an option and a mode, meet in a default run, and every three in a thorough
one (`strategies.options`).
"""

from __future__ import annotations

from conformance.checking.asking import ask, cases_with, judge_answer, judge_calls
from conformance.checking.check import holds_for
from conformance.checking.subject import Subject
from conformance.implementations.capabilities import OPTIONS
from strategies import Case


@holds_for(needs=(OPTIONS,), narrow=True, case=lambda subject: cases_with(subject))
def test_any_options_together_equal_the_recurrence(subject: Subject, case: Case) -> None:
    """With any options together the recurrence holds.

    return_sequences, return_state, go_backwards, stateful, unroll, use_bias, zero_output_for_mask,
    time_major, dropout at inference, a mask, an initial state, and activations. A stateful network
    is called twice.
    """
    if case.options and case.options.stateful:
        judge_calls(subject, [case, case])
    else:
        judge_answer(subject, case, ask(subject, case))
