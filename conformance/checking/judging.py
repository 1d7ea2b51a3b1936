"""How an answer is judged.

By R as far as it shows the states: with ``return_sequences`` every step from the one before it, and
Dense always from what the layer returned. Where the states stay hidden, the last one is judged by
Z; where nothing but the output of Dense is shown, that is. What is only handed on, a state over a
masked step or the last output as the returned state, must be the same to the last bit.
"""

from __future__ import annotations

from typing import Callable, Iterable, Optional, Sequence

import numpy as np

from conformance.checking.asking import ask, network_of
from conformance.checking.record import Nonconformity, Record
from conformance.expected.comparison import (
    INFORMATIVE,
    Comparison,
    compare,
    compare_derivatives,
    informative,
)
from conformance.expected.drift import drift, random_walk
from conformance.expected.end import propagated_output, propagated_states
from conformance.expected.gradients import own_derivatives, residual_derivatives
from conformance.expected.recurrence import kept
from conformance.expected.steps import residual_output, residual_states
from conformance.implementations.protocol import Answer, Gradients
from conformance.numerics.bounded import Bounded
from strategies import Case
from strategies.dtypes import POLICIES
from strategies.gradients import Loss
from strategies.pieces import going_on_from, joined

#: States, each (N, M); None where they are not known.
States = Optional[tuple[np.ndarray, ...]]

DIFFERS = "the {quantity} differs from the recurrence by more than rounding explains"
OF_DENSE = "the {quantity} differs from Dense applied to what the layer returned"
OF_LOSS = "the {quantity} differs from the recurrence run backwards by more than rounding explains"
NOT_THE_LAST = "the returned {quantity} is not the one after the last step that is used"


def require(condition: bool, sentence: str | Callable[[], str]) -> None:
    """State a fact that must hold.

    Raises:
        Nonconformity: it does not; ``sentence`` says what is the case instead.
    """
    if not condition:
        raise Nonconformity(sentence if isinstance(sentence, str) else sentence())


def require_equal(name: str, got: object, expected: object) -> None:
    """State that two plain values are equal; both are named if they are not."""
    require(got == expected, lambda: f"{name} is {got}, must be {expected}")


def judge(
    record: Record, comparison: Comparison, case: Optional[Case] = None, sentence: str = DIFFERS
) -> None:
    """Record the share of the bound that was used.

    With a ``case`` the bound on its outputs decides whether the case is informative.

    Raises:
        Nonconformity: an element is outside its bound.
    """
    record.shares.append(comparison.worst)
    if case is not None and comparison.quantity != "state":
        record.informative &= informative(comparison.bound, case)
    if not comparison.within:
        if np.isnan(comparison.got).any() and not np.isnan(comparison.expected).any():
            sentence = "the {quantity} is NaN where the recurrence gives a number"
        raise Nonconformity(sentence.format(quantity=comparison.quantity), comparison)


def judge_answer(
    record: Record,
    case: Case,
    answer: Answer,
    since: Optional[Case] = None,
    sentence: str = DIFFERS,
    notes_drift: bool = False,
) -> States:
    """Judge all that a network returned; see the head of this module.

    ``since`` is what the states went through where that is more than this case. With
    ``notes_drift`` it is recorded how large the errors of states are beside those of independent
    roundings. Returns the states after the last step that is used, where the answer shows them.

    Raises:
        Nonconformity: something is outside its bound.
    """
    arithmetic = record.subject.arithmetic
    if answer.hidden is None:
        output = propagated_output(since or case, arithmetic)
        judge(record, compare("output", answer.output, output), case, sentence)
        return answer.states or None
    if case.options.return_sequences:
        last = _judge_sequence(record, answer, since or case, notes_drift)
    else:
        last = _judge_end(record, case, answer, since or case)
    output = residual_output(case, answer.hidden, arithmetic)
    judge(record, compare("output", answer.output, output), case, OF_DENSE)
    for returned, state in zip(answer.states, last or ()):
        exact = Bounded(state, np.zeros_like(state))
        judge(record, compare("state", returned, exact), sentence=NOT_THE_LAST)
    return answer.states or (last if len(case.cell.states) == 1 else None)


def judge_output(record: Record, case: Case, output: np.ndarray, sentence: str = DIFFERS) -> None:
    """Judge a last output (N, K) by the propagated bound (Z)."""
    judge_answer(record, case, Answer(output), sentence=sentence)


def _judge_sequence(record: Record, answer: Answer, since: Case, notes_drift: bool) -> States:
    """Judge every step, and the returned states that no step shows.

    Returns the state after the last step, as it was put out; where there are others, they may not
    be known.
    """
    arithmetic, hidden = record.subject.arithmetic, answer.hidden
    assert hidden is not None
    expected, carried = residual_states(since, hidden, arithmetic)
    compared = compare("state", hidden, expected)
    judge(record, compared)
    for returned, state in zip(answer.states[1:], carried):
        at_end = Bounded(state.value[:, -1], state.bound[:, -1])
        judge(record, compare("state", returned, at_end))
    if notes_drift and not carried:
        walk = random_walk(since, hidden, arithmetic)
        size = drift(compared.error, walk, arithmetic)
        record.drift += [] if size is None else [size]
    initial = since.processed.initial_states[0].astype(hidden.dtype)
    return (np.asarray(kept(hidden, initial, since.processed.used)[:, -1]),)


def _judge_end(record: Record, case: Case, answer: Answer, since: Case) -> States:
    """Judge the last states, and what of them is put out; the states if they can be seen."""
    options, used, hidden = case.options, case.processed.used, answer.hidden
    assert hidden is not None
    expected = propagated_states(since, record.subject.arithmetic)
    small = INFORMATIVE[POLICIES[case.dtype].computed]
    record.informative &= bool((expected[0].bound < small).all())
    for returned, state in zip(answer.states, expected):
        judge(record, compare("state", returned, state))
    shown: np.ndarray
    if used is None:
        shown = np.ones((case.N, 1), bool)
    elif options.zero_output_for_mask:
        shown = used[:, -1:]
    else:
        shown = np.asarray(used.any(axis=1, keepdims=True))
    first = Bounded(*(np.where(shown, part, 0.0) for part in expected[0]))
    judge(record, compare("state", hidden, first))
    if answer.states:
        return (np.where(shown, hidden, answer.states[0]),)
    return (hidden,) if shown.all() else None


def judge_gradients(record: Record, case: Case, loss: Loss, found: Gradients) -> None:
    """Judge the derivatives of a loss, each step backwards from the one after it.

    ``case`` is tapped. The answer itself is not judged: derivatives are those of what was computed.

    Raises:
        Nonconformity: one is outside its bound.
    """
    subject, answer = record.subject, found.answer
    assert answer.hidden is not None
    own = own_derivatives(case, found.inputs, found.weights, found.initial_states)
    expected = residual_derivatives(
        case,
        loss,
        answer.hidden,
        answer.output,
        own.preactivations,
        subject.arithmetic,
        computed_again=subject.compiled,
    )
    for comparison in compare_derivatives(case, own, expected):
        judge(record, comparison, sentence=OF_LOSS)


def judge_calls(
    record: Record, pieces: Sequence[Case], answers: Optional[Iterable[Answer]] = None
) -> None:
    """Judge what a stateful network answers piece after piece, from its initial states on.

    The ``answers`` are asked for, one call for each piece, where they are not given. Where the
    states between two pieces are not shown, a piece is judged as the end of all so far.
    """
    if answers is None:
        network_of(record.subject, pieces[0]).reset_state()
        answers = (ask(record, piece) for piece in pieces)
    states: States = None
    so_far: list[Answer] = []
    overrides = record.subject.implementation.initial_state_overrides
    for i, (piece, answer) in enumerate(zip(pieces, answers)):
        so_far.append(answer)
        if i == 0 or (piece.initial_states and overrides):
            states = judge_answer(record, piece, answer)
        elif states is not None:
            since = continued_from(record, piece, states)
            states = judge_answer(record, piece, answer, since)
        elif piece.options.return_sequences:  # some states are not shown
            _judge_row(record, pieces[: i + 1], so_far)
        else:
            states = judge_answer(record, piece, answer, joined(pieces[: i + 1]))


def _judge_row(record: Record, pieces: Sequence[Case], answers: Sequence[Answer]) -> None:
    """Judge the sequence of the last of several calls, from all that was put out so far.

    A step that is masked repeats what its own call put out before it, and is judged by that.
    """
    arithmetic = record.subject.arithmetic
    hidden = [answer.hidden for answer in answers if answer.hidden is not None]
    last, whole = answers[-1], joined(pieces)
    zero = np.zeros_like(hidden[-1][:, 0])

    def repeated(case: Case, put_out: np.ndarray) -> np.ndarray:
        used = case.processed.used
        if used is None:
            return put_out
        before = kept(put_out, zero, used)[:, 1:]
        before = np.zeros_like(before) if case.options.zero_output_for_mask else before
        return np.where(used[:, :, None], put_out, before)

    exact = Bounded(repeated(pieces[-1], hidden[-1]), np.zeros(hidden[-1].shape))
    judge(record, compare("state", hidden[-1], exact))
    in_a_row = repeated(whole, np.concatenate(hidden, axis=1))
    _judge_sequence(record, Answer(last.output, in_a_row, last.states), whole, notes_drift=False)
    output = residual_output(pieces[-1], hidden[-1], arithmetic)
    judge(record, compare("output", last.output, output), pieces[-1], OF_DENSE)


def continued_from(record: Record, case: Case, states: Sequence[np.ndarray]) -> Case:
    """The case as it is when a stateful network has these states, each (N, M)."""
    zero = not any(state.any() for state in states)
    overrides = record.subject.implementation.initial_state_overrides or zero
    return case if case.initial_states and overrides else going_on_from(case, states)
