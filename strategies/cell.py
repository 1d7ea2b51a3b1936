"""What must be known of a recurrent cell to ask about it; `conformance.cells` has the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from strategies.options import Options

#: What a weight is multiplied with: the inputs of a step, its previous states, or nothing.
INPUT, RECURRENT, BIAS = "input", "recurrent", "bias"


class Weight(NamedTuple):
    """The role of a weight array, of `INPUT`, `RECURRENT` and `BIAS`, and its shape."""

    role: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: its equation, its weights, its states.

    ``title`` is the name of the layer as people write it. ``step(ops, x, states, w, *activations)``
    is the equation of one step, written over the operations of `conformance.numerics.operations`: x
    (N, D) and ``states``, each (N, M), give the new states. The first state is what the layer puts
    out. ``w`` has the weights by name, and the activations are functions of numbers, as
    ``activations`` names them.

    ``weights(D, M, options)`` names the weights in the order of ``get_weights()``. ``states`` names
    the states in the order of ``initial_state``. ``activations`` has the arguments that choose an
    activation, with their defaults. ``one_sum`` says that a step is one activation of one sum of
    products of inputs and states: then there is a sharper bound for the end of a sequence.
    ``fresh_bias(shape)`` is the bias of a new layer. ``options`` are those that not every layer
    has, of `strategies.options.OF_CELLS`.

    The repr is the name in capitals, under which `conformance.cells` has the cell.
    """

    name: str
    title: str
    step: Callable[..., tuple[Any, ...]]
    weights: Callable[[int, int, Options], dict[str, Weight]]
    states: tuple[str, ...] = ("h",)
    activations: tuple[tuple[str, str], ...] = (("activation", "tanh"),)
    one_sum: bool = False
    fresh_bias: Callable[[tuple[int, ...]], np.ndarray] = np.zeros
    options: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.name.upper()

    def parameters(self, D: int, M: int, options: Options) -> int:
        """How many parameters the weights have that the layer has with these options."""
        return sum(
            _size(weight.shape)
            for weight in self.weights(D, M, options).values()
            if options.use_bias or weight.role != BIAS
        )


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
