"""What scripts have in common: activations as expressions of z in NumPy, and calls of Keras."""

from __future__ import annotations

#: By name in `conformance.numerics.activations`; tanh and linear need no name of their own.
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


def keras_calls(*inputs: str, predict: str = "") -> dict[str, str]:
    """How ``model`` is called in each mode; ``predict`` are more arguments of predict."""
    constants = [f"tf.constant({name})" for name in inputs]
    eager, traced = (
        names[0] if len(names) == 1 else f"[{', '.join(names)}]" for names in (inputs, constants)
    )
    return {
        "call": f"model({eager}, training=False)",
        "predict": f"model.predict({eager}, {predict}verbose=0)",
        "predict_on_batch": f"model.predict_on_batch({eager})",
        "graph": f"tf.function(lambda x: model(x, training=False))({traced})",
        "xla": f"tf.function(lambda x: model(x, training=False), jit_compile=True)({traced})",
    }
