"""Faults of special values: NaN, infinity, overflow, signed zeros, subnormals."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import inputs, overriding, preactivation, right_sum
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.numerics.arithmetic import FORMATS
from strategies.dtypes import POLICIES


@inputs("special values")
def nan_becomes_zero(x):
    """NaN in the inputs becomes zero."""
    return np.where(np.isnan(x), 0, x)


@overriding("loop", "special values")
def infinity_becomes_the_largest_number(self, x, used, states):
    """Infinity in the inputs becomes the largest number."""
    largest = FORMATS[POLICIES[self.dtype].computed].largest
    return NumpyNetwork.loop(self, np.clip(x, -largest, largest), used, states)


@preactivation("special values")
def sums_saturate(x, h, t, Wx, Wh, bh):
    """Sums that overflow become NaN."""
    z = right_sum(x, h, Wx, Wh, bh)
    return np.where(np.isinf(z) & np.isfinite(x).all(), np.nan, z)


@preactivation("special values")
def negative_zero_counts(x, h, t, Wx, Wh, bh):
    """A negative zero in the inputs counts as −1/1000."""
    return right_sum(np.where((x == 0) & np.signbit(x), -1e-3, x), h, Wx, Wh, bh)


@preactivation("special values")
def subnormals_are_normalised_wrongly(x, h, t, Wx, Wh, bh):
    """A subnormal input is taken for a normal number with the same fraction."""
    tiny = np.finfo(np.float64 if x.dtype == np.float64 else np.float32).tiny
    subnormal = (x != 0) & (np.abs(x) < tiny)
    return right_sum(np.where(subnormal, 1.5, x).astype(x.dtype), h, Wx, Wh, bh)
