"""The slope of an activation, and how far a library's own may be off.

A library computes the slope of tanh and sigmoid from the value y that it has already, of the others
from z. At a kink each of the one-sided slopes is right, and whatever is between them.
"""

from __future__ import annotations

import numpy as np

from conformance.numerics.activations import Activation
from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, activation_error

#: How many unit roundoffs a slope may be off that is computed from z, in float64 and in all other
#: formats: half as much again as the largest over TensorFlow, its XLA, JAX and torch.
ERRORS: dict[str, tuple[float, float]] = {
    "softplus": (12, 12),
    "softsign": (5, 5),
    "elu": (4, 4),
    "selu": (6, 6),
    "silu": (60, 24),
    "gelu": (8, 8),
    "mish": (320, 90),
    "exponential": (8, 8),
    "leaky_relu": (1, 1),
    "hard_sigmoid": (1, 1),
    "hard_sigmoid_keras_2": (1, 1),
}


#: The slopes on both sides of a kink differ by more than this.
JUMP = 1e-3


def slope(activation: Activation, z: Bounded, y: Bounded, arithmetic: Arithmetic) -> Bounded:
    """The derivative of an activation at z, where the implementation's own value is y.

    Raises:
        ValueError: the activation has no slope of its own for each entry.
    """
    if not activation.elementwise:
        raise ValueError(f"{activation.name}: its values depend on each other")
    if activation.name in ("tanh", "sigmoid"):
        return _from_value(activation.name, y, arithmetic)
    unknown = ~np.isfinite(z.value) | np.isinf(z.bound) | ~np.isfinite(y.value)
    low, high = _sides(activation, z, y, arithmetic)
    least, greatest = activation.slopes(low, high)
    middle, radius = least / 2 + greatest / 2, greatest / 2 - least / 2
    size = np.fmax(np.abs(least), np.abs(greatest))
    k = ERRORS.get(activation.name, (0, 0))[arithmetic.storage.name != "float64"]
    if activation.name != "exponential":
        size = np.where(size > 0, np.fmax(size, 1.0), 0.0)
    tau = arithmetic.storage.smallest_normal if arithmetic.flushes_subnormals and k else 0.0
    bound = radius + (k * _unit(arithmetic) * size + tau)
    bound = bound * INFLATION
    unknown = unknown | ~np.isfinite(middle) | ~np.isfinite(bound)
    # Not 0: what is multiplied with it is not known either.
    return Bounded(np.where(unknown, np.nan, middle), np.where(unknown, np.inf, bound))


def _unit(arithmetic: Arithmetic) -> float:
    return arithmetic.unit_roundoff + 4 * REFERENCE.unit_roundoff


def _from_value(name: str, y: Bounded, arithmetic: Arithmetic) -> Bounded:
    """1 − y² of tanh and y (1 − y) of sigmoid, in each of the forms that are in use.

    1 − y y, (1 − y) (1 + y), (g + g y) (1 − y), fused or not, factors in any order.
    """
    value, off = y
    u, storage = _unit(arithmetic), arithmetic.storage
    small = storage.smallest_normal if arithmetic.flushes_subnormals else storage.smallest_subnormal
    size = np.abs(value) + off
    if name == "tanh":
        D = (1 - value) * (1 + value)
        moved = 2 * np.abs(value) * off + off * off
        rounding = size * (1 + size) + 3 * (np.abs(D) + 2 * size * off)
    else:
        D = value * (1 - value)
        moved = np.abs(1 - 2 * value) * off + off * off
        rounding = 2 * (np.abs(D) + off * (1 + 2 * off))
    bound = moved + u * rounding * (1 + 4 * u) + 3 * small
    return Bounded(D, bound * INFLATION)


def _sides(
    activation: Activation, z: Bounded, y: Bounded, arithmetic: Arithmetic
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest z, of which the slope is to be taken.

    On which side of a kink z is, the implementation's own value tells. Where that is the value at
    the kink, up to its own error, both sides may have been taken.
    """
    low, high = z.value - z.bound, z.value + z.bound
    exact = activation.reference_error == (0, 0)
    for place, below, above in activation.turns:
        if above - below < JUMP:  # an extremum, which is rounded outwards
            continue
        kink = np.asarray(float(place))
        at = activation.value(kink)
        error = 0.0 if exact else activation_error(activation, kink, at, np.zeros(()), arithmetic)
        right, left = y.value - y.bound > at + error, y.value + y.bound < at - error
        low = np.where(right, np.fmax(low, np.nextafter(kink, np.inf)), low)
        high = np.where(left, np.fmin(high, np.nextafter(kink, -np.inf)), high)
        if not exact:
            either = ~right & ~left
            low = np.where(either, np.fmin(low, kink), low)
            high = np.where(either, np.fmax(high, kink), high)
    return low, np.fmax(low, high)
