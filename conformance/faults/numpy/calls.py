"""Faults of calls: what one answer has to do with the one before."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import output, overriding
from conformance.implementations.numpy_loop import NumpyNetwork


def _remember(self, *given):
    emitted, states = NumpyNetwork.loop(self, *given)
    self.last = states
    return emitted, states


@overriding("initial_state", "calls", loop=_remember)
def state_kept_between_calls(self, N):
    """A call starts from the state in which the last one ended."""
    last = getattr(self, "last", None) or [NumpyNetwork.initial_state(self, N)]
    return last[0] if len(last[0]) == N else NumpyNetwork.initial_state(self, N)


@overriding("dense", "calls")
def last_bit_random(self, h):
    """The last bit of a result is random."""
    y = NumpyNetwork.dense(self, h)
    return np.nextafter(y, np.where(self.rng.random(y.shape) < 0.5, y, 2 * y))


@output("calls")
def output_in_other_dtype(network, y):
    """The output is float64 whatever the inputs are, or float32 for float64."""
    return y.astype(np.float64 if y.dtype == np.float32 else np.float32)


@output("calls")
def output_overwritten_by_the_next_call(network, y):
    """A call returns a buffer that the next call overwrites."""
    buffers = network.__dict__.setdefault("buffers", {})
    buffer = buffers.setdefault(y.shape, np.empty_like(y))
    buffer[:] = y
    return buffer


@output("calls")
def single_output_squeezed(network, y):
    """The axis of a single output is squeezed away."""
    return y[..., 0] if y.shape[-1] == 1 else y
