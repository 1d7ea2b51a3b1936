"""A configuration: SimpleRNN and Dense with all that their constructors take, drawn together.

What takes an object, an initializer for example, is given as a `Choice`. Numbers are sums of few
powers of two, so that no dtype rounds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, NamedTuple

import numpy as np
from hypothesis import strategies as st

from strategies.choices import Choice
from strategies.facts import has_facts


class Argument(NamedTuple):
    """An argument of a constructor: what it is when it is not given, and other values of it."""

    default: Any
    values: tuple[Any, ...]


_GLOROT = Choice("GlorotUniform")
_ORTHOGONAL = Choice("Orthogonal")
_ZEROS = Choice("Zeros")
_INITIALIZERS = (
    Choice("Constant", (("value", 0.25),)),
    Choice("RandomUniform", (("minval", -0.125), ("maxval", 0.5), ("seed", 3))),
    Choice("RandomNormal", (("mean", 0.5), ("stddev", 0.125), ("seed", 4))),
    Choice("TruncatedNormal", (("mean", -0.5), ("stddev", 0.25), ("seed", 5))),
    Choice(
        "VarianceScaling",
        (("scale", 0.5), ("mode", "fan_out"), ("distribution", "uniform"), ("seed", 6)),
    ),
    Choice("HeNormal", (("seed", 8),)),
    Choice("Ones"),
)
_FOR_MATRICES = (*_INITIALIZERS, Choice("Identity", (("gain", 0.5),)))
#: Needs a QR decomposition, which TensorFlow does not have in 16 bits.
_WITH_QR = Choice("Orthogonal", (("gain", 0.5), ("seed", 9)))
_REGULARIZERS = (
    Choice("L1", (("l1", 0.25),)),
    Choice("L2", (("l2", 0.125),)),
    Choice("L1L2", (("l1", 0.5), ("l2", 0.25))),
)
_CONSTRAINTS = (
    Choice("MaxNorm", (("max_value", 0.5), ("axis", 0))),
    Choice("NonNeg"),
    Choice("UnitNorm", (("axis", 0),)),
    Choice("MinMaxNorm", (("min_value", 0.25), ("max_value", 0.5), ("rate", 0.5), ("axis", 0))),
)
_ACTIVATIONS = ("relu", "sigmoid", "softsign", "softplus", "selu", "softmax")
_DTYPES = ("float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")

_OF_BOTH = {
    "use_bias": Argument(True, (False,)),
    "bias_initializer": Argument(_ZEROS, _INITIALIZERS),
    "kernel_regularizer": Argument(None, _REGULARIZERS),
    "bias_regularizer": Argument(None, _REGULARIZERS),
    "activity_regularizer": Argument(None, _REGULARIZERS),
    "kernel_constraint": Argument(None, _CONSTRAINTS),
    "bias_constraint": Argument(None, _CONSTRAINTS),
    "trainable": Argument(True, (False,)),
    "dtype": Argument("float32", _DTYPES),
}
_FLAG = Argument(False, (True,))
#: The arguments of each layer; those that only some versions have are among them.
ARGUMENTS: dict[str, dict[str, Argument]] = {
    "simple_rnn": {
        "units": Argument(None, (3, 1, 2, 4)),
        "activation": Argument("tanh", ("linear", *_ACTIVATIONS)),
        "kernel_initializer": Argument(_GLOROT, (*_FOR_MATRICES, _WITH_QR)),
        "recurrent_initializer": Argument(_ORTHOGONAL, (*_FOR_MATRICES, _WITH_QR)),
        **_OF_BOTH,
        "recurrent_regularizer": Argument(None, _REGULARIZERS),
        "recurrent_constraint": Argument(None, _CONSTRAINTS),
        "dropout": Argument(0.0, (0.5, 0.25)),
        "recurrent_dropout": Argument(0.0, (0.5, 0.25)),
        "return_sequences": _FLAG,
        "return_state": _FLAG,
        "go_backwards": _FLAG,
        "stateful": _FLAG,
        "unroll": _FLAG,
        "zero_output_for_mask": _FLAG,
        "seed": Argument(None, (7, 8)),
        "time_major": _FLAG,
        "name": Argument(None, ("recurrent",)),
    },
    "dense": {
        "units": Argument(None, (2, 1, 3)),
        "activation": Argument("linear", ("tanh", *_ACTIVATIONS)),
        "kernel_initializer": Argument(_GLOROT, (*_FOR_MATRICES, _WITH_QR)),
        **_OF_BOTH,
        "name": Argument(None, ("readout",)),
    },
}
#: Defaults of the arguments of objects; those that are not here are None.
DEFAULT_PARTS = {"gain": 1.0}
#: Given less often than others, so that what is known to be wrong with them hides little.
_RARE = {"seed", "activity_regularizer"}


@has_facts(arguments="")
@dataclass(frozen=True)
class Configuration:
    """What both constructors are given, as pairs, and the model that the layers are put into.

    Inputs are (N, T, D), or (T, N, D) where the layer is ``time_major``; ``static_time`` says that
    the model is built for this T. Weights and inputs come from ``seed``.
    """

    simple_rnn: tuple[tuple[str, Any], ...]
    dense: tuple[tuple[str, Any], ...]
    sequential: bool = False
    N: int = 2
    T: int = 3
    D: int = 2
    static_time: bool = False
    seed: int = 0

    def given(self, layer: str) -> dict[str, Any]:
        """The arguments that a layer is given."""
        return dict(self.simple_rnn if layer == "simple_rnn" else self.dense)

    def meant(self, layer: str) -> dict[str, Any]:
        """Every argument of a layer: as it is given, or what the documentation has for it."""
        defaults = {name: argument.default for name, argument in ARGUMENTS[layer].items()}
        return {**defaults, **self.given(layer)}

    def lost(self, layer: str, name: str, got: Any) -> tuple[str, ...]:
        """Names of what an argument lost if it is ``got``: ``simple_rnn.seed``.

        What is lost has its default again. Of an object, such as an initializer, single arguments
        may be lost: ``dense.kernel_initializer.Identity.gain``. Empty where anything else differs.
        """
        meant = self.meant(layer)[name]
        if got == ARGUMENTS[layer][name].default:
            return (f"{layer}.{name}",)
        if not (isinstance(got, Choice) and isinstance(meant, Choice) and got.name == meant.name):
            return ()
        parts = dict(got.arguments)
        differ = {
            part: parts.get(part) for part, value in meant.arguments if parts.get(part) != value
        }
        if any(value not in (None, DEFAULT_PARTS.get(part)) for part, value in differ.items()):
            return ()
        return tuple(f"{layer}.{name}.{meant.name}.{part}" for part in differ)

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask.

        The arguments are a text, ``simple_rnn.units=3 …``.
        """
        texts = []
        for layer in ARGUMENTS:
            for name, value in self.given(layer).items():
                texts.append(f"{layer}.{name}={value.name if isinstance(value, Choice) else value}")
        return {"arguments": " ".join(texts), "N": self.N, "T": self.T, "D": self.D}

    @property
    def inputs(self) -> np.ndarray:
        """Inputs in float32, none of them zero."""
        shape = (self.N, self.T, self.D)
        if self.meant("simple_rnn")["time_major"]:
            shape = (self.T, self.N, self.D)
        drawn = np.random.default_rng(self.seed).uniform(0.25, 1, shape)
        return drawn.astype("float32")

    @property
    def mask(self) -> np.ndarray:
        """(N, T): the last step of the last sample is not used, nor is its first where T > 2."""
        mask = np.ones((self.N, self.T), bool)
        mask[-1, -1] = False
        mask[-1, 0] = self.T <= 2
        return mask.T if self.meant("simple_rnn")["time_major"] else mask

    def weights(self, shapes: Iterable[tuple[int, ...]]) -> list[np.ndarray]:
        """A weight of each shape, for a model that is to have others than its initial ones."""
        rng = np.random.default_rng(self.seed + 1)
        return [rng.uniform(-1, 1, shape) for shape in shapes]


@st.composite
def configurations(
    draw: st.DrawFn, *, arguments: dict[str, tuple[str, ...]], dtypes: bool = True
) -> Configuration:
    """Configurations of the ``arguments`` that the layers of a version take.

    Without ``dtypes`` all is float32. Shrinks towards few arguments, each of its first value.
    """
    chosen = {}
    for layer in ARGUMENTS:
        names = [name for name in arguments[layer] if dtypes or name != "dtype"]
        chosen[layer] = draw(_arguments(layer, names))
    rnn = chosen["simple_rnn"]
    return Configuration(
        simple_rnn=tuple(rnn.items()),
        dense=tuple(chosen["dense"].items()),
        # A Sequential model has one output.
        sequential=draw(st.booleans()) and "return_state" not in rnn,
        N=draw(st.integers(1, 3)),
        T=draw(st.integers(1, 4)),
        D=draw(st.integers(1, 3)),
        static_time="unroll" in rnn or draw(st.booleans()),
        seed=draw(st.integers(0, 2**16)),
    )


#: Made once: Hypothesis takes longer to make a strategy than to draw from it.
_VALUES = {
    (layer, name): st.sampled_from(argument.values)
    for layer, known in ARGUMENTS.items()
    for name, argument in known.items()
}
_GIVEN, _RARELY_GIVEN = (st.integers(0, most).map(lambda n: n == 1) for most in (2, 5))


@st.composite
def _arguments(draw: st.DrawFn, layer: str, names: list[str]) -> dict[str, Any]:
    chosen = {}
    for name in names:
        if name == "units" or draw(_RARELY_GIVEN if name in _RARE else _GIVEN):
            chosen[name] = draw(_VALUES[layer, name])
    if chosen.get("dtype") in ("float16", "bfloat16"):
        for name in {"kernel_initializer", "recurrent_initializer"} & set(names):
            if chosen.get(name, _ORTHOGONAL).name == "Orthogonal":
                chosen[name] = _INITIALIZERS[0]
    return chosen


class SingleArgument(NamedTuple):
    """An argument of one layer that has a default, and a value that is not the default."""

    layer: str
    name: str
    value: Any

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        return self.configuration().facts

    def configuration(self, *, given: bool = True) -> Configuration:
        """A plain configuration with this argument, or without it.

        It is wide enough for dropout to be seen: all of 128 numbers are kept less often than once
        in 10^15.
        """
        layers: dict[str, dict[str, Any]] = {"simple_rnn": {"units": 8}, "dense": {"units": 2}}
        if self.name == "seed":  # that of another model without it
            layers[self.layer].update(dropout=0.5, seed=11)
        if given:
            layers[self.layer][self.name] = self.value
        if str(self.value).startswith(("float16", "bfloat16")):
            layers[self.layer]["kernel_initializer"] = _INITIALIZERS[0]
            layers["simple_rnn"]["recurrent_initializer"] = _INITIALIZERS[0]
        return Configuration(
            tuple(layers["simple_rnn"].items()),
            tuple(layers["dense"].items()),
            N=16,
            T=4,
            D=8,
            static_time=True,
        )


def single_arguments(*, arguments: dict[str, tuple[str, ...]]) -> st.SearchStrategy[SingleArgument]:
    """Any argument but ``units``. Shrinks towards the first of SimpleRNN's, of its first value."""
    pairs = [(layer, name) for layer in ARGUMENTS for name in arguments[layer] if name != "units"]
    return st.sampled_from(pairs).flatmap(
        lambda pair: _VALUES[pair].map(lambda value: SingleArgument(*pair, value))
    )
