"""Faults of time: which step goes wrong, and with which input."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding, preactivation, right_sum, state
from conformance.implementations.numpy_loop import NumpyNetwork


@state("time")
def first_step_skipped(new, h, t):
    """The first time step is skipped."""
    return h if t == 0 else new


@preactivation("time")
def second_step_forgets(x, h, t, Wx, Wh, bh):
    """The second time step starts from a zero state."""
    return right_sum(x, 0 * h if t == 1 else h, Wx, Wh, bh)


@preactivation("time")
def state_reset_every_eighth_step(x, h, t, Wx, Wh, bh):
    """The state is reset every eighth step."""
    return right_sum(x, 0 * h if t and t % 8 == 0 else h, Wx, Wh, bh)


@state("time")
def stops_after_sixteen_steps(new, h, t):
    """The state stays as it is after sixteen steps."""
    return h if t >= 16 else new


@overriding("run", "time")
def time_reversed(self, inputs):
    """Time runs backwards."""
    return NumpyNetwork.run(self, inputs[:, ::-1])


@overriding("run", "time")
def inputs_one_step_late(self, inputs):
    """Each step uses the input of the step before."""
    return NumpyNetwork.run(self, np.concatenate([inputs[:, :1], inputs[:, :-1]], axis=1))


@overriding("run", "time")
def last_step_skipped(self, inputs):
    """The last time step repeats the result of the one before."""
    states, outputs = NumpyNetwork.run(self, inputs)
    states[:, -1], outputs[:, -1] = (
        states[:, max(-2, -len(states[0]))],
        outputs[:, max(-2, -len(states[0]))],
    )
    return states, outputs


@overriding("run", "time")
def time_and_batch_swapped(self, inputs):
    """Time and batch are swapped where the shapes allow it."""
    if inputs.shape[0] == inputs.shape[1]:
        inputs = inputs.swapaxes(0, 1)
    return NumpyNetwork.run(self, inputs)


@overriding("run", "time")
def outputs_averaged_over_time(self, inputs):
    """The last output is the mean over time."""
    states, outputs = NumpyNetwork.run(self, inputs)
    outputs[:, -1] = outputs.mean(axis=1)
    return states, outputs


@overriding("run", "time")
def future_touched(self, inputs):
    """Later inputs are multiplied by zero and added to earlier ones."""
    return NumpyNetwork.run(self, inputs + 0 * inputs.mean(axis=1, keepdims=True))
