"""What each activation is: as NumPy formulas in any precision, and again in mpmath.

The formulas work in the dtype of their argument. In float64 they are the reference for narrower
numbers, in NumPy's longdouble the one for float64, and in the dtype itself they are the "library"
NumPy. None of them subtracts what nearly cancels, so that all are good to a few roundings, but for
the hard sigmoid of Keras 2, which is defined by such a sum. The mpmath forms are written
independently of them and confirm the worst points.
"""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

#: Parameters as Keras states them. A Python float is what the user passes, so it is the truth.
LEAKY_SLOPE = 0.2
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946

Array = Any  # of any float dtype, bfloat16 of ml_dtypes included


def _positive(x: Array) -> Array:
    return np.maximum(x, np.zeros_like(x))


def _clip(x: Array, low: float, high: float) -> Array:
    kind = x.dtype.type
    return np.minimum(np.maximum(x, kind(low)), kind(high))


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, np.ones_like(x)) / (1 + e)


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def _softplus(x: Array) -> Array:
    return _positive(x) + np.log1p(np.exp(-np.abs(x)))


def _expm1_of_negative(x: Array) -> Array:
    return np.expm1(np.minimum(x, np.zeros_like(x)))


def _elu(x: Array) -> Array:
    return np.where(x > 0, x, _expm1_of_negative(x))


def _selu(x: Array) -> Array:
    kind = x.dtype.type
    negative = kind(SELU_ALPHA) * kind(SELU_SCALE) * _expm1_of_negative(x)
    return np.where(x > 0, kind(SELU_SCALE) * x, negative)


def _gelu(x: Array) -> Array:
    z = np.asarray(x, np.float64) / -math.sqrt(2)
    erfc = np.fromiter(map(math.erfc, z.ravel().tolist()), np.float64, z.size).reshape(z.shape)
    return x.dtype.type(0.5) * x * erfc.astype(x.dtype)


def _mish(x: Array) -> Array:
    # tanh(log(1 + e^x)) = e^x (e^x + 2) / (e^x (e^x + 2) + 2), divided by e^2x where x > 0.
    e = np.exp(-np.abs(x))
    negative = e * (e + 2)
    positive = 1 + 2 * e
    return x * np.where(x < 0, negative / (negative + 2), positive / (positive + 2 * e * e))


#: Every elementwise activation of Keras that SimpleRNN and Dense accept by name. hard_sigmoid is
#: relu6(x + 3) / 6 in Keras 3, and clip(0.2 x + 0.5, 0, 1) in Keras 2.
FORMULAS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": _positive,
    "relu6": lambda x: _clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, x.dtype.type(LEAKY_SLOPE) * x),
    "hard_sigmoid": lambda x: _clip(x + 3, 0, 6) / 6,
    "hard_sigmoid_keras2": lambda x: _clip(x.dtype.type(0.2) * x + x.dtype.type(0.5), 0, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "silu": _silu,
    "softplus": _softplus,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "mish": _mish,
    "exponential": np.exp,
}
#: The names, in the order of tables; softmax is of rows and has a function of its own.
ACTIVATIONS = (*FORMULAS, "softmax")


def softmax(x: Array) -> Array:
    """Softmax over the last axis, in the dtype of x."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


#: f(−∞) and f(+∞): the limits.
LIMITS: dict[str, tuple[float, float]] = {
    "linear": (-math.inf, math.inf),
    "relu": (0, math.inf),
    "relu6": (0, 6),
    "leaky_relu": (-math.inf, math.inf),
    "hard_sigmoid": (0, 1),
    "hard_sigmoid_keras2": (0, 1),
    "softsign": (-1, 1),
    "tanh": (-1, 1),
    "sigmoid": (0, 1),
    "silu": (0, math.inf),
    "softplus": (0, math.inf),
    "elu": (-1, math.inf),
    "selu": (-SELU_ALPHA * SELU_SCALE, math.inf),
    "gelu": (0, math.inf),
    "mish": (0, math.inf),
    "exponential": (0, math.inf),
}

#: Digits of the mpmath forms.
DIGITS = 50
#: e^-BEYOND is below the square of every float64, and mpmath need not work it out.
BEYOND = 2000


def exactly(name: str, x: float) -> Any:
    """The activation at a finite x, as an mpmath number right to about ``DIGITS`` digits.

    Raises:
        KeyError: there is no such activation.
    """
    import mpmath as mp

    mp.mp.dps = DIGITS
    z = mp.mpf(x)
    e = mp.exp(-abs(z)) if abs(z) < BEYOND else mp.mpf(0)
    sigmoid = 1 / (1 + e) if z >= 0 else e / (1 + e)
    softplus = max(z, mp.mpf(0)) + mp.log1p(e)
    minus_one = mp.expm1(z) if -BEYOND < z < 0 else mp.mpf(-1)
    tail = (mp.mpf(2) if z > 0 else mp.mpf(0)) if abs(z) >= BEYOND else mp.erfc(-z / mp.sqrt(2))
    forms = {
        "linear": lambda: z,
        "relu": lambda: max(z, mp.mpf(0)),
        "relu6": lambda: min(max(z, mp.mpf(0)), mp.mpf(6)),
        "leaky_relu": lambda: z if z > 0 else mp.mpf(LEAKY_SLOPE) * z,
        "hard_sigmoid": lambda: min(max(z + 3, mp.mpf(0)), mp.mpf(6)) / 6,
        "hard_sigmoid_keras2": lambda: min(
            max(mp.mpf(0.2) * z + mp.mpf(0.5), mp.mpf(0)), mp.mpf(1)
        ),
        "softsign": lambda: z / (1 + abs(z)),
        "tanh": lambda: mp.tanh(z) if abs(z) < BEYOND else mp.sign(z),
        "sigmoid": lambda: sigmoid,
        "silu": lambda: z * sigmoid,
        "softplus": lambda: softplus,
        "elu": lambda: z if z > 0 else minus_one if z < 0 else z,
        "selu": lambda: (
            mp.mpf(SELU_SCALE)
            * (z if z > 0 else mp.mpf(SELU_ALPHA) * minus_one if z < 0 else mp.mpf(0))
        ),
        "gelu": lambda: z * tail / 2,
        "mish": lambda: z * (mp.tanh(softplus) if abs(z) < BEYOND else mp.mpf(int(z > 0))),
        "exponential": lambda: mp.exp(z) if z > -BEYOND else mp.mpf(0),
    }
    return forms[name]()
