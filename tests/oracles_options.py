"""SimpleRNN with options, once more: one number at a time, as the documentation says it."""

from __future__ import annotations

import math

import numpy as np


def run_by_hand(case):
    """Every output (N, T, M) in the order of processing, and the last state (N, M)."""
    options = case.options
    activation = math.tanh if case.activation == "tanh" else lambda z: max(z, 0.0)
    order = range(case.T - 1, -1, -1) if options.go_backwards else range(case.T)
    outputs = np.zeros((case.N, case.T, case.M))
    last = np.zeros((case.N, case.M))
    x, Wx, Wh, bh = (
        a.astype(float).tolist()
        for a in (case.inputs, case.kernel, case.recurrent_kernel, case.bias)
    )
    for n in range(case.N):
        h = case.initial_states[0][n].tolist() if case.initial_states else [0.0] * case.M
        before = [0.0] * case.M
        for place, t in enumerate(order):
            if case.mask is None or case.mask[n, t]:
                sums = list(bh)
                for m in range(case.M):
                    sums[m] += sum(x[n][t][d] * Wx[d][m] for d in range(case.D))
                    sums[m] += sum(h[j] * Wh[j][m] for j in range(case.M))
                h = out = [activation(z) for z in sums]
            else:
                out = [0.0] * case.M if options.zero_output_for_mask else before
            outputs[n, place] = before = out
        last[n] = h
    return outputs, last
