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
from conformance.expected.comparison import INFORMATIVE, Comparison, compare, informative
from conformance.expected.drift import drift, random_walk
from conformance.expected.end import propagated_output, propagated_states
from conformance.expected.steps import kept, residual_output, residual_state
from conformance.implementations.protocol import Answer
from conformance.numerics.bounded import Bounded
from strategies import Case
from strategies.dtypes import POLICIES
from strategies.pieces import going_on_from, joined

#: States, each (N, M); None where they are not known.
States = Optional[tuple[np.ndarray, ...]]

DIFFERS = "the {quantity} differs from the recurrence by more than rounding explains"
OF_DENSE = "the {quantity} differs from Dense applied to what the layer returned"
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
        last = _judge_sequence(record, case, answer.hidden, since or case, notes_drift)
    else:
        last = _judge_end(record, case, answer, since or case)
    output = residual_output(case, answer.hidden, arithmetic)
    judge(record, compare("output", answer.output, output), case, OF_DENSE)
    for returned, state in zip(answer.states, last or ()):
        exact = Bounded(state, np.zeros_like(state))
        judge(record, compare("state", returned, exact), sentence=NOT_THE_LAST)
    return answer.states or last


def judge_output(record: Record, case: Case, output: np.ndarray, sentence: str = DIFFERS) -> None:
    """Judge a last output (N, K) by the propagated bound (Z)."""
    judge_answer(record, case, Answer(output), sentence=sentence)


def _judge_sequence(
    record: Record, case: Case, hidden: np.ndarray, since: Case, notes_drift: bool
) -> States:
    """Judge every step; the states after the last, as they were put out."""
    arithmetic = record.subject.arithmetic
    compared = compare("state", hidden, residual_state(since, hidden, arithmetic))
    judge(record, compared)
    if notes_drift:
        walk = random_walk(since, hidden, arithmetic)
        size = drift(compared.error, walk, arithmetic)
        record.drift += [] if size is None else [size]
    initial = since.processed.initial_states[0].astype(hidden.dtype)
    return (np.asarray(kept(hidden, initial, case.processed.used)[:, -1]),)


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
    return (hidden,) if shown.all() and len(expected) == 1 else None


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
    for i, (piece, answer) in enumerate(zip(pieces, answers)):
        since = piece if i == 0 else _continued(record, pieces[: i + 1], states)
        states = judge_answer(record, piece, answer, since)


def _continued(record: Record, pieces: Sequence[Case], states: States) -> Case:
    """What the states went through before and in the last of these pieces."""
    last, overrides = pieces[-1], record.subject.implementation.initial_state_overrides
    if states is not None:
        return continued_from(record, last, states)
    return last if last.initial_states and overrides else joined(pieces)


def continued_from(record: Record, case: Case, states: Sequence[np.ndarray]) -> Case:
    """The case as it is when a stateful network has these states, each (N, M)."""
    zero = not any(state.any() for state in states)
    overrides = record.subject.implementation.initial_state_overrides or zero
    return case if case.initial_states and overrides else going_on_from(case, states)
