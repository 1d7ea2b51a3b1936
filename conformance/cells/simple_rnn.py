"""SimpleRNN as the textbook writes it.

    h_t = f(x_t Wx + h_{t-1} Wh + b),   h_0 = 0,   f = tanh

N samples, T time steps, D input features, M hidden units. A sample is a row, so x_t is (N, D) and
h_t is (N, M). Elman, *Finding structure in time* (1990); Goodfellow, Bengio, Courville, *Deep
Learning*, section 10.2, equations 10.8 and 10.9, with rows instead of columns.

D·M + M·M + M parameters: 45 for D=3, M=5.
"""

from __future__ import annotations

from typing import Any

from conformance.numerics.operations import Operations
from strategies.cell import BIAS, INPUT, RECURRENT, Cell, Weight
from strategies.options import Options


def step(ops: Operations, x: Any, states: tuple[Any], w: Any, f: Any) -> tuple[Any]:
    """The new state f(x Wx + h Wh + b), from x (N, D) and h (N, M)."""
    (h,) = states
    return (f(ops.affine((x, h), (w.kernel, w.recurrent_kernel), w.bias)),)


def weights(D: int, M: int, options: Options) -> dict[str, Weight]:
    """Wx (D, M), Wh (M, M) and b (M,)."""
    return {
        "kernel": Weight(INPUT, (D, M)),
        "recurrent_kernel": Weight(RECURRENT, (M, M)),
        "bias": Weight(BIAS, (M,)),
    }


SIMPLE_RNN = Cell("simple_rnn", "SimpleRNN", step, weights, one_sum=True)
