"""SimpleRNN and Dense as the textbook writes them, in NumPy.

    h_t = tanh(x_t Wx + h_{t-1} Wh + bh),   h_0 = 0,   y_t = h_t Wo + bo

N samples, T time steps, D input features, M hidden units, K outputs. A sample is a row, so
``x_t`` is (N, D), ``h_t`` is (N, M) and ``y_t`` is (N, K). Elman, *Finding structure in time*
(1990); Goodfellow, Bengio, Courville, *Deep Learning*, section 10.2, equations 10.8 to 10.10,
with rows instead of columns.
"""

from __future__ import annotations

from typing import Callable, Optional

import numpy as np


def simple_rnn(
    x: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bh: np.ndarray,
    initial_state: Optional[np.ndarray] = None,
    activation: Callable[[np.ndarray], np.ndarray] = np.tanh,
) -> np.ndarray:
    """Every hidden state h_1 … h_T, shape (N, T, M).

    Args:
        x: inputs (N, T, D).
        Wx: kernel (D, M).
        Wh: recurrent kernel (M, M).
        bh: bias (M,).
        initial_state: h_0, shape (N, M); zero by default.
        activation: what is applied to each sum; tanh by default.
    """
    N, T, _ = x.shape
    M = len(bh)
    h = np.zeros((N, M), x.dtype) if initial_state is None else initial_state
    states = np.empty((N, T, M), x.dtype)
    for t in range(T):
        h = activation(x[:, t] @ Wx + h @ Wh + bh)
        states[:, t] = h
    return states


def simple_rnn_with_options(
    x: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bh: np.ndarray,
    *,
    initial_state: np.ndarray,
    used: Optional[np.ndarray] = None,
    zero_output_for_mask: bool = False,
    activation: Callable[[np.ndarray], np.ndarray] = np.tanh,
) -> tuple[np.ndarray, np.ndarray]:
    """Every output (N, T, M) and every state (N, T, M), in the order of processing.

    A step that is not used leaves the state as it was. Its output is that of the step before it, or
    0 if that is asked for; before the first step it is 0, whatever the initial state. Keras
    documents this in `RNN`; keras/src/backend/*/rnn.py is where it happens.

    Args:
        x: inputs (N, T, D), flipped in time already for ``go_backwards``.
        Wx: kernel (D, M).
        Wh: recurrent kernel (M, M).
        bh: bias (M,), zeros for ``use_bias=False``.
        initial_state: h_0, (N, M).
        used: the mask (N, T), flipped like x: whether a step of a sample is used; all by default.
        zero_output_for_mask: whether the output of a step that is not used is 0.
        activation: what is applied to each sum; tanh by default.
    """
    (N, T, _), M = x.shape, len(bh)
    used = np.ones((N, T), bool) if used is None else used
    h, before = initial_state, np.zeros((N, M), x.dtype)
    outputs, states = np.empty((N, T, M), x.dtype), np.empty((N, T, M), x.dtype)
    for t in range(T):
        step = used[:, t, None]
        new = activation(x[:, t] @ Wx + h @ Wh + bh)
        h = np.where(step, new, h)
        before = np.where(step, new, 0 if zero_output_for_mask else before)
        outputs[:, t], states[:, t] = before, h
    return outputs, states


def dense(h: np.ndarray, Wo: np.ndarray, bo: np.ndarray) -> np.ndarray:
    """Y = h Wo + bo for h (…, M), Wo (M, K), bo (K,): shape (…, K)."""
    return h @ Wo + bo


def simple_rnn_parameters(D: int, M: int) -> int:
    """D·M + M·M + M: the kernel, the recurrent kernel and the bias. 45 for D=3, M=5."""
    return D * M + M * M + M


def dense_parameters(M: int, K: int) -> int:
    """M·K + K: the kernel and the bias. 12 for M=5, K=2."""
    return M * K + K


def parameters(D: int, M: int, K: int) -> int:
    """D·M + M·M + M + M·K + K: all of the network. 57 for D=3, M=5, K=2."""
    return simple_rnn_parameters(D, M) + dense_parameters(M, K)


def simple_rnn_weight_shapes(D: int, M: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of SimpleRNN's weights, in the order of ``get_weights()``."""
    return {"kernel": (D, M), "recurrent_kernel": (M, M), "bias": (M,)}


def dense_weight_shapes(M: int, K: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of Dense's weights, in the order of ``get_weights()``."""
    return {"kernel": (M, K), "bias": (K,)}


def glorot_limit(fan_in: int, fan_out: int) -> float:
    """√(6 / (fan_in + fan_out)): a fresh kernel is uniform between minus this and this.

    Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
    networks* (2010), equation 16.
    """
    return float(np.sqrt(6 / (fan_in + fan_out)))
