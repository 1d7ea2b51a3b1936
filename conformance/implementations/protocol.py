"""What a thing under test must be able to do, and what it may be able to do.

An `Implementation` builds a `Network` for a size; a network takes weights and answers. Only
`Network.answer` is needed, with the last output. Everything else is a declared capability: a
property that needs more than is declared is reported as not applicable, by name, and never as
passed.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Optional, Sequence, TypeVar

import numpy as np

from conformance.implementations.capabilities import (
    COMPOSITIONS,
    GRADIENTS,
    OPTIONS,
    OUTPUT,
    PARAMETERS,
    SHAPES,
    STATE_SET,
    SUMMARY,
    WEIGHTS,
    Capability,
)
from conformance.numerics.arithmetic import IEEE, Arithmetic
from strategies import WIDE_DTYPES, NetworkSize, Options
from strategies.gradients import Loss
from strategies.wrappers import ArchitectureSize

Answering = TypeVar("Answering", bound=Capability)


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

    layer: int
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

    symbolic_layer: tuple[Optional[int], ...]
    symbolic_dense: tuple[Optional[int], ...]
    computed_layer: tuple[Optional[int], ...]
    computed_dense: tuple[Optional[int], ...]


class Answer(NamedTuple):
    """What a network returned, batch first whatever its layout.

    ``output`` is what Dense returned: (N, T, K) with ``return_sequences``, in the order of
    processing, else (N, K). ``hidden`` is what the layer returned, (N, T, M) or (N, M), where it
    is put out (``shows_hidden``). ``states``, each (N, M), are there with ``return_state``.
    """

    output: np.ndarray
    hidden: Optional[np.ndarray] = None
    states: tuple[np.ndarray, ...] = ()


class Gradients(NamedTuple):
    """The derivatives of a `strategies.gradients.Loss`, and the answer of the same execution.

    ``inputs`` (N, T, D) are by x as it was given. ``weights`` are by each array, in the order of
    ``set_weights``; what is there for a bias that is not used is not looked at. ``initial_states``,
    each (N, M), are by those that were given.
    """

    answer: Answer
    inputs: np.ndarray
    weights: list[np.ndarray]
    initial_states: tuple[np.ndarray, ...] = ()


class Network:
    """A network of one size and dtype. Subclasses override what they declare.

    Weights are always the arrays of the cell, for SimpleRNN kernel (D, M), recurrent_kernel (M, M)
    and bias (M,), then the dense kernel (M, K) and the dense bias (K,). A bias that the options
    take away is zeros, which are not to be used.
    """

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Replace all weight arrays."""
        raise NotImplementedError

    def renew_weights(self, weights: Sequence[np.ndarray]) -> None:
        """The same for a network that gets new ones for every case, by a way that may be faster."""
        self.set_weights(weights)

    def answer(
        self,
        inputs: np.ndarray,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_states: Sequence[np.ndarray] = (),
        batch_size: Optional[int] = None,
    ) -> Answer:
        """What the network returns for inputs (N, T, D), from one execution.

        Without the capabilities STATES and OPTIONS that is the last output, of inputs alone.
        ``mask`` (N, T) and ``initial_states``, each (N, M), are given where the options say so; in
        ``predict``, ``batch_size`` is how many samples go at once, all by default.
        """
        raise ImplementationError(f"{type(self).__name__} defines no answer")

    def gradients(
        self,
        inputs: np.ndarray,
        loss: Loss,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_states: Sequence[np.ndarray] = (),
    ) -> Gradients:
        """The derivatives of a loss, of a network that puts out every step. Capability GRADIENTS.

        The arguments are those of `answer`.
        """
        raise _undefined(self, "gradients", GRADIENTS)

    def reset_state(self) -> None:
        """Let a stateful network forget its state. Capability OPTIONS."""
        raise _undefined(self, "reset_state", OPTIONS)

    def set_states(self, states: Sequence[np.ndarray]) -> None:
        """Let a stateful network go on from these states, each (N, M). Capability STATE_SET."""
        raise _undefined(self, "set_states", STATE_SET)

    def get_weights(self) -> list[np.ndarray]:
        """The weight arrays. Capability WEIGHTS."""
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


class Model:
    """A model with an architecture. Capability COMPOSITIONS."""

    def set_weights(self, weights: Sequence[Sequence[np.ndarray]]) -> None:
        """Replace all weights, layer by layer as in `strategies.wrappers.Composition`."""
        raise NotImplementedError

    def output(
        self, inputs: np.ndarray, mode: str, initial_states: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        """What the model returns, (N, K) or (N, T, K); see `strategies.wrappers`."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Let a stateful model forget its states."""
        raise NotImplementedError


def _undefined(owner: object, method: str, capability: str) -> ImplementationError:
    return ImplementationError(
        f"the capability {capability!r} is declared, and {type(owner).__name__} defines no {method}"
    )


class Implementation:
    """A thing under test. Subclasses set the first attributes and override `network`."""

    #: What the user types, and what test ids begin with.
    name: str = ""
    #: The ways to execute a network, each judged on its own.
    modes: tuple[str, ...] = ("call",)
    #: What it can compute in, of `strategies.DTYPES`.
    dtypes: tuple[str, ...] = WIDE_DTYPES
    #: The recurrent layers that it has, by the names of `conformance.cells`.
    layers: tuple[str, ...] = ("simple_rnn",)
    #: Those that are asked where nobody names some; empty for all.
    usual_layers: tuple[str, ...] = ()
    #: What it can do beyond OUTPUT.
    capabilities: frozenset[str] = frozenset({OUTPUT})
    #: The extra of this project that installs what it needs, for the message that names it.
    extra: str = ""
    #: How much a case costs in each mode, as a multiple of the cheapest; 1 where not stated.
    #: Decides how many cases a mode gets, never how they are judged.
    costs: ClassVar[dict[str, int]] = {}
    #: How many threads compute, for the header.
    threads: str = "threads as it chooses"
    #: Whether it can be told to compute on a GPU, and `devices` says truly where it did.
    on_gpu: bool = False
    #: Modes that compile anew for each shape (N, T).
    compiled_modes: frozenset[str] = frozenset()

    def network(self, size: NetworkSize, dtype: str) -> Network:
        """A new network with its initial weights.

        ``size.T`` and ``size.N`` are what it is built for, None for any. ``size.activation`` and
        ``size.dense_activation`` are "tanh" and "linear" unless CHOSEN_ACTIVATIONS is declared.
        ``size.options`` are `strategies.PLAIN` unless OPTIONS is declared; with STATES they may be
        `strategies.EVERY_STEP`.
        """
        raise NotImplementedError

    def network_for_cases(self, size: NetworkSize, dtype: str) -> Network:
        """A network whose initial weights do not matter, because it will be given others."""
        return self.network(size, dtype)

    def composition(self, size: ArchitectureSize, dtype: str) -> Model:
        """A new model with an architecture. Capability COMPOSITIONS."""
        raise _undefined(self, "composition", COMPOSITIONS)

    def arithmetic(self, dtype: str) -> Arithmetic:
        """How it rounds, as far as that is not probed (see `conformance.checking.probing`)."""
        return IEEE[dtype]

    def activations(self) -> tuple[str, ...]:
        """Names in `conformance.numerics.activations`. Capability CHOSEN_ACTIVATIONS."""
        return ("tanh", "linear")

    def modes_with(self, capability: str) -> tuple[str, ...]:
        """The modes in which it has a capability that is declared; all where not stated."""
        return self.modes

    def options(self, mode: str) -> tuple[str, ...]:
        """The names in `strategies.Options` that may be asked for in a mode. Capability OPTIONS."""
        return Options._fields

    #: Whether an initial state that is given takes the place of the one that is recorded.
    initial_state_overrides: bool = True

    def capability(self, wanted: type[Answering]) -> Answering:
        """What answers the questions of a clause whose capability is declared.

        By default it is the implementation itself, which is then of that class too.
        """
        if isinstance(self, wanted):
            return self
        raise ImplementationError(
            f"the capability {wanted.word!r} is declared, and {type(self).__name__} is no "
            f"{wanted.__name__}"
        )

    def versions(self) -> dict[str, str]:
        """Names and versions of what is tested, found without importing it."""
        return {}

    def devices(self) -> list[str]:
        """On which devices numbers were computed, as results say; "CPU" or "GPU:0", for example.

        Asked after the first network was built.
        """
        return ["CPU"]


def in_words(versions: dict[str, str]) -> str:
    """For example ``keras 3.15.1, tensorflow 2.21.0``; empty where no version is known."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


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
