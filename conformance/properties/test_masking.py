"""Masking: a step that is masked is not looked at, and changes nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from conformance.checking.asking import ask_afresh
from conformance.checking.check import holds_for
from conformance.checking.drawing import option_cases
from conformance.checking.judging import judge_answer
from conformance.checking.record import Record
from conformance.implementations.capabilities import OPTIONS
from strategies import Case, seeds


@holds_for(
    needs=(OPTIONS,),
    quota=False,
    case=lambda subject: option_cases(subject, masked=True),
    filling=lambda subject: st.sampled_from(["nan", "inf", "1e30"]),
)
def test_masked_steps_may_hold_anything(record: Record, case: Case, filling: str) -> None:
    """Masked steps may hold anything.

    NaN, infinity or huge numbers in the inputs of steps that are masked change nothing.
    """
    if case.mask is None:
        return  # simplified to what this is not about
    padding = case.inputs.dtype.type(float(filling))
    padded = case.replace(inputs=np.where(case.mask[:, :, None], case.inputs, padding))
    judge_answer(record, padded, ask_afresh(record, padded))


@holds_for(
    needs=(OPTIONS,),
    quota=False,
    case=lambda subject: option_cases(subject, masked=True, unroll=False),
    more=lambda subject: seeds(),
)
def test_padding_after_the_end_changes_nothing(record: Record, case: Case, more: int) -> None:
    """Padding after the end changes nothing.

    Masked steps that come after all others in the order of processing leave the last state, and
    with it the last output, as they were.
    """
    if case.mask is None:
        return  # simplified to what this is not about
    number = 1 + more % 4
    backwards = case.options.go_backwards
    inputs = np.ones((case.N, number, case.D), case.inputs.dtype)
    mask = np.zeros((case.N, number), bool)
    parts = [(case.inputs, inputs), (case.mask, mask)]
    longer = [np.concatenate(pair[::-1] if backwards else pair, axis=1) for pair in parts]
    padded = case.replace(inputs=longer[0], mask=longer[1], static_time=False)
    judge_answer(record, padded, ask_afresh(record, padded))
