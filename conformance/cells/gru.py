"""GRU as the textbook writes it, over the operations of `conformance.numerics.operations`.

    z = σ(x Wxz + h Whz + bz)      the update gate
    r = σ(x Wxr + h Whr + br)      the reset gate
    g = tanh(x Wxg + bg + r ∘ (h Whg + b'g))    the candidate, reset after the product
    g = tanh(x Wxg + bg + (r ∘ h) Whg)          the candidate, reset before it
    h' = z ∘ h + (1 − z) ∘ g

A sample is a row: x is (N, D) and h (N, M). Keras joins the three in the order z, r, h, the
candidate under the letter h: the kernel is (D, 3M) and the recurrent kernel (M, 3M). With
``reset_after``, the default, the bias is (2, 3M): one row beside x, another beside h, which add up
in z and r. Without it the bias is (3M,). ``recurrent_activation`` is the σ of the gates,
``activation`` the tanh.

Reset before the product: Cho et al., *Learning phrase representations using RNN encoder-decoder
for statistical machine translation* (2014), version 3, equations 5 to 8. Reset after it: version 1
of that paper, and NVIDIA's cuDNN, for the sake of which Keras has it. Goodfellow, Bengio,
Courville, *Deep Learning*, section 10.10.2, equations 10.45 to 10.47.
"""

from __future__ import annotations

from typing import Any, Callable

from conformance.numerics.operations import Operations
from strategies.cell import BIAS, INPUT, RECURRENT, Cell, Weight
from strategies.options import Options


def step(
    ops: Operations,
    x: Any,
    states: tuple[Any],
    w: Any,
    activation: Callable[[Any], Any],
    recurrent_activation: Callable[[Any], Any],
) -> tuple[Any]:
    """The next h (N, M), from the inputs x (N, D) of a step and the h before it.

    A bias of two rows is that of a reset after the product.
    """
    (h,) = states
    gates = 2 * len(w.recurrent_kernel)
    (Wx, Wxg), (Wh, Whg) = ((W[:, :gates], W[:, gates:]) for W in (w.kernel, w.recurrent_kernel))
    reset_after = w.bias.ndim == 2
    biases = w.bias if reset_after else [w.bias]
    z_z, z_r = ops.split(ops.affine((x, h), (Wx, Wh), *(b[:gates] for b in biases)), 2)
    z, r = recurrent_activation(z_z), recurrent_activation(z_r)
    bg, *inner_bias = (b[gates:] for b in biases)
    if reset_after:
        inner = ops.affine((h,), (Whg,), *inner_bias)
        z_g = ops.affine((x,), (Wxg,), bg, ops.times(r, inner))
    else:
        z_g = ops.affine((x, ops.times(r, h)), (Wxg, Whg), bg)
    return (ops.blend(z, h, activation(z_g)),)


def weights(D: int, M: int, options: Options) -> dict[str, Weight]:
    """Name, role and shape of each weight, in the order of ``get_weights()``."""
    return {
        "kernel": Weight(INPUT, (D, 3 * M)),
        "recurrent_kernel": Weight(RECURRENT, (M, 3 * M)),
        "bias": Weight(BIAS, (2, 3 * M) if options.reset_after else (3 * M,)),
    }


GRU = Cell(
    name="gru",
    title="GRU",
    step=step,
    weights=weights,
    activations=(("activation", "tanh"), ("recurrent_activation", "sigmoid")),
    options=("reset_after", "implementation"),
)
