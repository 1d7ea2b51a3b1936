"""What a step of gradient descent leaves.

The gradient is that of backpropagation through time, for linear activations; for the small integers
of `strategies.gradient_step.Step` nothing in it rounds, in any order.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Sequence

import numpy as np

from conformance.cells import SIMPLE_RNN
from conformance.cells.dense import dense
from conformance.expected.recurrence import equation_of, recurrence
from conformance.expected.regularizers import penalty_gradient
from conformance.numerics.operations import Numbers, Operations
from conformance.numerics.tape import Tape, Traced
from strategies.gradient_step import Step
from strategies.plain_networks import NAMES

#: The layers of a step have no activations: nothing in them rounds.
LINEAR = SimpleNamespace(activation="linear")


def forward(inputs: np.ndarray, weights: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Every state (N, T, M), and the last output (N, K), all linear."""
    states, output = _network(Numbers(), inputs, weights)
    return np.stack(states, axis=1), output


def gradients(
    inputs: np.ndarray, weights: Sequence[np.ndarray], targets: np.ndarray
) -> list[np.ndarray]:
    """Those of the mean of targets · outputs by the five weights, by backpropagation."""
    return gradients_of(inputs, weights, lambda output: targets / targets.size)


def gradients_of(
    inputs: np.ndarray,
    weights: Sequence[np.ndarray],
    by_output: Callable[[np.ndarray], np.ndarray],
) -> list[np.ndarray]:
    """Those of a loss by the five weights, from its derivative by the output (N, K)."""
    tape, traced = Tape(Numbers()), [Traced(weight) for weight in weights]
    _, output = _network(tape, inputs, traced)
    return tape.gradients([(output, by_output(output.value))], traced)


def _network(ops: Operations, inputs: np.ndarray, weights: Sequence[Any]) -> tuple[list[Any], Any]:
    """Every state and the last output, over any numbers."""
    w = SimpleNamespace(**dict(zip(NAMES, weights)))
    step = equation_of(ops, SIMPLE_RNN, w, LINEAR)
    x = [inputs[:, t] for t in range(inputs.shape[1])]
    states, _ = recurrence(ops, step, x, (np.zeros((len(inputs), w.bias.shape[0])),))
    return states, dense(ops, states[-1], w, ops.activation("linear"))


def descended(step: Step) -> list[np.ndarray]:
    """The five weights after a step of gradient descent, before any constraint, exactly."""
    inputs, *weights = step.tensors
    by_loss = gradients(inputs, weights, step.targets)
    return [
        w - step.rate * (g + penalty_gradient(w, regularizer))
        for w, g, regularizer in zip(weights, by_loss, step.regularizers)
    ]
