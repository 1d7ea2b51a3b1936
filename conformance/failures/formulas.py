"""A cell's equation as NumPy text for a script, activations as expressions, and calls of Keras."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, Callable, Sequence

from conformance.expected.recurrence import equation_of
from strategies import Case

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


def called(activation: str) -> str:
    """What to write before a parenthesis."""
    return _SHORT.get(activation, activation)


def definitions(*activations: str) -> str:
    """The lines that define activations."""
    formulas = {name: FORMULAS[name] for name in activations if name not in _SHORT}
    imports = "import math\n" if any("math." in text for text in formulas.values()) else ""
    return imports + "".join(f"{name} = lambda z: {text}\n" for name, text in formulas.items())


class Sum(str):
    """The text of a sum, which needs parentheses in a product."""


class Formulas:
    """The operations that cells are written over, on text; ``lines`` come before the result."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers = itertools.count(1)

    def affine(self, operands: Sequence[str], weights: Sequence[Any], *addends: str) -> str:
        products = [f"{_factor(x)} @ {weight}" for x, weight in zip(operands, weights)]
        return Sum(" + ".join([*products, *addends]))

    def times(self, a: str, b: str) -> str:
        return f"{_factor(a)} * {_factor(b)}"

    def plus(self, a: str, b: str) -> str:
        return Sum(f"{a} + {b}")

    def blend(self, z: str, a: str, b: str) -> str:
        z = self._named(z)
        return Sum(f"{z} * {_factor(a)} + (1 - {z}) * {_factor(b)}")

    def split(self, a: str, parts: int) -> list[str]:
        names = [self._name() for _ in range(parts)]
        self.lines.append(f"{', '.join(names)} = np.split({a}, {parts}, axis=-1)")
        return names

    def select(self, condition: Any, a: str, b: str) -> str:
        return f"np.where({condition}, {a}, {b})"

    def activation(self, name: str) -> Callable[[str], str]:
        return lambda z: f"{called(name)}({z})"

    def _name(self) -> str:
        return f"z{next(self._numbers)}"

    def _named(self, text: str) -> str:
        name = self._name()
        self.lines.append(f"{name} = {text}")
        return name


def _factor(text: str) -> str:
    return f"({text})" if isinstance(text, Sum) else text


def step_lines(case: Case) -> list[str]:
    """The lines of one step, from ``x[:, t]`` and the states by name to ``new``, a tuple."""
    formulas = Formulas()
    # An array stands for its own name; the equation may ask how many axes it has.
    names = SimpleNamespace(**{name: _Name(name, a) for name, a in case.tensors.items()})
    step = equation_of(formulas, case.cell, names, case)
    new = step("x[:, t].astype(float)", case.cell.states)
    return [*formulas.lines, f"new = ({', '.join(new)},)"]


class _Name(str):
    """The name of an array, which has as many axes."""

    ndim: int

    def __new__(cls, name: str, array: object) -> _Name:
        text = super().__new__(cls, name)
        text.ndim = getattr(array, "ndim", 0)
        return text


def keras_calls(*inputs: str, predict: str = "") -> dict[str, str]:
    """How ``model`` is called in each mode; ``predict`` are more arguments of predict."""
    constants = [f"tf.constant({name})" for name in inputs]
    arrays, tensors = (
        names[0] if len(names) == 1 else f"[{', '.join(names)}]" for names in (inputs, constants)
    )
    return {
        "call": f"model({arrays}, training=False)",
        "predict": f"model.predict({arrays}, {predict}verbose=0)",
        "predict_on_batch": f"model.predict_on_batch({arrays})",
        "graph": f"tf.function(lambda x: model(x, training=False))({tensors})",
        "xla": f"tf.function(lambda x: model(x, training=False), jit_compile=True)({tensors})",
    }
