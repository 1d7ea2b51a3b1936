"""State: carried from call to call by a stateful network, and forgotten when it is reset."""

from __future__ import annotations

import numpy as np

from conformance.checking.asking import ask, ask_afresh, ask_in_batches, network_of
from conformance.checking.check import holds_for
from conformance.checking.drawing import option_cases
from conformance.checking.judging import continued_from, judge_answer, judge_calls
from conformance.checking.record import Record
from conformance.implementations.capabilities import OPTIONS, PREDICT, STATE_SET
from strategies import Case, seeds
from strategies.pieces import in_pieces


@holds_for(
    needs=(OPTIONS,),
    runs=2,
    quota=False,
    case=lambda subject: option_cases(subject, stateful=True),
    where=lambda subject: seeds(),
)
def test_a_stateful_network_goes_on_where_it_was(record: Record, case: Case, where: int) -> None:
    """A stateful network goes on where it was.

    A sequence in two or three calls is the sequence in one; where the network is built for one T,
    the same sequence comes again.
    """
    if not case.options.stateful:
        return  # simplified to what this is not about
    if case.static_time or case.T == 1:
        pieces = [case, case]
    else:
        rng = np.random.default_rng(where)
        number = min(1 + where % 2, case.T - 1)
        ends = sorted(rng.choice(np.arange(1, case.T), number, replace=False).tolist())
        pieces = in_pieces(case, ends)
    judge_calls(record, pieces)


@holds_for(
    needs=(OPTIONS,),
    runs=2,
    quota=False,
    case=lambda subject: option_cases(subject, stateful=True),
)
def test_a_network_that_is_reset_begins_anew(record: Record, case: Case) -> None:
    """A stateful network that is reset begins anew."""
    if not case.options.stateful:
        return  # simplified to what this is not about
    ask(record, case)
    judge_answer(record, case, ask_afresh(record, case))


@holds_for(
    needs=(OPTIONS, STATE_SET),
    quota=False,
    case=lambda subject: option_cases(subject, stateful=True, initial_state=False),
    seed=lambda subject: seeds(),
)
def test_a_network_goes_on_from_a_state_that_is_set(record: Record, case: Case, seed: int) -> None:
    """A stateful network goes on from a state that is set."""
    if not case.options.stateful:
        return  # simplified to what this is not about
    rng = np.random.default_rng(seed)
    drawn = [rng.uniform(-1, 1, (case.N, case.M)) for _ in case.cell.states]
    states = [state.astype(case.inputs.dtype) for state in drawn]
    network_of(record.subject, case).set_states(states)
    judge_answer(record, case, ask(record, case), continued_from(record, case, states))


@holds_for(
    needs=(OPTIONS, PREDICT),
    per_mode=False,
    runs=2,
    quota=False,
    case=lambda subject: option_cases(subject, "predict", stateful=True),
)
def test_state_is_carried_over_the_batches_of_predict(record: Record, case: Case) -> None:
    """State is carried over the batches of predict.

    Each sample of a batch goes on where the sample in its place in the batch before it ended.
    """
    if not case.options.stateful:
        return  # simplified to what this is not about
    network_of(record.subject, case).reset_state()
    pieces = [case, case.replace(inputs=case.inputs[:, ::-1]), case]
    judge_calls(record, pieces, ask_in_batches(record, pieces, "predict"))


@holds_for(
    needs=(OPTIONS, PREDICT),
    per_mode=False,
    quota=False,
    case=lambda subject: option_cases(subject, "predict", stateful=False),
    size=lambda subject: seeds(),
)
def test_predict_in_batches_equals_all_at_once(record: Record, case: Case, size: int) -> None:
    """Predict in batches equals all at once.

    Whatever the size of a batch, also where the last one is smaller.
    """
    batch_size = 1 + size % case.N
    judge_answer(record, case, ask(record, case, mode="predict", batch_size=batch_size))
