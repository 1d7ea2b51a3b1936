"""Faults of Dense, and of calls: what one answer has to do with the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.faults.catalogue import FAULTS, overriding
from conformance.implementations.numpy_loop import NumpyNetwork

# Dense


@overriding("dense", "dense")
def no_dense_bias(self, h):
    """The bias of Dense is missing."""
    return self.activated(h @ self.used[3], self.size.dense_activation)


@overriding("dense", "dense")
def dense_with_tanh(self, h):
    """Dense applies tanh."""
    return np.tanh(NumpyNetwork.dense(self, h))


@overriding("dense", "dense")
def square_dense_kernel_transposed(self, h):
    """The kernel of Dense is transposed where M = K."""
    Wo, bo = self.used[3:]
    y = h @ (Wo.T if Wo.shape[0] == Wo.shape[1] else Wo) + bo
    return self.activated(y, self.size.dense_activation)


@overriding("dense", "dense")
def last_output_off_by_a_millionth(self, h):
    """The last output of Dense is too large by 2e-6 of itself."""
    y = NumpyNetwork.dense(self, h)
    y[:, -1] *= y.dtype.type(1 + 2e-6)
    return y


@overriding("dense", "dense")
def first_dense_row_missing(self, h):
    """Dense ignores the first unit."""
    Wo, bo = self.used[3:]
    return self.activated(h[:, 1:] @ Wo[1:] + bo, self.size.dense_activation)


# Calls


@overriding("initial_state", "calls")
def state_kept_between_calls(self, N):
    """A call starts from the state in which the last one ended."""
    last = getattr(self, "last", None)
    return last if last is not None and len(last) == N else NumpyNetwork.initial_state(self, N)


def _remember(self: Any, inputs: np.ndarray) -> Any:
    states, outputs = NumpyNetwork.run(self, inputs)
    self.last = states[:, -1]
    return states, outputs


FAULTS["state_kept_between_calls"].network.run = _remember  # type: ignore[method-assign]


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
