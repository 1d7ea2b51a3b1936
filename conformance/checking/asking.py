"""Networks with options: what is drawn for them, how they are asked, how an answer is judged.

An answer is judged by R as far as it shows the states: with ``return_sequences`` every step from
the one before it, and Dense always from what SimpleRNN emitted. Where the states stay hidden, the
last one is judged by Z. What is only handed on, a state over a masked step or the last output as
the returned state, must be the same to the last bit.
"""

from __future__ import annotations

import zlib
from functools import partial
from typing import Any, Iterable, Optional

import numpy as np
from hypothesis import strategies as st

from conformance.checking.subject import Subject, require
from conformance.expected.comparison import INFORMATIVE, compare
from conformance.expected.end import propagated_state
from conformance.expected.steps import kept, residual_output, residual_state
from conformance.implementations.capabilities import CHOSEN_ACTIVATIONS
from conformance.implementations.protocol import Answer, as_array
from conformance.numerics.bounded import Bounded
from strategies import WIDE_DTYPES, Case, Options, dimensions
from strategies.dtypes import POLICIES
from strategies.option_cases import option_cases
from strategies.options import CROSSED_ACTIVATIONS, crossed
from strategies.profiles import Profile

#: The dimensions of cases with options: what is unrolled grows with T.
option_dimensions = partial(
    dimensions,
    max_samples=8,
    max_time_steps=12,
    max_features=12,
    max_units=12,
    max_outputs=6,
)


def cases_with(
    subject: Subject, mode: Optional[str] = None, **wanted: bool
) -> st.SearchStrategy[Case]:
    """Cases with all options together, those ``wanted`` with the given value.

    They are those of ``mode``, or of the subject's.

    The networks are the same for all properties, as far as they have what is wanted.
    """
    rows = _rows(subject, mode or subject.mode or subject.modes[0])
    found = [row for row in rows if _has(row[0], wanted)]
    if not found:
        given: dict[str, Any] = dict(wanted)
        if given.pop("masked", False):
            given["mask"] = "holes"
        found = [(options._replace(**given), name) for options, name in rows[:2]]
    sizes = option_dimensions(
        max_networks=len(rows),
        one_batch_per_network=not subject.implementation.compiled_modes.isdisjoint(
            subject.modes_run
        ),
        pool_seed=subject.run.seed % 2**32,
        options=found,
    )
    return option_cases(dtype=subject.dtype, sizes=sizes)


def networks_of_a_mode(profile: Profile) -> int:
    """How many networks with options a mode has: in a default run enough for every pair."""
    return profile.networks + 2


def _has(options: Options, wanted: dict[str, Any]) -> bool:
    return all(getattr(options, name) == value for name, value in wanted.items())


def _rows(subject: Subject, mode: str) -> list[tuple[Options, str]]:
    """The options of the networks of a mode in this dtype, each with an activation.

    The wide dtypes share what a mode has: together they have every pair.
    """
    modes = {mode: subject.implementation.options(mode) for mode in subject.modes}
    chosen = CHOSEN_ACTIVATIONS in subject.capabilities
    activations = CROSSED_ACTIVATIONS if chosen else ("tanh",)
    number = networks_of_a_mode(subject.run.profile)
    rows = crossed(number, modes, subject.run.seed % 2**32, activations)
    if subject.dtype in WIDE_DTYPES:
        return rows[mode][WIDE_DTYPES.index(subject.dtype) :: len(WIDE_DTYPES)]
    first = zlib.crc32(subject.dtype.encode()) % len(rows[mode])
    return (rows[mode][first:] + rows[mode][:first])[: max(1, len(rows[mode]) // 4)]


def ask(subject: Subject, case: Case, **how: Any) -> Answer:
    """The answer of a network with the case's options, which goes on where it was left.

    ``how`` are `Subject.answer`'s arguments: the mode, if not the subject's, and the batch size.

    Raises:
        ImplementationError: an array is not of the right kind, shape or dtype.
    """
    return _checked(subject, case, subject.answer(case, **how))


def ask_in_batches(subject: Subject, pieces: list[Case], mode: str) -> list[Answer]:
    """The answers to cases of one N for a single network, as batches of one call."""
    network, whole = subject.network(pieces[0], sequences=False), pieces[0]
    arrays: dict[str, Any] = {"mask": None, "initial_state": None}
    for name in ("inputs", "mask", "initial_state"):
        if getattr(whole, name) is not None:
            arrays[name] = np.concatenate([getattr(piece, name) for piece in pieces])
    answer = network.answer(arrays.pop("inputs"), mode, batch_size=whole.N, **arrays)
    found = []
    for i, piece in enumerate(pieces):
        batch = slice(i * whole.N, (i + 1) * whole.N)
        parts = (None if array is None else array[batch] for array in answer)
        found.append(_checked(subject, piece, Answer(*parts)))  # type: ignore[arg-type]
    return found


def _checked(subject: Subject, case: Case, answer: Answer) -> Answer:
    options, M, K = case.options or Options(), case.M, case.K
    before = (case.N, case.T) if options.return_sequences else (case.N,)

    def checked(array: Any, what: str, shape: tuple[int, ...]) -> np.ndarray:
        return as_array(array, what, shape, subject.results).copy()

    hidden = checked(answer.hidden, "what SimpleRNN returned", (*before, M))
    output = checked(answer.output, "the output", (*before, K))
    if not options.return_state:
        require(answer.state is None, "a state was returned without return_state")
        return Answer(hidden, output)
    return Answer(hidden, output, checked(answer.state, "the returned state", (case.N, M)))


def ask_afresh(subject: Subject, case: Case, **how: Any) -> Answer:
    """The answer of a network that remembers nothing."""
    if case.options and case.options.stateful:
        subject.network(case, sequences=False).reset_state()
    return ask(subject, case, **how)


def judge_answer(
    subject: Subject, case: Case, answer: Answer, since: Optional[Case] = None
) -> Optional[np.ndarray]:
    """Judge all that a network with options returned; see the head of this module.

    ``since`` is what the state went through where that is more than this case. Returns the state
    after the last step that is used, (N, M), where the answer shows it.

    Raises:
        Nonconformity: something is outside its bound.
    """
    judge = _judge_sequence if case.options and case.options.return_sequences else _judge_end
    last = judge(subject, case, answer, since or case)
    outputs = residual_output(case, answer.hidden, subject.arithmetic)
    subject.judge(
        compare("output", answer.output, outputs),
        case,
        "the {quantity} differs from Dense applied to what SimpleRNN returned",
    )
    if answer.state is not None and last is not None:
        subject.judge(
            compare("state", answer.state, Bounded(last, np.zeros_like(last))),
            sentence="the returned {quantity} is not the one after the last step that is used",
        )
    return last if answer.state is None else answer.state


def _judge_sequence(subject: Subject, case: Case, answer: Answer, since: Case) -> np.ndarray:
    """Judge every step; the state after the last, as it was emitted."""
    emitted = answer.hidden
    subject.judge(compare("state", emitted, residual_state(since, emitted, subject.arithmetic)))
    initial = since.processed.initial_state.astype(emitted.dtype)
    return np.asarray(kept(emitted, initial, case.processed.used)[:, -1])


def _judge_end(subject: Subject, case: Case, answer: Answer, since: Case) -> Optional[np.ndarray]:
    """Judge the last state, and what of it is the output; the state if that can be seen."""
    options, used = case.options or Options(), case.processed.used
    wanted = propagated_state(since, subject.arithmetic)
    small = INFORMATIVE[POLICIES[case.dtype].computed]
    subject.shares.informative &= bool((wanted.bound < small).all())
    if answer.state is not None:
        subject.judge(compare("state", answer.state, wanted))
    shown: np.ndarray
    if used is None:
        shown = np.ones((case.N, 1), bool)
    elif options.zero_output_for_mask:
        shown = used[:, -1:]
    else:
        shown = np.asarray(used.any(axis=1, keepdims=True))
    emitted = Bounded(np.where(shown, wanted.value, 0.0), np.where(shown, wanted.bound, 0.0))
    subject.judge(compare("state", answer.hidden, emitted))
    if answer.state is not None:
        return np.where(shown, answer.hidden, answer.state)
    return answer.hidden if shown.all() else None


def judge_calls(
    subject: Subject, pieces: list[Case], answers: Optional[Iterable[Answer]] = None
) -> None:
    """Judge what a stateful network answers piece after piece, from its initial state on.

    The ``answers`` are asked for, one call for each piece, where they are not given. Where the
    state between two pieces is not shown, a piece is judged as the end of all so far.
    """
    if answers is None:
        subject.network(pieces[0], sequences=False).reset_state()
        answers = (ask(subject, piece) for piece in pieces)
    state: Optional[np.ndarray] = None
    for i, (piece, answer) in enumerate(zip(pieces, answers)):
        since = piece if i == 0 else _continued(subject, pieces[: i + 1], state)
        state = judge_answer(subject, piece, answer, since)


def _continued(subject: Subject, pieces: list[Case], state: Optional[np.ndarray]) -> Case:
    """What the state went through before and in the last of these pieces."""
    last = pieces[-1]
    if state is not None:
        return going_on_from(subject, last, state)
    given = last.initial_state is not None
    return last if given and subject.implementation.initial_state_overrides else joined(pieces)


def going_on_from(subject: Subject, case: Case, state: np.ndarray) -> Case:
    """The case as it is when a stateful network has that state, (N, M)."""
    overrides = subject.implementation.initial_state_overrides or not state.any()
    if case.initial_state is not None and overrides:
        return case
    options = (case.options or Options())._replace(initial_state=True)
    return case.replace(options=options, initial_state=state.astype(case.inputs.dtype))


def in_pieces(case: Case, ends: list[int]) -> list[Case]:
    """The calls that a sequence is divided into, each ending before one of ``ends``."""
    pieces = []
    for first, end in zip([0, *ends], [*ends, case.T]):
        mask = None if case.mask is None else case.mask[:, first:end]
        pieces.append(case.replace(inputs=case.inputs[:, first:end], mask=mask))
    return pieces


def joined(pieces: list[Case]) -> Case:
    """One sequence through which a state goes as through all of these, one after the other."""
    first = pieces[0]
    order = slice(None, None, -1 if first.options and first.options.go_backwards else 1)
    inputs = np.concatenate([piece.inputs for piece in pieces[order]], axis=1)
    masks = [piece.mask for piece in pieces[order] if piece.mask is not None]
    return first.replace(inputs=inputs, mask=np.concatenate(masks, axis=1) if masks else None)
