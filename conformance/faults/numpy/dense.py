"""Faults of Dense."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


@overriding("dense", "dense")
def no_dense_bias(self, h):
    """The bias of Dense is missing."""
    return self.activated(h @ self.w.dense_kernel, self.size.dense_activation)


@overriding("dense", "dense")
def dense_with_tanh(self, h):
    """Dense applies tanh."""
    return np.tanh(NumpyNetwork.dense(self, h))


@overriding("dense", "dense")
def square_dense_kernel_transposed(self, h):
    """The kernel of Dense is transposed where M = K."""
    Wo, bo = self.w.dense_kernel, self.w.dense_bias
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
    Wo, bo = self.w.dense_kernel, self.w.dense_bias
    return self.activated(h[:, 1:] @ Wo[1:] + bo, self.size.dense_activation)
