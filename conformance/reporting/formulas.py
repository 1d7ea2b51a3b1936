"""The activations as a script writes them: an expression of z in NumPy."""

from __future__ import annotations

#: By name in `conformance.activations`; tanh and linear need no name of their own.
FORMULAS = {
    "relu": "np.where(z < 0, 0.0, z)",
    "relu6": "np.clip(z, 0, 6)",
    "leaky_relu": "np.where(z < 0, 0.2 * z, z)",
    "sigmoid": "1 / (1 + np.exp(-z))",
    "hard_sigmoid": "np.clip(z / 6 + 0.5, 0, 1)",
    "hard_sigmoid_keras_2": "np.clip(0.2 * z + 0.5, 0, 1)",
    "softplus": "np.logaddexp(0, z)",
    "softsign": "z / (1 + abs(z))",
    "elu": "np.where(z > 0, z, np.expm1(np.minimum(z, 0)))",
    "selu": "1.0507009873554805"
    " * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))",
    "silu": "z / (1 + np.exp(-z))",
    "gelu": "z * np.vectorize(math.erfc)(-z / math.sqrt(2)) / 2",
    "mish": "z * np.tanh(np.logaddexp(0, z))",
    "exponential": "np.exp(z)",
    "softmax": "np.exp(z - z.max(-1, keepdims=True))"
    " / np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True)",
}
_SHORT = {"tanh": "np.tanh", "linear": ""}


def called(activation: str, name: str) -> tuple[str, str]:
    """What to write before a parenthesis, and the lines that define it; ``name`` is free."""
    if activation in _SHORT:
        return _SHORT[activation], ""
    formula = FORMULAS[activation]
    imports = "import math\n" if "math." in formula else ""
    return name, f"{imports}{name} = lambda z: {formula}\n"
