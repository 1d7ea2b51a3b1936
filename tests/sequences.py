"""Sequences of any cell, for the bounds of whole sequences to be tested with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from oracles_gated import weights_of
from oracles_narrow import nearest

from conformance.cells import GRU, LSTM, SIMPLE_RNN
from strategies import Cell

SIMPLE = SIMPLE_RNN
FORMS = {
    "simple": (SIMPLE, {}),
    "lstm": (LSTM, {}),
    "gru": (GRU, {}),
    "gru, reset before": (GRU, {"reset_after": False}),
}


class Sequence(NamedTuple):
    """A cell with its activations, inputs (N, T, D), initial states, weights, the mask (N, T)."""

    cell: Cell
    names: tuple
    x: np.ndarray
    states: tuple
    w: SimpleNamespace
    used: np.ndarray


def sequence(form, seed, dtype, scale=None, size=None, masked=False, names=None):
    """One of normal numbers; the recurrent weights near the edge of chaos, or of that scale."""
    cell, options = FORMS[form]
    rng = np.random.default_rng(seed)
    N, T, D, M = size or (2, *rng.integers(1, 7, 3))
    scale = 10.0 ** rng.uniform(-1, 0.3) / np.sqrt(M) if scale is None else scale

    def held(a):
        return a if dtype == "float64" else nearest(a, dtype).astype(float)

    w = vars(weights_of(cell, D, M, rng, scale, "float64", **options))
    w = SimpleNamespace(**{name: held(a) for name, a in w.items()})
    x = held(rng.standard_normal((N, T, D)))
    states = tuple(held(rng.standard_normal((N, M))) for _ in cell.states)
    used = rng.random((N, T)) < 0.6 if masked else np.ones((N, T), bool)
    names = names or tuple(name for _, name in cell.activations)
    return Sequence(cell, names, x, states, w, used)


def evaluated(ops, s):
    """Each state after each step, as these operations compute it: arrays (N, T, M)."""
    states, after = s.states, []
    functions = [ops.activation(name) for name in s.names]
    for t in range(s.x.shape[1]):
        new = s.cell.step(ops, s.x[:, t], states, s.w, *functions)
        on = s.used[:, t, None]
        states = tuple(np.where(on, a, b) for a, b in zip(new, states))
        after.append(states)
    return [np.stack(a, axis=1) for a in zip(*after)]


def emitted(after, s, zero_output_for_mask=False):
    """What a layer puts out for these states; at a step that is not used, what it did before."""
    out, before = np.empty_like(after[0]), np.zeros_like(after[0][:, 0])
    for t in range(out.shape[1]):
        on = s.used[:, t, None]
        before = np.where(on, after[0][:, t], 0.0 if zero_output_for_mask else before)
        out[:, t] = before
    return out
