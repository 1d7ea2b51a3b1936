"""Faults of precision: with how many bits is it computed?"""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import activation, preactivation, right_sum


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
