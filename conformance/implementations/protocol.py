"""What a thing under test must be able to do, and what it may be able to do.

An `Implementation` builds a `Network` for a size; a network takes weights and answers. Only
`Network.output` is needed. Everything else is a declared capability: a property that needs
more than is declared is reported as not applicable, by name, and never as passed.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Optional, Sequence

import numpy as np

from conformance.arithmetic import IEEE, Arithmetic
from conformance.implementations.observed import Outcome, Seen
from strategies import WIDE_DTYPES, NetworkSize
from strategies.configurations import Configuration
from strategies.wrong import Wrong

#: The last output y_T, (N, K), for given weights. Every implementation has it.
OUTPUT = "output"
#: All states (N, T, M) and all outputs (N, T, K), from one execution.
STATES = "states"
#: The weights can be read back, with layer, name and dtype.
WEIGHTS = "weights"
#: The network counts its parameters.
PARAMETERS = "parameters"
#: The network prints a summary.
SUMMARY = "summary"
#: The network states its output shapes before it computes.
SHAPES = "shapes"
#: A new network has initial weights drawn by the documented initialisers.
INITIAL_WEIGHTS = "initial weights"

#: SimpleRNN and Dense take other activations than tanh and none.
CHOSEN_ACTIVATIONS = "activations"

#: SimpleRNN and Dense of any configuration can be built, saved and loaded.
SERIALIZATION = "serialization"
#: Models can be pickled, and copied.
PICKLING = "pickling"
#: SimpleRNN and Dense can be given arguments, inputs and states that are wrong.
REFUSALS = "refusals"
#: What an implementation of Keras's layers themselves can do, besides its networks.
OF_LAYERS = (SERIALIZATION, PICKLING, REFUSALS)

#: It can be executed in more than one way; found from the modes of the run, not declared.
SEVERAL_MODES = "several modes"

CAPABILITIES = (
    OUTPUT,
    STATES,
    WEIGHTS,
    PARAMETERS,
    SUMMARY,
    SHAPES,
    INITIAL_WEIGHTS,
    CHOSEN_ACTIVATIONS,
)


class ImplementationError(Exception):
    """The implementation cannot be used or answered wrongly in kind; one clear sentence."""


class Weight(NamedTuple):
    """One weight array as the implementation describes it."""

    layer: str
    name: str
    shape: tuple[int, ...]
    dtype: str


class Parameters(NamedTuple):
    """Numbers of parameters as the implementation counts them, each in its own way."""

    simple_rnn: int
    dense: int
    total: int
    summed_over_weights: int
    trainable: int
    non_trainable: int


class SummaryRow(NamedTuple):
    """A line of a printed summary."""

    layer: str
    output_shape: tuple[Optional[int], ...]
    parameters: int


class Summary(NamedTuple):
    """A printed summary, read back: the rows and the totals below them."""

    rows: list[SummaryRow]
    total: int
    trainable: int
    non_trainable: int


class Shapes(NamedTuple):
    """Output shapes that the network states without computing; ``None`` is unknown.

    ``symbolic`` are those of the built graph, ``computed`` those of ``compute_output_shape``
    for the shape (N, T, D) that was asked for.
    """

    symbolic_simple_rnn: tuple[Optional[int], ...]
    symbolic_dense: tuple[Optional[int], ...]
    computed_simple_rnn: tuple[Optional[int], ...]
    computed_dense: tuple[Optional[int], ...]


class Network:
    """A network of one size and dtype. Subclasses override what they declare.

    Weights are always the five arrays kernel (D, M), recurrent_kernel (M, M), bias (M,), dense
    kernel (M, K), dense bias (K,), in this order.
    """

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Replace all five weight arrays."""
        raise NotImplementedError

    def output(self, inputs: np.ndarray, mode: str) -> np.ndarray:
        """y_T, shape (N, K), of the network that returns the last output only."""
        raise NotImplementedError

    def states_and_outputs(self, inputs: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
        """h_1 … h_T (N, T, M) and y_1 … y_T (N, T, K), from one execution. Capability STATES."""
        raise _undefined(self, "states_and_outputs", STATES)

    def get_weights(self) -> list[np.ndarray]:
        """The five weight arrays. Capability WEIGHTS."""
        raise _undefined(self, "get_weights", WEIGHTS)

    def weight_table(self) -> list[Weight]:
        """What the weights are called, layer by layer. Capability WEIGHTS."""
        raise _undefined(self, "weight_table", WEIGHTS)

    def parameters(self) -> Parameters:
        """Numbers of parameters. Capability PARAMETERS."""
        raise _undefined(self, "parameters", PARAMETERS)

    def summary(self) -> Summary:
        """The printed summary, read back. Capability SUMMARY."""
        raise _undefined(self, "summary", SUMMARY)

    def shapes(self, N: Optional[int], T: Optional[int]) -> Shapes:
        """Stated output shapes for inputs of N samples and T steps. Capability SHAPES."""
        raise _undefined(self, "shapes", SHAPES)


def _undefined(thing: object, method: str, capability: str) -> ImplementationError:
    return ImplementationError(
        f"the capability {capability!r} is declared, and {type(thing).__name__} defines no {method}"
    )


class Implementation:
    """A thing under test. Subclasses set the four attributes and override `network`."""

    #: What the user types, and what test ids begin with.
    name: str = ""
    #: The ways to execute a network, each judged on its own.
    modes: tuple[str, ...] = ("call",)
    #: What it can compute in, of `strategies.DTYPES`.
    dtypes: tuple[str, ...] = WIDE_DTYPES
    #: What it can do beyond OUTPUT.
    capabilities: frozenset[str] = frozenset({OUTPUT})
    #: The extra of this project that installs what it needs, for the message that names it.
    extra: str = ""
    #: How much a case costs in each mode, as a multiple of the cheapest; 1 where not stated.
    #: Decides how many cases a mode gets, never how they are judged.
    costs: ClassVar[dict[str, int]] = {}
    #: How many threads compute, for the header.
    threads: str = "threads as it chooses"
    #: Modes that compile anew for each shape (N, T).
    compiled_modes: frozenset[str] = frozenset()

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> Network:
        """A new network with its initial weights.

        With ``sequences`` it answers `Network.states_and_outputs`, without it
        `Network.output`. ``size.T`` is the T it is built for, None for any. ``size.activation``
        and ``size.dense_activation`` are "tanh" and "linear" unless CHOSEN_ACTIVATIONS is declared.
        """
        raise NotImplementedError

    def network_for_cases(self, size: NetworkSize, dtype: str, *, sequences: bool) -> Network:
        """A network whose initial weights do not matter, because it will be given others."""
        return self.network(size, dtype, sequences=sequences)

    def arithmetic(self, dtype: str) -> Arithmetic:
        """How it rounds, as far as that is not probed (see `conformance.probing`)."""
        return IEEE[dtype]

    def activations(self) -> tuple[str, ...]:
        """Names in `conformance.activations`. Capability CHOSEN_ACTIVATIONS."""
        return ("tanh", "linear")

    def layer_arguments(self) -> dict[str, tuple[str, ...]]:
        """The arguments that the constructors take, by layer. Capability SERIALIZATION."""
        raise _undefined(self, "layer_arguments", SERIALIZATION)

    def seen_of(
        self, configuration: Configuration, *, fresh: bool = False, full: bool = False
    ) -> Seen:
        """What can be seen of a new model. Capability SERIALIZATION.

        It has weights of the configuration's own, or with ``fresh`` its initial ones. With
        ``full`` it is called with a mask and in training mode too.
        """
        raise _undefined(self, "seen_of", SERIALIZATION)

    def round_trip(self, configuration: Configuration, way: str) -> tuple[Seen, list[Seen]]:
        """A model, and what came back from saving it on a way. Capability SERIALIZATION."""
        raise _undefined(self, "round_trip", SERIALIZATION)

    def outcome_of(self, wrong: Wrong) -> Outcome:
        """What came of a question that should be refused. Capability REFUSALS."""
        raise _undefined(self, "outcome_of", REFUSALS)

    def versions(self) -> dict[str, str]:
        """Names and versions of what is tested, found without importing it."""
        return {}

    def devices(self) -> list[str]:
        """On which devices numbers were computed, after the first network was built."""
        return ["CPU"]


def as_array(value: Any, what: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """``value`` if it is a NumPy array of this shape and dtype.

    Raises:
        ImplementationError: says what it is instead.
    """
    if not isinstance(value, np.ndarray):
        kind = f"{type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")
        device = getattr(value, "device", None)
        where = "" if device is None or callable(device) else f" on {device}"
        raise ImplementationError(
            f"{what} is a {kind}{where}: must be a NumPy array of shape {shape}"
        )
    if value.shape != shape:
        raise ImplementationError(f"{what} has shape {value.shape}: must be {shape}")
    if value.dtype != dtype:
        raise ImplementationError(f"{what} is {value.dtype}: must be {dtype}, as the inputs are")
    return value
