"""Faults of the batch: which sample goes wrong, and with whose state."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


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
