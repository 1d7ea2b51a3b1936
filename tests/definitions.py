"""The activations and their derivatives in 50 digits, as their papers and Keras state them."""

from __future__ import annotations

import numpy as np

from oracles import mp


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def clipped(z, low, high):
    return mp.mpf(min(max(z, low), high))


def phi(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def density(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def softplus(z):
    return mp.log1p(mp.exp(z))


SELU_SCALE = mp.mpf("1.0507009873554804934193349852946")
SELU_ALPHA = mp.mpf("1.6732632423543772848170429916717")

TRUE = {
    "tanh": mp.tanh,
    "linear": lambda z: z,
    "relu": lambda z: max(z, mp.mpf(0)),
    "relu6": lambda z: clipped(z, 0, 6),
    "leaky_relu": lambda z: z if z >= 0 else z / 5,
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda z: clipped(z / 6 + 0.5, 0, 1),
    "hard_sigmoid_keras_2": lambda z: clipped(z / 5 + 0.5, 0, 1),
    "softplus": softplus,
    "softsign": lambda z: z / (1 + abs(z)),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "selu": lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * mp.expm1(z)),
    "silu": lambda z: z * sigmoid(z),
    "gelu": lambda z: z * phi(z),
    "mish": lambda z: z * mp.tanh(softplus(z)),
    "exponential": mp.exp,
}

#: Their derivatives, where there is one.
SLOPE = {
    "tanh": lambda z: mp.sech(z) ** 2,
    "linear": lambda z: mp.mpf(1),
    "relu": lambda z: mp.mpf(z > 0),
    "relu6": lambda z: mp.mpf(0 < z < 6),
    "leaky_relu": lambda z: mp.mpf(1) if z > 0 else mp.mpf(1) / 5,
    "sigmoid": lambda z: sigmoid(z) * sigmoid(-z),
    "hard_sigmoid": lambda z: mp.mpf(abs(z) < 3) / 6,
    "hard_sigmoid_keras_2": lambda z: mp.mpf(abs(z) < 2.5) / 5,
    "softplus": sigmoid,
    "softsign": lambda z: 1 / (1 + abs(z)) ** 2,
    "elu": lambda z: mp.mpf(1) if z > 0 else mp.exp(z),
    "selu": lambda z: SELU_SCALE * (1 if z > 0 else SELU_ALPHA * mp.exp(z)),
    "silu": lambda z: sigmoid(z) * (1 + z * sigmoid(-z)),
    "gelu": lambda z: phi(z) + z * density(z),
    "mish": lambda z: mp.tanh(softplus(z)) + z * sigmoid(z) * mp.sech(softplus(z)) ** 2,
    "exponential": mp.exp,
}


def true_softmax(rows):
    """Softmax of rows (…, n) of numbers of 50 digits."""
    e = np.vectorize(mp.exp, otypes=[object])(rows - rows.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
