"""What a step of gradient descent leaves.

The gradient is that of backpropagation through time, for linear activations; for the small integers
of `strategies.gradient_step.Step` nothing in it rounds, in any order.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from conformance.expected.regularizers import penalty_gradient
from strategies.gradient_step import Step


def forward(inputs: np.ndarray, weights: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Every state (N, T + 1, M), from h_0 = 0 on, and the last output (N, K), all linear."""
    Wx, Wh, bh, Wo, bo = weights
    states = [np.zeros((len(inputs), len(bh)))]
    for t in range(inputs.shape[1]):
        states.append(inputs[:, t] @ Wx + states[-1] @ Wh + bh)
    return np.stack(states, axis=1), states[-1] @ Wo + bo


def gradients(
    inputs: np.ndarray, weights: Sequence[np.ndarray], targets: np.ndarray
) -> list[np.ndarray]:
    """Those of the mean of targets · outputs by the five weights, by backpropagation."""
    Wx, Wh, bh, Wo, _ = weights
    states, _ = forward(inputs, weights)
    d_output = targets / targets.size
    d_Wx, d_Wh, d_bh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(bh)
    d_state = d_output @ Wo.T
    for t in reversed(range(inputs.shape[1])):
        d_Wx += inputs[:, t].T @ d_state
        d_Wh += states[:, t].T @ d_state
        d_bh += d_state.sum(axis=0)
        d_state = d_state @ Wh.T
    return [d_Wx, d_Wh, d_bh, states[:, -1].T @ d_output, d_output.sum(axis=0)]


def descended(step: Step) -> list[np.ndarray]:
    """The five weights after a step of gradient descent, before any constraint, exactly."""
    inputs, *weights = step.tensors
    by_loss = gradients(inputs, weights, step.targets)
    return [
        w - step.rate * (g + penalty_gradient(w, regularizer))
        for w, g, regularizer in zip(weights, by_loss, step.regularizers)
    ]
