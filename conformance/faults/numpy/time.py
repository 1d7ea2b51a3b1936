"""Faults of time: which step goes wrong, and with which input."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import inputs, overriding, preactivation, right_sum, state
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


@inputs("time")
def time_reversed(x):
    """Time runs backwards."""
    return x[:, ::-1]


@inputs("time")
def inputs_one_step_late(x):
    """Each step uses the input of the step before."""
    return np.concatenate([x[:, :1], x[:, :-1]], axis=1)


@overriding("loop", "time")
def last_step_skipped(self, *given):
    """The last time step repeats the result of the one before."""
    emitted, states = NumpyNetwork.loop(self, *given)
    return [*emitted[:-1], emitted[max(-2, -len(emitted))]], states


@inputs("time")
def time_and_batch_swapped(x):
    """Time and batch are swapped where the shapes allow it."""
    return x.swapaxes(0, 1) if x.shape[0] == x.shape[1] else x


@overriding("outputs", "time")
def outputs_averaged_over_time(self, emitted):
    """The last output is the mean over time."""
    outputs = NumpyNetwork.outputs(self, emitted)
    return [*outputs[:-1], np.mean(outputs, axis=0)]


@inputs("time")
def future_touched(x):
    """Later inputs are multiplied by zero and added to earlier ones."""
    return x + 0 * x.mean(axis=1, keepdims=True)
