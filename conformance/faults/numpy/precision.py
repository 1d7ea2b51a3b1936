"""Faults of precision, of activations other than tanh, and of special values."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from conformance.faults.catalogue import activation, overriding, preactivation, right_sum
from conformance.implementations.numpy_loop import NumpyNetwork

# Precision


def _rounded(a: np.ndarray, bits: int) -> np.ndarray:
    fraction, exponent = np.frexp(a)
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits).astype(a.dtype)


@preactivation("precision")
def operands_in_tf32(x, h, t, Wx, Wh, bh):
    """Operands of the products are rounded to 11 bits, as TensorFloat-32 does."""
    return _rounded(x, 11) @ _rounded(Wx, 11) + _rounded(h, 11) @ _rounded(Wh, 11) + bh


@preactivation("precision")
def sums_in_float16(x, h, t, Wx, Wh, bh):
    """The sum of the two products is rounded to float16."""
    z = (x @ Wx + h @ Wh).astype(np.float16).astype(x.dtype)
    return z + bh


@preactivation("precision")
def bias_off_by_a_millionth(x, h, t, Wx, Wh, bh):
    """The bias is too large by 1e-6."""
    return x @ Wx + h @ Wh + (bh + bh.dtype.type(1e-6))


@activation("precision")
def tanh_by_continued_fraction(z):
    """The activation is a truncated continued fraction of tanh."""
    z = np.clip(z, -4.9, 4.9)
    q = z * z
    top = z * (135135 + q * (17325 + q * (378 + q)))
    return top / (135135 + q * (62370 + q * (3150 + q * 28)))


@activation("precision")
def tanh_off_by_a_hundred_thousandth(z):
    """The activation is too large by 1e-5 of itself."""
    return np.tanh(z) * (1 + 1e-5)


@preactivation("precision")
def first_product_in_tf32(x, h, t, Wx, Wh, bh):
    """The product of the first feature alone is rounded to 11 bits, as in TensorFloat-32."""
    first = x[:, :1] * Wx[:1]
    return x @ Wx + h @ Wh + bh + (_rounded(first, 11) - first)


@preactivation("precision")
def weights_in_bfloat16(x, h, t, Wx, Wh, bh):
    """The weights are rounded to 8 bits, as in bfloat16."""
    return x @ _rounded(Wx, 8) + h @ _rounded(Wh, 8) + _rounded(bh, 8)


@preactivation("precision")
def float64_computed_in_float32(x, h, t, Wx, Wh, bh):
    """What is float64 is computed in float32."""
    return right_sum(*(a.astype(np.float32) for a in (x, h, Wx, Wh, bh)))


# Activations other than tanh


def _definition(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(z)`` in place of one activation, in SimpleRNN and in Dense."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: NumpyNetwork, z: np.ndarray, asked: str) -> np.ndarray:
            if asked != name:
                return NumpyNetwork.activated(self, z, asked)
            return self.stored(function(self.stored(z).astype(float)))

        wrong.__name__, wrong.__doc__ = function.__name__, function.__doc__
        overriding("activated", "activations")(wrong)
        return function

    return enter


@_definition("sigmoid")
def sigmoid_by_tanh_of_z(z):
    """Sigmoid is (1 + tanh z) / 2, without halving z."""
    return (1 + np.tanh(z)) / 2


@_definition("leaky_relu")
def leaky_relu_of_another_slope(z):
    """leaky_relu has the slope 0.3, that of the layer of Keras 2."""
    return np.where(z < 0, 0.3 * z, z)


@_definition("hard_sigmoid")
def hard_sigmoid_of_another_version(z):
    """hard_sigmoid is that of the other major version of Keras."""
    return np.clip(0.2 * z + 0.5, 0, 1)


@_definition("gelu")
def gelu_by_tanh(z):
    """Gelu is its approximation by tanh."""
    return z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2


@_definition("selu")
def selu_without_scale(z):
    """Selu lacks its scale."""
    return np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))


@_definition("softmax")
def softmax_over_the_batch(z):
    """Softmax is taken over the samples."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@overriding("activated", "activations")
def activation_is_always_tanh(self, z, name):
    """Whatever activation is asked for, tanh is applied."""
    return NumpyNetwork.activated(self, z, "linear" if name == "linear" else "tanh")


# Special values


@overriding("run", "special values")
def nan_becomes_zero(self, inputs):
    """NaN in the inputs becomes zero."""
    return NumpyNetwork.run(self, np.where(np.isnan(inputs), 0, inputs))


@overriding("run", "special values")
def infinity_becomes_the_largest_number(self, inputs):
    """Infinity in the inputs becomes the largest number."""
    return NumpyNetwork.run(self, np.nan_to_num(inputs, nan=np.nan))


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
