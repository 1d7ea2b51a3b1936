"""How far a library's activations may be off: k ulp of the true value, plus an absolute a.

From scans of TensorFlow 2.7 and 2.21 (eager, graph and XLA, and Dense in a graph, which may fuse
it) and NumPy, over float32 and 16-bit arguments and a sample of the float64 ones, with a margin of
about a third: ``python -m benchmarks.activations`` repeats them, and what it found is in
``docs/measured/activation-errors.md``. tanh is stated more sharply, and scanned over all float32
arguments: the worst found is 6.9 ulp in float32 and 8.7 ulp in a sample of float64, both in
TensorFlow.
"""

from __future__ import annotations

ERRORS: dict[str, dict[str, tuple[float, float]]] = {
    "float32": {
        "tanh": (8, 0),
        "linear": (0, 0),
        "relu": (0, 0),
        "relu6": (0, 0),
        "leaky_relu": (1, 0),
        "sigmoid": (1, 2.0**-22),
        "hard_sigmoid": (2, 0),
        "hard_sigmoid_keras_2": (1, 2.0**-25),
        "softplus": (10, 0),
        "softsign": (2, 0),
        "elu": (1, 2.0**-22),
        "selu": (2, 2.0**-22),
        "silu": (1, 2.0**-18),
        "gelu": (1, 2.0**-19),
        "mish": (2, 2.0**-18),
        "exponential": (8, 0),
        "softmax": (8, 2.0**-28),
    },
    "float64": {
        "tanh": (12, 0),
        "linear": (0, 0),
        "relu": (0, 0),
        "relu6": (0, 0),
        "leaky_relu": (1, 0),
        "sigmoid": (4, 0),
        "hard_sigmoid": (2, 0),
        "hard_sigmoid_keras_2": (1, 2.0**-54),
        "softplus": (12, 0),
        "softsign": (2, 0),
        "elu": (1.5, 2.0**-52),
        "selu": (4, 2.0**-51),
        "silu": (4, 2.0**-56),
        "gelu": (8, 2.0**-57),
        "mish": (12, 2.0**-100),
        "exponential": (2, 0),
        "softmax": (21, 2.0**-52),
    },
    "float16": {
        "tanh": (1, 0),
        "linear": (0, 0),
        "relu": (0, 0),
        "relu6": (0, 0),
        "leaky_relu": (1.5, 0),
        "sigmoid": (3, 2.0**-15),
        "hard_sigmoid": (2, 0),
        "hard_sigmoid_keras_2": (1, 2.0**-11),
        "softplus": (10, 0),
        "softsign": (2, 0),
        "elu": (1, 2.0**-11),
        "selu": (1.5, 2.0**-10),
        "silu": (2, 2.0**-12),
        "gelu": (1.5, 2.0**-10),
        "mish": (8, 2.0**-15),
        "exponential": (1, 0),
        "softmax": (6, 2.0**-15),
    },
    "bfloat16": {
        "tanh": (1, 0),
        "linear": (0, 0),
        "relu": (0, 0),
        "relu6": (0, 0),
        "leaky_relu": (1, 0),
        "sigmoid": (3, 2.0**-20),
        "hard_sigmoid": (2, 0),
        "hard_sigmoid_keras_2": (1, 2.0**-9),
        "softplus": (10, 0),
        "softsign": (2, 0),
        "elu": (1, 2.0**-8),
        "selu": (2, 2.0**-7),
        "silu": (3, 2.0**-12),
        "gelu": (1, 2.0**-7),
        "mish": (8, 2.0**-19),
        "exponential": (1, 0),
        "softmax": (6, 2.0**-12),
    },
}
