"""Faults of activations other than tanh."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


def definition(name):
    """Enter ``function(z)`` in place of one activation, in SimpleRNN and in Dense."""

    def activated(function, self, z, asked):
        if asked != name:
            return NumpyNetwork.activated(self, z, asked)
        return self.stored(function(self.stored(z).astype(float)))

    return overriding("activated", "activations", activated)


@definition("sigmoid")
def sigmoid_by_tanh_of_z(z):
    """Sigmoid is (1 + tanh z) / 2, without halving z."""
    return (1 + np.tanh(z)) / 2


@definition("leaky_relu")
def leaky_relu_of_another_slope(z):
    """leaky_relu has the slope 0.3, that of the layer of Keras 2."""
    return np.where(z < 0, 0.3 * z, z)


@definition("hard_sigmoid")
def hard_sigmoid_of_another_version(z):
    """hard_sigmoid is that of the other major version of Keras."""
    return np.clip(0.2 * z + 0.5, 0, 1)


@definition("gelu")
def gelu_by_tanh(z):
    """Gelu is its approximation by tanh."""
    return z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2


@definition("selu")
def selu_without_scale(z):
    """Selu lacks its scale."""
    return np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))


@definition("softmax")
def softmax_over_the_batch(z):
    """Softmax is taken over the samples."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@overriding("activated", "activations")
def activation_is_always_tanh(self, z, name):
    """Whatever activation is asked for, tanh is applied."""
    return NumpyNetwork.activated(self, z, "linear" if name == "linear" else "tanh")
