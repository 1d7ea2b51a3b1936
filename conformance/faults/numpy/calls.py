"""Faults of calls: what one answer has to do with the one before."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


def _remember(self, inputs):
    states, outputs = NumpyNetwork.run(self, inputs)
    self.last = states[:, -1]
    return states, outputs


@overriding("initial_state", "calls", run=_remember)
def state_kept_between_calls(self, N):
    """A call starts from the state in which the last one ended."""
    last = getattr(self, "last", None)
    return last if last is not None and len(last) == N else NumpyNetwork.initial_state(self, N)


@overriding("dense", "calls")
def last_bit_random(self, h):
    """The last bit of a result is random."""
    y = NumpyNetwork.dense(self, h)
    return np.nextafter(y, np.where(self.rng.random(y.shape) < 0.5, y, 2 * y))


@overriding("output", "calls")
def output_in_other_dtype(self, inputs, mode):
    """The output is float64 whatever the inputs are, or float32 for float64."""
    other = np.float64 if inputs.dtype == np.float32 else np.float32
    return self.run(inputs)[1][:, -1].astype(other)


@overriding("output", "calls")
def output_overwritten_by_the_next_call(self, inputs, mode):
    """A call returns a buffer that the next call overwrites."""
    y = self.run(inputs)[1][:, -1]
    buffers = self.__dict__.setdefault("buffers", {})
    buffer = buffers.setdefault(y.shape, np.empty_like(y))
    buffer[:] = y
    return buffer


@overriding("output", "calls")
def single_output_squeezed(self, inputs, mode):
    """The axis of a single output is squeezed away."""
    y = self.run(inputs)[1][:, -1]
    return y[:, 0] if y.shape[1] == 1 else y
