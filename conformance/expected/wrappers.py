"""What a model with wrappers, cells or several layers must return, and how far rounding may lead.

Each layer takes numbers with bounds on their errors and returns such numbers; nothing but the end
of a model is seen. The bound grows faster than Z, because it forgets signs; for a few steps of a
contracting network it is small enough (see `strategies.wrappers`).
"""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, activated
from conformance.numerics.sums import affine
from strategies.wrappers import Architecture, Composition

Weights = Sequence[np.ndarray]


def expected(case: Composition, arithmetic: Arithmetic) -> Bounded:
    """The output, (N, K) or (N, T, K), and a bound for each number."""
    return expected_calls(case, [case.inputs], arithmetic)[0]


def expected_calls(
    case: Composition,
    pieces: Sequence[np.ndarray],
    arithmetic: Arithmetic,
    *,
    initial_state_overrides: bool = True,
) -> list[Bounded]:
    """The output of each of several calls; a stateful model goes on where the last one ended.

    In Bidirectional each direction goes on where it ended itself, the backward one at the first
    step. Initial states that are given count for every call where they override what is recorded,
    else for the first.
    """
    layers = [[w.astype(float) for w in layer] for layer in case.weights]
    architecture = case.size.architecture
    given = [[Bounded(h.astype(float), np.zeros(h.shape))] for h in case.initial_states]
    begin, outputs = given or [[], []], []
    for inputs in pieces:
        x, used = _front(architecture.front, inputs, layers)
        hidden, end = _recurrent(x, used, layers, architecture, arithmetic, begin)
        if architecture.stateful and not (given and initial_state_overrides):
            begin = end
        if architecture.end == "flatten":
            hidden = Bounded(*(a.reshape(len(a), -1) for a in hidden))
        outputs.append(dense_of(hidden, layers[-1], arithmetic))
    return outputs


def _recurrent(
    x: Bounded,
    used: np.ndarray,
    layers: Sequence[Weights],
    architecture: Architecture,
    arithmetic: Arithmetic,
    begin: Sequence[Sequence[Bounded]],
) -> tuple[Bounded, list[list[Bounded]]]:
    """What the recurrent part returns, (N, T, …) or (N, …); states beside the merged output.

    And the states at the end of both directions, or of the first and the last layer, which begin
    with ``begin``.
    """
    weights, backwards = layers[-2], architecture.go_backwards
    cells = [weights[i : i + 3] for i in range(0, len(weights), 3)]
    if architecture.recurrent == "bidirectional":
        (forward, at_end), (backward, at_start) = (
            _rnn(x, used, [cell], order, architecture, arithmetic, states)
            for cell, order, states in zip(cells, (backwards, not backwards), begin)
        )
        if architecture.return_sequences:
            backward = Bounded(*(a[:, ::-1] for a in backward))
        else:
            forward, backward = _last(forward), _last(backward)
        output = merged(forward, backward, architecture.merge, arithmetic)
        beside = [output, *at_end, *at_start] if architecture.states else [output]
        joined = Bounded(*(np.concatenate(arrays, axis=-1) for arrays in zip(*beside)))
        return joined, [at_end, at_start]
    first: list[Bounded] = []
    if architecture.recurrent == "two layers":
        x, first = _rnn(x, used, [layers[-3]], False, Architecture(), arithmetic, begin[0])
    hidden, last = _rnn(x, used, cells, backwards, architecture, arithmetic, begin[1])
    return hidden if architecture.return_sequences else _last(hidden), [first, last]


def _front(
    front: str, inputs: np.ndarray, layers: list[list[np.ndarray]]
) -> tuple[Bounded, np.ndarray]:
    """What reaches the recurrent part, exactly, and which steps are used (N, T)."""
    if front == "embedding":  # masks the word 0, whose vector is one as any other
        x = layers[0][0][inputs]
        return Bounded(x, np.zeros_like(x)), inputs != 0
    x = inputs.astype(float)
    used = (x != 0).any(axis=2) if front == "masking" else np.ones(x.shape[:2], bool)
    return Bounded(x, np.zeros_like(x)), used


def _rnn(
    x: Bounded,
    used: np.ndarray,
    cells: Sequence[Weights],
    backwards: bool,
    architecture: Architecture,
    arithmetic: Arithmetic,
    initial: Sequence[Bounded] = (),
) -> tuple[Bounded, list[Bounded]]:
    """Every output (N, T, M) in the order of processing, of cells that are fed by each other.

    And the state of each cell after the last step. It starts from ``initial``, or from zero.
    """
    order = slice(None, None, -1 if backwards else 1)
    value, bound, used = x.value[:, order], x.bound[:, order], used[:, order]
    N, T, _ = value.shape
    M = len(cells[-1][2])
    states = list(initial)
    if not states:
        states = [Bounded(np.zeros((N, len(b))), np.zeros((N, len(b)))) for _, _, b in cells]
    zero = Bounded(np.zeros((N, M)), np.zeros((N, M)))
    before, outputs = zero, []
    for t in range(T):
        step, fed = used[:, t, None], Bounded(value[:, t], bound[:, t])
        for i, cell in enumerate(cells):
            fed = _cell(fed, states[i], cell, arithmetic)
            states[i] = _where(step, fed, states[i])
        before = _where(step, fed, zero if architecture.zeroes else before)
        outputs.append(before)
    return Bounded(*(np.stack(arrays, axis=1) for arrays in zip(*outputs))), states


def _cell(x: Bounded, h: Bounded, weights: Weights, arithmetic: Arithmetic) -> Bounded:
    """tanh(x Wx + h Wh + bh)."""
    Wx, Wh, bh = weights
    operand, error = (np.concatenate(pair, axis=-1) for pair in zip(x, h))
    weight = np.concatenate([Wx, Wh])
    z = _moved(affine(operand, weight, bh, arithmetic, error, split=len(Wx)), error, weight)
    return activated(z, ACTIVATIONS["tanh"], arithmetic)


def dense_of(
    h: Bounded, weights: Weights, arithmetic: Arithmetic, activation: str = "linear"
) -> Bounded:
    """Dense applied to what is known up to its bound."""
    Wo, bo = weights
    z = _moved(affine(h.value, Wo, bo, arithmetic, h.bound), h.bound, Wo)
    return activated(z, ACTIVATIONS[activation], arithmetic)


def _moved(z: Bounded, error: np.ndarray, weight: np.ndarray) -> Bounded:
    """A sum whose operands are off by at most ``error``."""
    return Bounded(z.value, (z.bound + error @ np.abs(weight)) * INFLATION)


def _where(step: np.ndarray, new: Bounded, old: Bounded) -> Bounded:
    return Bounded(*(np.where(step, a, b) for a, b in zip(new, old)))


def _last(sequence: Bounded) -> Bounded:
    return Bounded(*(a[:, -1] for a in sequence))


def merged(
    forward: Bounded, backward: Bounded, merge: Optional[str], arithmetic: Arithmetic
) -> Bounded:
    """Bidirectional's merge modes; None is one beside the other."""
    if merge in ("concat", None):
        return Bounded(*(np.concatenate(pair, axis=-1) for pair in zip(forward, backward)))
    (a, off_a), (b, off_b) = forward, backward
    if merge == "mul":
        value, off = a * b, np.abs(a) * off_b + np.abs(b) * off_a + off_a * off_b
    else:
        value, off = (a + b) / (2 if merge == "ave" else 1), off_a + off_b
    u = arithmetic.unit_roundoff + REFERENCE.unit_roundoff
    stored = 2 * u * (np.abs(value) + off) + 2 * arithmetic.storage.smallest_normal
    return Bounded(value, (off + stored) * INFLATION)
