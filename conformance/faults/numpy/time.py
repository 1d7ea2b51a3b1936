"""Faults of time, state, batch and size: which step, sample or extent goes wrong."""

from __future__ import annotations

import numpy as np

from conformance.faults.catalogue import overriding, preactivation, right_sum, state
from conformance.implementations.numpy_loop import NumpyNetwork

# Time and state


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


@overriding("initial_state", "state")
def initial_state_is_one(self, N):
    """The initial state is one."""
    return self.stored(np.ones((N, self.size.M)))


@overriding("initial_state", "state")
def initial_state_is_small(self, N):
    """The initial state is 1e-4 instead of zero."""
    return self.stored(np.full((N, self.size.M), 1e-4))


@overriding("initial_state", "state")
def initial_state_is_the_bias(self, N):
    """The initial state is the bias."""
    return np.repeat(self.used[2][None], N, axis=0)


# Samples


@overriding("run", "batch")
def samples_share_their_state(self, inputs):
    """The state of the first sample is used for all."""
    one = NumpyNetwork.run(self, inputs[:1])
    return tuple(np.repeat(a, len(inputs), axis=0) for a in one)


@overriding("run", "batch")
def last_sample_repeats_the_first(self, inputs):
    """The last sample gets the first one's result."""
    return tuple(np.concatenate([a[:-1], a[:1]]) for a in NumpyNetwork.run(self, inputs))


@overriding("run", "batch")
def batch_reversed(self, inputs):
    """The samples come back in reverse."""
    return tuple(a[::-1] for a in NumpyNetwork.run(self, inputs))


@overriding("run", "batch")
def batch_mean_subtracted(self, inputs):
    """The mean over the batch is subtracted from the inputs."""
    mean = inputs.mean(axis=0, keepdims=True, dtype=inputs.dtype)
    return NumpyNetwork.run(self, inputs - mean if len(inputs) > 1 else inputs)


@overriding("run", "batch")
def samples_beyond_four_lose_their_state(self, inputs):
    """From the fifth sample on the previous state is ignored."""
    states, outputs = NumpyNetwork.run(self, inputs)
    if len(inputs) > 4:
        Wx, _, bh = self.used[:3]
        states[4:] = self.activated(inputs[4:] @ Wx + bh, self.size.activation)
        outputs[4:] = self.dense(states[4:])
    return states, outputs


# Only for some sizes


@preactivation("size")
def last_of_odd_features_dropped(x, h, t, Wx, Wh, bh):
    """The last feature is dropped where D is odd."""
    D = x.shape[1] // 2 * 2 if x.shape[1] > 1 else 1
    return x[:, :D] @ Wx[:D] + h @ Wh + bh


@preactivation("size")
def square_kernel_transposed(x, h, t, Wx, Wh, bh):
    """The kernel is transposed where D = M."""
    return right_sum(x, h, Wx.T if x.shape[1] == h.shape[1] else Wx, Wh, bh)


@preactivation("size")
def units_beyond_eight_forget(x, h, t, Wx, Wh, bh):
    """From the ninth on, units do not see the previous state."""
    Wh = Wh.copy()
    Wh[:, 8:] = 0
    return right_sum(x, h, Wx, Wh, bh)


@preactivation("size")
def single_unit_forgets(x, h, t, Wx, Wh, bh):
    """A single hidden unit does not see its previous state."""
    return right_sum(x, 0 * h if h.shape[1] == 1 else h, Wx, Wh, bh)


@overriding("run", "size")
def single_step_without_bias(self, inputs):
    """The bias is missing where T = 1."""
    if inputs.shape[1] > 1:
        return NumpyNetwork.run(self, inputs)
    h = self.activated(inputs @ self.used[0], self.size.activation)
    return h, self.dense(h)
