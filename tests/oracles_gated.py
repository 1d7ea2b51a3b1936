"""LSTM and GRU once more, in float64 and block by block, as their documentation says it.

A block of columns is cut out of each weight for each gate, and nothing of `conformance` is used.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(x, h, c, w, act=np.tanh, rec=sigmoid):
    """Every h and every c, (N, T, M) each."""
    M, hs, cs = h.shape[1], [], []

    def gate(k, x_t, h):
        block = slice(k * M, (k + 1) * M)
        return x_t @ w.kernel[:, block] + h @ w.recurrent_kernel[:, block] + w.bias[block]

    for t in range(x.shape[1]):
        z_i, z_f, z_c, z_o = (gate(k, x[:, t], h) for k in range(4))
        c = rec(z_f) * c + rec(z_i) * act(z_c)
        h = rec(z_o) * act(c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, 1), np.stack(cs, 1)


def gru(x, h, w, act=np.tanh, rec=sigmoid):
    """Every h, (N, T, M). A bias of two rows is that of reset_after=True."""
    M, hs = h.shape[1], []
    Kz, Kr, Kh = (w.kernel[:, k * M : (k + 1) * M] for k in range(3))
    Uz, Ur, Uh = (w.recurrent_kernel[:, k * M : (k + 1) * M] for k in range(3))
    after = w.bias.ndim == 2
    b_in = w.bias[0] if after else w.bias
    b_rec = w.bias[1] if after else np.zeros(3 * M)
    for t in range(x.shape[1]):
        z = rec(x[:, t] @ Kz + b_in[:M] + h @ Uz + b_rec[:M])
        r = rec(x[:, t] @ Kr + b_in[M : 2 * M] + h @ Ur + b_rec[M : 2 * M])
        inner = r * (h @ Uh + b_rec[2 * M :]) if after else (r * h) @ Uh
        h = z * h + (1 - z) * act(x[:, t] @ Kh + b_in[2 * M :] + inner)
        hs.append(h)
    return np.stack(hs, 1)


def weights_of(cell, D, M, rng, scale=1.0, dtype="float32", **options):
    """Normal weights by name, of numbers of that dtype, in float64."""
    shapes = cell.weights(D, M, SimpleNamespace(**{"reset_after": True, **options}))
    drawn = {
        name: (scale * rng.standard_normal(weight.shape)).astype(dtype).astype(float)
        for name, weight in shapes.items()
    }
    return SimpleNamespace(**drawn)
