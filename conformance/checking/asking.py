"""How a subject is asked: networks and models are taken from the run, each answer is checked.

What is asked is written into the record of the case, for a script that asks it again.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np

from conformance.checking.record import Nonconformity, Question, Record
from conformance.checking.subject import Subject
from conformance.implementations.protocol import (
    Answer,
    Gradients,
    ImplementationError,
    Model,
    Network,
    as_array,
)
from strategies import Case, NetworkSize
from strategies.cases import unused_biases
from strategies.gradients import Loss
from strategies.wrappers import Composition


def new_network(subject: Subject, size: NetworkSize) -> Network:
    """A network just built, with the weights that it was born with."""
    return subject.implementation.network(size, subject.dtype)


def network_of(subject: Subject, case: Case) -> Network:
    """A network of the case's size, with the case's weights; reused where there is one."""
    network = subject.run.networks.get(
        subject.implementation, case.dimensions.network, subject.dtype
    )
    network.renew_weights(case.weights)
    return network


def ask(
    record: Record, case: Case, *, mode: Optional[str] = None, batch_size: Optional[int] = None
) -> Answer:
    """The answer to a case, in the subject's mode if no other is named.

    A stateful network goes on where it was left. ``batch_size`` is of `predict`.

    Raises:
        ImplementationError: an array is not of the right kind, shape or dtype.
    """
    subject = record.subject
    question = Question(case, mode or subject.first_mode)
    record.questions.append(question)
    network = network_of(subject, case)
    question.answer = network.answer(
        case.inputs,
        question.mode,
        mask=case.mask,
        initial_states=case.initial_states,
        batch_size=batch_size,
    )
    return checked(subject, case, question.answer)


def ask_for_gradients(record: Record, case: Case, loss: Loss) -> Gradients:
    """The derivatives of a loss, and the answer of the same execution.

    Raises:
        ImplementationError: an array is not of the right kind, shape or dtype.
    """
    subject = record.subject
    found = network_of(subject, case).gradients(
        case.inputs,
        loss,
        subject.first_mode,
        mask=case.mask,
        initial_states=case.initial_states,
    )
    if not isinstance(found, Gradients):
        kind = type(found).__name__
        raise ImplementationError(f"the gradients are a {kind}: must be a conformance.Gradients")
    names, unused = case.tensors.names[1:], unused_biases(case.dimensions)
    given = (len(found.weights), len(found.initial_states))
    if given != (len(names), len(case.initial_states)):
        raise Nonconformity(
            f"gradients by {given[0]} weights and {given[1]} initial states were returned, "
            f"must be by {len(names)} and {len(case.initial_states)}"
        )

    def copied(array: Any, name: str, by: np.ndarray) -> np.ndarray:
        return as_array(array, f"the gradient by {name}", by.shape, subject.results).copy()

    states = zip(found.initial_states, case.cell.states, case.initial_states)
    return Gradients(
        checked(subject, case, found.answer),
        copied(found.inputs, "inputs", case.inputs),
        [
            array if name in unused else copied(array, name, getattr(case, name))
            for array, name in zip(found.weights, names)
        ],
        tuple(copied(array, f"initial state {name}", state) for array, name, state in states),
    )


def ask_afresh(record: Record, case: Case, **how: Any) -> Answer:
    """The answer of a network that remembers nothing."""
    if case.options.stateful:
        network_of(record.subject, case).reset_state()
    return ask(record, case, **how)


def ask_in_batches(record: Record, pieces: Sequence[Case], mode: str) -> list[Answer]:
    """The answers to cases of one N for a single network, as batches of one call."""
    whole = pieces[0]
    mask = None if whole.mask is None else np.concatenate([piece.mask for piece in pieces])
    states = [np.concatenate(parts) for parts in zip(*(piece.initial_states for piece in pieces))]
    answer = network_of(record.subject, whole).answer(
        np.concatenate([piece.inputs for piece in pieces]),
        mode,
        mask=mask,
        initial_states=states,
        batch_size=whole.N,
    )
    answers = []
    for i, piece in enumerate(pieces):
        batch = slice(i * whole.N, (i + 1) * whole.N)
        hidden = None if answer.hidden is None else answer.hidden[batch]
        last = tuple(state[batch] for state in answer.states)
        of_piece = Answer(answer.output[batch], hidden, last)
        answers.append(checked(record.subject, piece, of_piece))
    return answers


def checked(subject: Subject, case: Case, answer: Answer) -> Answer:
    """Copies of what was answered, each an array of the right shape and dtype.

    Raises:
        ImplementationError: one is not; says what it is instead.
        Nonconformity: there are states that were not asked for, or too few.
    """
    if not isinstance(answer, Answer):
        kind = type(answer).__name__
        raise ImplementationError(f"the answer is a {kind}: must be a conformance.Answer")
    options = case.options
    before = (case.N, case.T) if options.return_sequences else (case.N,)

    def copied(array: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
        return as_array(array, name, shape, subject.results).copy()

    output = copied(answer.output, "the output", (*before, case.K))
    hidden = None
    if options.shows_hidden:
        hidden = copied(answer.hidden, "what the layer returned", (*before, case.M))
    number = len(case.cell.states) if options.return_state else 0
    if len(answer.states) != number:
        raise Nonconformity(f"{len(answer.states)} states were returned, must be {number}")
    names = (f"the returned state {name}" for name in case.cell.states)
    states = [copied(state, n, (case.N, case.M)) for state, n in zip(answer.states, names)]
    return Answer(output, hidden, tuple(states))


# Models with wrappers


def ask_model(
    subject: Subject, case: Composition, pieces: Optional[Sequence[np.ndarray]] = None
) -> list[np.ndarray]:
    """What a model returns in calls with each of these inputs, (N, K) or (N, T, K).

    By default there is one call with the case's own. The first call finds no state.
    """
    model = model_of(subject, case)
    if case.size.architecture.stateful:
        try:
            model.reset_state()
        except Exception:  # that it cannot be reset is for the property of that to say
            model = model_of(subject, case, fresh=True)
    return [output_of(subject, model, case, x) for x in pieces or [case.inputs]]


def model_of(subject: Subject, case: Composition, *, fresh: bool = False) -> Model:
    """A model of the case's size, with the case's weights; reused where there is one."""
    key = (subject.implementation, case.size, subject.dtype)
    if fresh:
        subject.run.networks.forget(key)
    build: Callable[[], Model] = lambda: subject.implementation.composition(  # noqa: E731
        case.size, subject.dtype
    )
    model: Model = subject.run.networks.kept(key, build)
    model.set_weights(case.weights)
    return model


def output_of(subject: Subject, model: Model, case: Composition, inputs: np.ndarray) -> np.ndarray:
    """What a model returns in one call."""
    output = model.output(inputs, subject.first_mode, case.initial_states)
    steps = () if not case.returns_sequences else (case.size.T,)
    shape = (len(case.inputs), *steps, case.size.K)
    return as_array(output, "the output", shape, subject.results).copy()
