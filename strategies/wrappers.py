"""What is built around a recurrent layer: wrappers, cells, layers in front of it and behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Optional

import numpy as np
from hypothesis import strategies as st

from strategies._validation import check_choice
from strategies.cases import seeds
from strategies.cell import Cell
from strategies.covering import covering_array
from strategies.dtypes import DTYPES, carried
from strategies.facts import has_facts
from strategies.options import PLAIN, Options
from strategies.textures import array_text

#: The values of each part of an `Architecture`, the plain one first.
PARTS: dict[str, tuple[Any, ...]] = {
    "front": ("none", "masking", "embedding"),
    "recurrent": ("layer", "cell", "cells", "two layers", "bidirectional"),
    "merge": ("concat", "sum", "mul", "ave", None),
    "return_sequences": (False, True),
    "go_backwards": (False, True),
    "zero_output_for_mask": (False, True),
    "states": (False, True),
    "stateful": (False, True),
    "end": ("dense", "time distributed", "flatten"),
    "api": ("functional", "sequential", "subclassed"),
}
#: In place of a merge where nothing is merged, so that no other row stands for Bidirectional's.
NOTHING_MERGED = "nothing merged"


class Architecture(NamedTuple):
    """A model with a recurrent part.

    ``front`` is what comes before it: ``Masking`` with the value 0 or ``Embedding`` with
    ``mask_zero``. ``recurrent`` is the layer itself, ``RNN`` of its cell, ``RNN`` of two
    cells, two layers one after the other, or a layer in ``Bidirectional`` with ``merge``, of which
    None returns both. With ``states`` Bidirectional is given initial states, and those that it
    returns go into Dense beside its output. ``stateful`` is said to each recurrent layer. ``end``
    is Dense, ``TimeDistributed(Dense)``, or ``Flatten`` and Dense. ``api`` is how the model is made
    of them.
    """

    front: str = "none"
    recurrent: str = "layer"
    merge: Optional[str] = "concat"
    return_sequences: bool = False
    go_backwards: bool = False
    zero_output_for_mask: bool = False
    states: bool = False
    stateful: bool = False
    end: str = "dense"
    api: str = "functional"

    @property
    def masked(self) -> bool:
        """Whether the layer in front makes a mask."""
        return self.front != "none"

    @property
    def zeroes(self) -> bool:
        """Whether what comes out of a masked step is 0; Bidirectional asks for it in a sequence."""
        if self.recurrent == "bidirectional":
            return self.return_sequences
        return self.zero_output_for_mask

    @property
    def returns_several(self) -> bool:
        """Whether outputs of both directions, or states, come beside each other."""
        return self.recurrent == "bidirectional" and (self.merge is None or self.states)


class ArchitectureSize(NamedTuple):
    """What a model with an architecture is built from.

    T is fixed where it is flattened, N where it is stateful and None elsewhere.
    """

    architecture: Architecture
    cell: Cell
    D: int
    M: int
    K: int
    T: int
    N: Optional[int] = None
    options: Options = PLAIN


def possible(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts, changed where they do not go together."""
    parts = dict(parts)
    if parts["recurrent"] != "bidirectional":
        parts.update(merge=NOTHING_MERGED, states=False)
    else:
        if parts["states"]:  # which have no time, and are inputs of their own
            parts.update(end="dense", return_sequences=False, api="functional")
        if parts["merge"] == NOTHING_MERGED:
            parts["merge"] = "concat"
        parts["go_backwards"] = False  # which Keras 3 refuses there
        if parts["merge"] is None and parts["api"] == "sequential":
            parts["api"] = "functional"
    if parts["end"] != "dense":
        parts["return_sequences"] = True
    if parts["stateful"] and parts["api"] == "subclassed":  # which cannot be told its N
        parts["api"] = "functional"
    if parts["front"] == "none":
        parts["zero_output_for_mask"] = False
    return parts


@lru_cache(maxsize=8)
def architectures(
    number: int, seed: int, stateful: Optional[bool] = None
) -> tuple[Architecture, ...]:
    """``number`` architectures, in which as many pairs of parts occur as can; see `covering`.

    All, none or about half of them are stateful.
    """
    values = {**PARTS, "merge": (*PARTS["merge"], NOTHING_MERGED)}
    if stateful is not None:
        values["stateful"] = (stateful,)
    return tuple(architecture_of(row) for row in covering_array(values, number, seed, possible))


def architecture_of(parts: dict[str, Any]) -> Architecture:
    """The architecture of these parts; where nothing is merged, merge is the plain one."""
    if parts["merge"] == NOTHING_MERGED:
        parts = {**parts, "merge": Architecture().merge}
    return Architecture(**parts)


@has_facts(**dict.fromkeys(Architecture._fields))
@dataclass(frozen=True, eq=False, repr=False)
class Composition:
    """A model and what it is asked: inputs (N, T, D), or numbers of words (N, T), and weights.

    ``weights`` are those of each layer that has some, in the order of the layers and, within a
    layer, of ``get_weights()``. ``initial_states`` are those of the forward and of the backward
    layer, each (N, M), where the architecture has ``states``. ``policy`` is what is computed in
    where the arrays' dtype does not say it. The repr is Python that builds it again.
    """

    size: ArchitectureSize
    inputs: np.ndarray
    weights: tuple[tuple[np.ndarray, ...], ...]
    policy: str = ""
    initial_states: tuple[np.ndarray, ...] = ()

    @property
    def dtype(self) -> str:
        """What is computed in."""
        return self.policy or str(self.weights[0][0].dtype)

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        extents = {letter: getattr(self.size, letter) for letter in "TDMK"}
        facts = {**extents, **self.size.architecture._asdict(), "N": len(self.inputs)}
        return {**facts, "cell": self.size.cell.name}

    @property
    def returns_sequences(self) -> bool:
        """Whether the output has a time axis."""
        architecture = self.size.architecture
        return architecture.return_sequences and architecture.end != "flatten"

    def __str__(self) -> str:
        size = ", ".join(f"{letter}={getattr(self.size, letter)}" for letter in "TDMK")
        parts = self.size.architecture._asdict()
        chosen = [f"{n}={v}" for n, v in parts.items() if v != PARTS[n][0]]
        return " ".join([f"N={len(self.inputs)},", f"{size},", ", ".join(chosen) or "plain"])

    def __repr__(self) -> str:
        layers = ", ".join(f"({', '.join(map(array_text, layer))},)" for layer in self.weights)
        policy = f", policy={self.policy!r}" if self.policy else ""
        inputs, states = array_text(self.inputs), ", ".join(map(array_text, self.initial_states))
        given = f", initial_states=({states})" if states else ""
        return f"Composition({self.size!r}, {inputs}, ({layers},){policy}{given})"


def weight_shapes(size: ArchitectureSize, words: int = 6) -> list[list[tuple[int, ...]]]:
    """The shapes of the weights, layer by layer, as `Composition` has them."""
    architecture, cell, D, M, K, T = size[:6]

    def rnn(features: int) -> list[tuple[int, ...]]:
        return [weight.shape for weight in cell.weights(features, M, size.options).values()]

    shapes: list[list[tuple[int, ...]]] = []
    if architecture.front == "embedding":
        shapes.append([(words, D)])
    if architecture.recurrent == "cells":
        shapes.append(rnn(D) + rnn(M))
    elif architecture.recurrent == "bidirectional":
        shapes.append(rnn(D) + rnn(D))
    else:
        shapes.append(rnn(D))
        shapes += [rnn(M)] * (architecture.recurrent == "two layers")
    width = M * (2 if architecture.recurrent == "bidirectional" else 1)
    width = width if architecture.merge in ("concat", None) else M
    width += 2 * M * len(cell.states) * architecture.states
    width *= T if architecture.end == "flatten" else 1
    shapes.append([(width, K), (K,)])
    return shapes


def compositions(
    *, dtype: str, sizes: st.SearchStrategy[ArchitectureSize], max_samples: int = 5
) -> st.SearchStrategy[Composition]:
    """Compositions of one dtype. Shrinks towards the first size, one sample and the seed 0.

    The samples of a stateful model are as many as it is built for.

    Raises:
        InvalidArgument: the dtype is unknown.
    """
    check_choice("dtype", dtype, DTYPES)
    samples = st.integers(1, max_samples)
    return st.builds(composition, sizes, st.just(dtype), samples, seeds())


def composition(size: ArchitectureSize, dtype: str, N: int, seed: int) -> Composition:
    """The composition of a seed: contracting weights, so that bounds stay small.

    ``N`` counts where the size has none of its own.
    """
    rng, N = np.random.default_rng(seed), size.N or N
    weights = []
    for layer in weight_shapes(size):
        weights.append(tuple(carried(_filled(rng, shape), dtype) for shape in layer))
    if size.architecture.front == "embedding":
        inputs = rng.integers(0, len(weights[0][0]), (N, size.T)).astype("int32")
    else:
        inputs = carried(rng.standard_normal((N, size.T, size.D)), dtype)
        if size.architecture.front == "masking":
            # Whole steps, and single features of steps that are used.
            whole, single = rng.random((N, size.T, 1)) < 0.6, rng.random(inputs.shape) < 0.8
            inputs = inputs * (whole & single).astype(inputs.dtype)
    policy = "" if weights[0][0].dtype == dtype else dtype
    number = 2 * len(size.cell.states) * size.architecture.states
    states = [rng.uniform(-1, 1, (N, size.M)) for _ in range(number)]
    given = tuple(carried(state, dtype) for state in states)
    return Composition(size, inputs, tuple(weights), policy, given)


def _filled(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    scale = 0.5 if len(shape) == 1 else 0.8 / np.sqrt(shape[0])
    return np.asarray(rng.standard_normal(shape) * scale)


def architecture_sizes(
    cell: Cell, number: int, seed: int, stateful: Optional[bool] = None
) -> list[ArchitectureSize]:
    """``number`` different architectures with dimensions, a pure function of its arguments.

    ``stateful`` is as in `architectures`.
    """
    rng = np.random.default_rng(seed)
    sizes = []
    for architecture in architectures(number, seed, stateful):
        D, M, K = (int(n) for n in rng.integers(1, 6, 3))
        T, N = int(rng.integers(1, 8)), int(rng.integers(1, 4))
        fixed = N if architecture.stateful else None
        sizes.append(ArchitectureSize(architecture, cell, D, M, K, T, fixed))
    return sizes
