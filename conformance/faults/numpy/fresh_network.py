"""Faults of a fresh network: its initial weights."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork

#: Where a weight is among those of a network.
KERNEL, RECURRENT_KERNEL, BIAS, DENSE_KERNEL, DENSE_BIAS = range(5)


def fresh(index):
    """Enter ``function(network, weight)``, a weight of a fresh network from the right one."""

    def initial_weights(function, self):
        weights = NumpyNetwork.initial_weights(self)
        weights[index] = function(self, weights[index])
        return weights

    return overriding("initial_weights", "initial weights", initial_weights)


@fresh(BIAS)
def fresh_bias_is_one(network, weight):
    """A fresh bias is one."""
    return weight + 1


@fresh(DENSE_BIAS)
def fresh_dense_bias_is_tiny(network, weight):
    """A fresh Dense bias is 1e-7."""
    return weight + 1e-7


@fresh(RECURRENT_KERNEL)
def fresh_recurrent_kernel_is_glorot(network, weight):
    """A fresh recurrent kernel is Glorot uniform, not orthogonal."""
    return network.rng.uniform(-1, 1, weight.shape) * np.sqrt(3 / len(weight))


@fresh(RECURRENT_KERNEL)
def fresh_recurrent_kernel_is_scaled(network, weight):
    """A fresh recurrent kernel is 1.01 times an orthogonal one."""
    return 1.01 * weight


@fresh(KERNEL)
def fresh_kernel_is_he_uniform(network, weight):
    """A fresh kernel is He uniform: the limit is √(6 / D)."""
    return network.rng.uniform(-1, 1, weight.shape) * np.sqrt(6 / len(weight))


@fresh(KERNEL)
def fresh_kernel_is_zero(network, weight):
    """A fresh kernel is zero."""
    return 0 * weight


@fresh(KERNEL)
def fresh_kernel_is_positive(network, weight):
    """A fresh kernel has positive entries only."""
    return abs(weight)


@fresh(DENSE_KERNEL)
def fresh_dense_kernel_is_halved(network, weight):
    """A fresh Dense kernel is half of Glorot's."""
    return weight / 2


@fresh(KERNEL)
def fresh_kernel_is_nan(network, weight):
    """A fresh kernel is NaN."""
    return weight * np.nan
