"""LSTM as the textbook writes it, over the operations of `conformance.numerics.operations`.

    i = σ(x Wxi + h Whi + bi)      the input gate
    f = σ(x Wxf + h Whf + bf)      the forget gate
    g = tanh(x Wxg + h Whg + bg)   the candidate
    o = σ(x Wxo + h Who + bo)      the output gate
    c' = f ∘ c + i ∘ g
    h' = o ∘ tanh(c')

A sample is a row: x is (N, D), h and c are (N, M). The states are h, which is put out, and c, the
cell state. Keras joins the four in the order i, f, c, o, the candidate under the letter c: the
kernel is (D, 4M), the recurrent kernel (M, 4M) and the bias (4M,). Its ``recurrent_activation`` is
the σ of the gates, its ``activation`` both tanh.

Hochreiter and Schmidhuber, *Long short-term memory*, Neural Computation 9 (1997); the forget gate:
Gers, Schmidhuber, Cummins, *Learning to forget*, Neural Computation 12 (2000). Goodfellow, Bengio,
Courville, *Deep Learning*, section 10.10.1, equations 10.40 to 10.44, which put σ where the others
have the first tanh.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from conformance.numerics.operations import Operations
from strategies.cell import BIAS, INPUT, RECURRENT, Cell, Weight
from strategies.options import Options


def step(
    ops: Operations,
    x: Any,
    states: tuple[Any, Any],
    w: Any,
    activation: Callable[[Any], Any],
    recurrent_activation: Callable[[Any], Any],
) -> tuple[Any, Any]:
    """The next h and c, (N, M) each, from the inputs x (N, D) of a step and the states."""
    h, c = states
    z = ops.affine((x, h), (w.kernel, w.recurrent_kernel), w.bias)
    z_i, z_f, z_g, z_o = ops.split(z, 4)
    i, f, o = (recurrent_activation(gate) for gate in (z_i, z_f, z_o))
    c = ops.plus(ops.times(f, c), ops.times(i, activation(z_g)))
    return ops.times(o, activation(c)), c


def weights(D: int, M: int, options: Options) -> dict[str, Weight]:
    """Name, role and shape of each weight, in the order of ``get_weights()``."""
    return {
        "kernel": Weight(INPUT, (D, 4 * M)),
        "recurrent_kernel": Weight(RECURRENT, (M, 4 * M)),
        "bias": Weight(BIAS, (4 * M,)),
    }


def fresh_bias(shape: tuple[int, ...]) -> np.ndarray:
    """Ones for the forget gate, zeros for all others, (4M,): at first the cell state is kept.

    Jozefowicz, Zaremba, Sutskever, *An empirical exploration of recurrent network architectures*
    (2015), section 2.2; Keras's ``unit_forget_bias``.
    """
    bias = np.zeros(shape)
    _, forget, _, _ = np.split(bias, 4)
    forget[:] = 1
    return bias


LSTM = Cell(
    name="lstm",
    title="LSTM",
    step=step,
    weights=weights,
    states=("h", "c"),
    activations=(("activation", "tanh"), ("recurrent_activation", "sigmoid")),
    options=("implementation",),
    fresh_bias=fresh_bias,
)
