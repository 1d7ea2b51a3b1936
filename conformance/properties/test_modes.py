"""Execution: every mode computes the same recurrence, every time."""

from __future__ import annotations

from typing import cast

import numpy as np

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases
from conformance.checking.judging import judge_answer, require
from conformance.checking.record import Record
from conformance.implementations.capabilities import SEVERAL_MODES
from conformance.implementations.protocol import Answer
from strategies import Case, seeds


@holds_for(
    needs=(SEVERAL_MODES,),
    per_mode=False,
    case=plain_cases,
    order=lambda subject: seeds(),
)
def test_modes_agree_on_one_network(record: Record, case: Case, order: int) -> None:
    """All modes equal the recurrence.

    On one network, one mode after the other, in any order.
    """
    modes = record.subject.modes
    for i in np.random.default_rng(order).permutation(len(modes)):
        answer = ask(record, case, mode=modes[i])
        sentence = f"the output of mode {modes[i]} differs from the recurrence"
        judge_answer(record, case, answer, sentence=sentence)


@holds_for(runs=3, case=plain_cases, quota=False)
def test_repeating_a_call_gives_the_same_bits(record: Record, case: Case) -> None:
    """A repeated call gives the same bits.

    Also with another call in between, which leaves the first output as it was.
    """
    first = ask(record, case).output
    returned = cast(Answer, record.questions[-1].answer).output  # `ask` gives a copy
    ask(record, case.replace(inputs=case.inputs[::-1] + 1))
    require(
        returned.tobytes() == first.tobytes(),
        "the output of the first call changed during the second: it must be an array of its own",
    )
    again = ask(record, case).output
    require(
        first.tobytes() == again.tobytes(),
        lambda: f"the second call returned {again!r}, the first {first!r}",
    )
