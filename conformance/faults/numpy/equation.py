"""Faults of the equation: operands, activation, bias."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import activation, overriding, preactivation, state


@preactivation("equation")
def recurrent_kernel_transposed(x, h, t, Wx, Wh, bh):
    """The recurrent kernel is transposed."""
    return x @ Wx + h @ Wh.T + bh


@preactivation("equation")
def no_recurrence(x, h, t, Wx, Wh, bh):
    """The previous state is ignored."""
    return x @ Wx + bh


@preactivation("equation")
def no_bias(x, h, t, Wx, Wh, bh):
    """The bias is missing."""
    return x @ Wx + h @ Wh


@preactivation("equation")
def bias_twice(x, h, t, Wx, Wh, bh):
    """The bias is added twice, once with each kernel."""
    return x @ Wx + h @ Wh + 2 * bh


@preactivation("equation")
def bias_subtracted(x, h, t, Wx, Wh, bh):
    """The bias is subtracted."""
    return x @ Wx + h @ Wh - bh


@activation("equation")
def sigmoid_for_tanh(z):
    """The activation is the logistic function."""
    return 1 / (1 + np.exp(-z))


@activation("equation")
def relu_for_tanh(z):
    """The activation is relu."""
    return np.maximum(z, 0)


@activation("equation")
def no_activation(z):
    """The activation is missing."""
    return np.clip(z, -1e6, 1e6)


@activation("equation")
def hard_tanh(z):
    """The activation is tanh's piecewise linear cousin."""
    return np.clip(z, -1, 1)


@overriding("step", "equation")
def activation_before_recurrence(self, x, states):
    """The activation is applied before the previous state is added."""
    w, (h, *others) = self.w, states
    new = np.tanh(x @ w.kernel + w.bias) + h @ w.recurrent_kernel
    return (self.stored(np.clip(new, -1e6, 1e6)), *others)


@preactivation("equation")
def recurrence_elementwise(x, h, t, Wx, Wh, bh):
    """Only the diagonal of the recurrent kernel is used."""
    return x @ Wx + h * np.diag(Wh) + bh


@preactivation("equation")
def features_reversed(x, h, t, Wx, Wh, bh):
    """The features are read in reverse."""
    return x[:, ::-1] @ Wx + h @ Wh + bh


@state("equation")
def leaky_state(new, h, t):
    """The new state keeps a thousandth of the old one."""
    return 0.999 * new + 0.001 * h


@state("equation")
def state_scaled_slightly(new, h, t):
    """Every state is scaled by 1 − 1e-5."""
    return new * (1 - 1e-5)


@state("equation")
def last_unit_scaled_slightly(new, h, t):
    """The last unit alone is scaled by 1 + 1e-5."""
    new[:, -1] *= 1 + 1e-5
    return new


@preactivation("equation")
def first_recurrent_row_missing(x, h, t, Wx, Wh, bh):
    """The first unit's state does not reach the others."""
    return x @ Wx + h[:, 1:] @ Wh[1:] + bh
