"""State: carried from call to call by a stateful network, and forgotten when it is reset."""

from __future__ import annotations

import numpy as np

from conformance.answers import ask, ask_afresh, cases_with, in_pieces, judge_answer, judge_calls
from conformance.checking import holds_for
from conformance.implementations.protocol import OPTIONS
from conformance.subject import Subject
from strategies import Case, seeds


@holds_for(
    needs=(OPTIONS,),
    runs=2,
    narrow=True,
    quota=False,
    case=lambda subject: cases_with(subject, stateful=True),
    where=lambda subject: seeds(),
)
def test_a_stateful_network_goes_on_where_it_was(subject: Subject, case: Case, where: int) -> None:
    """A stateful network goes on where it was.

    A sequence in two or three calls is the sequence in one; where the network is built for one T,
    the same sequence comes again.
    """
    if not (case.options and case.options.stateful):
        return  # simplified to what this is not about
    if case.static_time or case.T == 1:
        pieces = [case, case]
    else:
        rng = np.random.default_rng(where)
        number = min(1 + where % 2, case.T - 1)
        ends = sorted(rng.choice(np.arange(1, case.T), number, replace=False).tolist())
        pieces = in_pieces(case, ends)
    judge_calls(subject, pieces)


@holds_for(
    needs=(OPTIONS,),
    runs=2,
    quota=False,
    case=lambda subject: cases_with(subject, stateful=True),
)
def test_a_network_that_is_reset_begins_anew(subject: Subject, case: Case) -> None:
    """A stateful network that is reset begins anew."""
    if not (case.options and case.options.stateful):
        return  # simplified to what this is not about
    ask(subject, case)
    judge_answer(subject, case, ask_afresh(subject, case))
