"""The activations that SimpleRNN and Dense accept: value, slope, and how well they are computed.

Each is stated with what a bound needs of it, for z in float64: the value; the range of the slope
over an interval, from the points where the slope has an extremum or jumps; and how far apart two
values can be at all. Definitions: ``keras.activations``; softplus to gelu as in the papers that
introduced them.
How far a library's own evaluation may be off is in `activation_errors`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

Array = np.ndarray

_erfc = np.vectorize(math.erfc, otypes=[float])


@dataclass(frozen=True)
class Activation:
    """A function of one number, applied to each entry.

    ``turns`` lists where the slope has an extremum or jumps: the place, and the least and the
    greatest slope there. ``span`` is how far apart two values can be, ``largest`` how large a
    value can be, both ∞ where they are not limited. Outside ``varies_between`` the argument is
    clipped: the value is constant on each side. ``reference_error`` is the largest error of
    ``value`` itself in float64, in ulp of float64 and absolute. ``has_limits`` tells whether the
    value at ±∞ is the limit; where it is not, the formula as written is ∞ · 0 or ∞ / ∞.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    turns: tuple[tuple[float, float, float], ...] = ()
    span: float = math.inf
    largest: float = math.inf
    reference_error: tuple[float, float] = (4, 0.0)
    has_limits: bool = True
    varies_between: tuple[float, float] = (-math.inf, math.inf)

    #: Whether each value depends on one argument only.
    elementwise = True

    def slopes(self, low: Array, high: Array) -> tuple[Array, Array]:
        """The least and the greatest slope between ``low`` and ``high``, entry by entry."""
        ends = self.slope(low), self.slope(high)
        least, greatest = np.fmin(*ends), np.fmax(*ends)
        for place, below, above in self.turns:
            inside = (low <= place) & (place <= high)
            least = np.where(inside, np.minimum(least, below), least)
            greatest = np.where(inside, np.maximum(greatest, above), greatest)
        return least, greatest

    def conditioning(self, z: Array) -> Array | float:
        """By how many ulp more an evaluation may be off that rounds in between, at this z."""
        return 0.0

    def moved(self, z: Array, off: Array) -> Array:
        """The largest |f(z') − f(z)| for |z' − z| ≤ ``off``."""
        return np.fmin(self.steepest(z, off) * off, self.span)

    def steepest(self, z: Array, off: Array) -> Array:
        """The largest |slope| between z − ``off`` and z + ``off``."""
        least, greatest = self.slopes(z - off, z + off)
        return np.fmax(np.abs(least), np.abs(greatest))


class Tanh(Activation):
    """The slope is even and falls away from 0, which saves half of the work."""

    def slopes(self, low: Array, high: Array) -> tuple[Array, Array]:
        near = np.maximum(np.maximum(low, -high), 0)
        far = np.maximum(np.abs(low), np.abs(high))
        least, greatest = tanh_slope(np.stack([far, near]))
        return least, greatest

    def steepest(self, z: Array, off: Array) -> Array:
        return tanh_slope(np.maximum(np.abs(z) - off, 0))


class Softmax(Activation):
    """Over the last axis. With |z'_i − z_i| ≤ d_i, p'_i / p_i lies within e^±(d_i + max d)."""

    elementwise = False

    def conditioning(self, z: Array) -> Array:
        """The differences z − max z are rounded before exp, and n terms are added up."""
        return z.max(axis=-1, keepdims=True) - z + z.shape[-1]

    def moved(self, z: Array, off: Array) -> Array:
        together = off + off.max(axis=-1, keepdims=True)
        return np.fmin(self.value(z) * np.expm1(together), 1.0)

    def slopes(self, low: Array, high: Array) -> tuple[Array, Array]:
        """The Jacobian diag(p) − p pᵀ has eigenvalues between 0 and ½."""
        return np.zeros_like(low), np.full_like(low, 0.5)


def tanh_slope(z: Array) -> Array:
    """The derivative of tanh, 1 − tanh(z)² = 4E/(1 + E)² with E = exp(−2|z|), without overflow."""
    E = np.exp(-2 * np.abs(z))
    return 4 * E / (1 + E) ** 2


def _sigmoid(z: Array) -> Array:
    E = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, E) / (1 + E)


def _sigmoid_slope(z: Array) -> Array:
    return tanh_slope(z / 2) / 4


def _silu_slope(z: Array) -> Array:
    return _sigmoid(z) + _times(z, _sigmoid_slope(z))


def _normal_density(z: Array) -> Array:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _gelu(z: Array) -> Array:
    return _times(z, _erfc(-z / math.sqrt(2)) / 2)


def _gelu_slope(z: Array) -> Array:
    return _erfc(-z / math.sqrt(2)) / 2 + _times(z, _normal_density(z))


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _mish(z: Array) -> Array:
    return _times(z, np.tanh(_softplus(z)))


def _mish_slope(z: Array) -> Array:
    s = _softplus(z)
    return np.tanh(s) + _times(z, tanh_slope(s) * _sigmoid(z))


def _times(z: Array, vanishing: Array) -> Array:
    """Z · vanishing, 0 where the second is 0 though the first is infinite."""
    return np.where(vanishing == 0, vanishing, z * vanishing)


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _between(low: float, high: float, slope: float) -> Callable[[Array], Array]:
    return lambda z: np.where((z > low) & (z < high), slope, 0.0)


#: Klambauer et al., *Self-normalizing neural networks* (2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_SELU = SELU_SCALE * SELU_ALPHA
LEAKY_SLOPE = 0.2
#: Where the slopes of silu, gelu and mish turn, and their values there, rounded outwards.
_SILU = ((-2.3993572805, -0.0998394, -0.0998393), (2.3993572805, 1.0998393, 1.0998394))
_GELU = ((-math.sqrt(2), -0.1289042, -0.1289041), (math.sqrt(2), 1.1289041, 1.1289042))
_MISH = ((-2.2563763964, -0.1125262, -0.1125261), (1.4905711795, 1.0884981, 1.0884982))

ACTIVATIONS: dict[str, Activation] = {
    a.name: a
    for a in (
        Tanh("tanh", np.tanh, tanh_slope, ((0, 1, 1),), span=2, largest=1),
        Activation("linear", lambda z: z, np.ones_like, reference_error=(0, 0)),
        Activation(
            "relu",
            lambda z: np.where(z < 0, 0.0, z),
            lambda z: (z > 0).astype(float),
            ((0, 0, 1),),
            reference_error=(0, 0),
            varies_between=(0, math.inf),
        ),
        Activation(
            "relu6",
            lambda z: np.where(z < 0, 0.0, np.where(z > 6, 6.0, z)),
            _between(0, 6, 1),
            ((0, 0, 1), (6, 0, 1)),
            span=6,
            largest=6,
            reference_error=(0, 0),
            varies_between=(0, 6),
        ),
        Activation(
            "leaky_relu",
            lambda z: np.where(z < 0, LEAKY_SLOPE * z, z),
            lambda z: np.where(z < 0, LEAKY_SLOPE, 1.0),
            ((0, LEAKY_SLOPE, 1),),
        ),
        Activation("sigmoid", _sigmoid, _sigmoid_slope, ((0, 0.25, 0.25),), span=1, largest=1),
        Activation(
            "hard_sigmoid",
            lambda z: np.clip(z / 6 + 0.5, 0, 1),
            _between(-3, 3, 1 / 6),
            ((-3, 0, 1 / 6), (3, 0, 1 / 6)),
            span=1,
            largest=1,
            reference_error=(4, 2.0**-52),
            varies_between=(-3, 3),
        ),
        Activation(
            "hard_sigmoid_keras_2",
            lambda z: np.clip(0.2 * z + 0.5, 0, 1),
            _between(-2.5, 2.5, 0.2),
            ((-2.5, 0, 0.2), (2.5, 0, 0.2)),
            span=1,
            largest=1,
            reference_error=(4, 2.0**-52),
            varies_between=(-2.5, 2.5),
        ),
        Activation("softplus", _softplus, _sigmoid),
        Activation(
            "softsign",
            lambda z: z / (1 + np.abs(z)),
            lambda z: 1 / (1 + np.abs(z)) ** 2,
            ((0, 1, 1),),
            span=2,
            largest=1,
            has_limits=False,
        ),
        Activation("elu", _elu, lambda z: np.exp(np.minimum(z, 0))),
        Activation(
            "selu",
            lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
            lambda z: np.where(z > 0, SELU_SCALE, _SELU * np.exp(np.minimum(z, 0))),
            ((0, SELU_SCALE, _SELU),),
            reference_error=(8, 0),
        ),
        Activation("silu", lambda z: _times(z, _sigmoid(z)), _silu_slope, _SILU, has_limits=False),
        Activation(
            "gelu", _gelu, _gelu_slope, _GELU, reference_error=(8, 2.0**-50), has_limits=False
        ),
        Activation("mish", _mish, _mish_slope, _MISH, reference_error=(12, 0), has_limits=False),
        Activation("exponential", np.exp, np.exp),
        Softmax(
            "softmax",
            _softmax,
            lambda z: np.full_like(z, 0.5),
            span=1,
            largest=1,
            reference_error=(8, 0),
            has_limits=False,
        ),
    )
}
