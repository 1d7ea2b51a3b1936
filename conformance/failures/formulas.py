"""A cell's equation as NumPy text for a script, activations as expressions, and calls of Keras."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, Callable, Sequence, Union

import numpy as np

from conformance.cells.dense import dense
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
_WITHOUT_DEFINITION = ("tanh", "linear")


def definitions(*activations: str) -> str:
    """The lines that define activations."""
    formulas = {name: FORMULAS[name] for name in activations if name not in _WITHOUT_DEFINITION}
    imports = "import math\n" if any("math." in text for text in formulas.values()) else ""
    return imports + "".join(f"{name} = lambda z: {text}\n" for name, text in formulas.items())


class Sum(str):
    """The text of a sum, which needs parentheses in a product."""


class Formulas:
    """The operations that cells are written over, on text; ``lines`` come before the result."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers = itertools.count(1)

    def affine(self, operands: Sequence[str], weights: Sequence[Any], *addends: Any) -> str:
        products = [f"{_factor(x)} @ {weight}" for x, weight in zip(operands, weights)]
        return Sum(" + ".join([*products, *map(str, addends)]))

    def times(self, a: Any, b: Any) -> str:
        return f"{_factor(a)} * {_factor(b)}"

    def plus(self, a: Any, b: Any) -> str:
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
        if name == "linear":
            return lambda z: z
        function = {"tanh": "np.tanh"}.get(name, name)
        return lambda z: f"{function}({z})"

    def _name(self) -> str:
        return f"z{next(self._numbers)}"

    def _named(self, text: str) -> str:
        name = self._name()
        self.lines.append(f"{name} = {text}")
        return name


def _factor(text: Any) -> str:
    return f"({text})" if isinstance(text, Sum) else str(text)


class _Array:
    """An array as text: its name, and the indices of the part that is taken of it."""

    def __init__(self, text: str, array: np.ndarray) -> None:
        self.text, self.array, self.ndim = text, array, array.ndim

    def __str__(self) -> str:
        return self.text

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, indices: Any) -> _Array:
        each = indices if isinstance(indices, tuple) else (indices,)
        return _Array(f"{self.text}[{', '.join(map(_index, each))}]", self.array[indices])


def _index(index: Union[int, slice]) -> str:
    if isinstance(index, int):
        return str(index)
    return ":".join("" if end is None else str(end) for end in (index.start, index.stop))


def _weights(case: Case) -> SimpleNamespace:
    return SimpleNamespace(**{name: _Array(name, a) for name, a in case.tensors.items()})


def dense_text(case: Case, hidden: str) -> str:
    """What Dense makes of the hidden states, an expression."""
    formulas = Formulas()
    return str(dense(formulas, hidden, _weights(case), formulas.activation(case.dense_activation)))


def loop_lines(case: Case) -> list[str]:
    """The lines that take ``x`` through the layer, as the options say; ``got[0]`` is its answer.

    Afterwards the states have their last values under their own names. Where there is a mask,
    ``shown`` is what the layer puts out. With return_sequences ``steps`` is what it must put out at
    each step, judged from what it did put out at the step before.
    """
    options, states = case.options, case.cell.states
    zeros = f"np.zeros({(case.N, case.M)})"
    lines = [f"{name} = " + (f"{name}0.astype(float)" if case.initial_states else zeros)
             for name in states]  # fmt: skip
    lines += [f"shown = {zeros}"] if options.masked else []
    lines += ["steps = []"] if options.return_sequences else []
    head = f"for t in range({case.T}):"
    if options.go_backwards:
        head = f"for t in reversed(range({case.T})):"
        if options.return_sequences:
            head = f"for step, t in enumerate(reversed(range({case.T}))):"
    return [*lines, head, *(f"    {line}" for line in _step_lines(case))]


def _step_lines(case: Case) -> list[str]:
    """The lines of one step, from ``x[:, t]`` and the states by name to the same names."""
    options, states = case.options, case.cell.states
    formulas = Formulas()
    step = equation_of(formulas, case.cell, _weights(case), case)
    values = ", ".join(step("x[:, t].astype(float)", states))
    put_out = "shown" if options.masked else states[0]
    judged_from = []
    if options.return_sequences:
        place = "step" if options.go_backwards else "t"
        judged_from = [
            f"steps.append({put_out})",
            f"{put_out} = got[0][:, {place}].astype(float)  # where the next step starts",
        ]
    if not options.masked:
        return [*formulas.lines, f"{', '.join(states)} = {values}", *judged_from]
    new = [f"new_{name}" for name in states]
    repeated = "0" if options.zero_output_for_mask else "shown"
    lines = [f"{', '.join(new)} = {values}", f"shown = np.where(used, {new[0]}, {repeated})"]
    if options.return_sequences:
        new[0] = "shown"
    going_on = [f"{name} = np.where(used, {value}, {name})" for name, value in zip(states, new)]
    return ["used = mask[:, t, None]", *formulas.lines, *lines, *judged_from, *going_on]


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
