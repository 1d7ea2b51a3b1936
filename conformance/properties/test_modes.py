"""Execution: every mode computes the same recurrence, every time."""

from __future__ import annotations

from typing import cast

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.subject import Subject, require
from conformance.implementations.capabilities import SEVERAL_MODES
from strategies import Case, seeds


@holds_for(
    needs=(SEVERAL_MODES,),
    per_mode=False,
    case=lambda subject: subject.cases(),
    order=lambda subject: seeds(),
)
def test_modes_agree_on_one_network(subject: Subject, case: Case, order: int) -> None:
    """All modes equal the recurrence.

    On one network, one mode after the other, in any order.
    """
    for i in np.random.default_rng(order).permutation(len(subject.modes)):
        mode = subject.modes[i]
        subject.judge_output(
            case,
            subject.output(case, mode),
            sentence=f"the output of mode {mode} differs from the recurrence",
        )


@holds_for(runs=3, case=lambda subject: subject.cases(), quota=False)
def test_repeating_a_call_gives_the_same_bits(subject: Subject, case: Case) -> None:
    """A repeated call gives the same bits.

    Also with another call in between, which leaves the first output as it was.
    """
    first = subject.output(case)
    returned = cast(np.ndarray, subject.asked[-1].answer)  # `output` gives a copy
    subject.output(case.replace(inputs=case.inputs[::-1] + 1))
    require(
        returned.tobytes() == first.tobytes(),
        "the output of the first call changed during the second: it must be an array of its own",
    )
    again = subject.output(case)
    require(
        first.tobytes() == again.tobytes(),
        lambda: f"the second call returned {again!r}, the first {first!r}",
    )
