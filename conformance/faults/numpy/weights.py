"""Faults of weights, of their counts, and of stated shapes."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.implementations.protocol import Parameters, Shapes, Weight


@overriding("get_weights", "weights")
def weights_read_in_wrong_order(self):
    """get_weights() returns the recurrent kernel first."""
    return [self.weights[i].copy() for i in (1, 0, *range(2, len(self.weights)))]


@overriding("get_weights", "weights")
def weights_read_as_float64(self):
    """get_weights() returns float64, or float32 for float64."""
    other = np.float64 if self.dtype == "float32" else np.float32
    return [w.astype(other) for w in self.weights]


@overriding("set_weights", "weights")
def signed_zeros_lost(self, weights):
    """set_weights() loses the sign of zero."""
    self.weights = [w + w.dtype.type(0) for w in weights]


@overriding("set_weights", "weights")
def subnormals_flushed(self, weights):
    """set_weights() flushes subnormals to zero."""
    self.weights = [
        np.where(np.abs(w) < np.finfo(w.dtype).tiny, np.zeros_like(w), w) for w in weights
    ]


@overriding("set_weights", "weights")
def nan_replaced(self, weights):
    """set_weights() replaces NaN by zero."""
    self.weights = [np.where(np.isnan(w), 0, w).astype(w.dtype) for w in weights]


@overriding("weight_table", "weights")
def recurrent_kernel_has_kernels_name(self):
    """The recurrent kernel is called kernel."""
    table = NumpyNetwork.weight_table(self)
    return [Weight(w.layer, w.name.replace("recurrent_", ""), w.shape, w.dtype) for w in table]


@overriding("parameters", "parameters")
def bias_not_counted(self):
    """The bias is not counted."""
    p, bias = NumpyNetwork.parameters(self), self.weights[2].size
    return p._replace(layer=p.layer - bias, total=p.total - bias)


@overriding("parameters", "parameters")
def bias_counted_twice(self):
    """The bias is counted twice, as if each kernel had one."""
    p, bias = NumpyNetwork.parameters(self), self.weights[2].size
    return p._replace(layer=p.layer + bias, total=p.total + bias)


@overriding("parameters", "parameters")
def recurrent_kernel_counted_as_kernel(self):
    """The recurrent kernel is counted as D·M."""
    kernel, _, bias = (weight.size for weight in self.weights[:3])
    return NumpyNetwork.parameters(self)._replace(layer=2 * kernel + bias)


@overriding("parameters", "parameters")
def total_without_dense(self):
    """The total leaves out Dense."""
    p = NumpyNetwork.parameters(self)
    return p._replace(total=p.layer)


@overriding("parameters", "parameters")
def recurrent_kernel_not_trainable(self):
    """The recurrent kernel is counted as not trainable."""
    p, frozen = NumpyNetwork.parameters(self), self.weights[1].size
    return Parameters(*p[:4], p.trainable - frozen, frozen)


@overriding("shapes", "shapes")
def sequences_not_in_stated_shape(self, N, T):
    """The stated shape of a returned sequence has no time axis."""
    M, K = self.size.M, self.size.K
    return Shapes((None, M), (None, K), (N, M), (N, K))


@overriding("shapes", "shapes")
def unknown_time_stated_as_one(self, N, T):
    """An unknown T is stated as 1."""
    return NumpyNetwork.shapes(self, N, 1 if T is None else T)


@overriding("shapes", "shapes")
def features_stated_as_units(self, N, T):
    """The stated number of units is the number of features."""
    s, D = NumpyNetwork.shapes(self, N, T), self.size.D
    return s._replace(computed_layer=(*s.computed_layer[:-1], D))
