"""Weights and inputs, by texture.

A texture is a way to fill all tensors of a case at once, because what makes a case informative or
hard is how they meet: whether the units saturate, whether the products cancel, whether every sum is
exact. It fills a weight by its role, so that it serves every cell. Textures draw from a seed, which
is cheap; one is drawn element by element, which shrinks well.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Optional, Sequence, Union

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies.cell import BIAS, INPUT, RECURRENT, Weight
from strategies.dimensions import Dimensions, NetworkSize
from strategies.dtypes import carried

#: The role of Dense's kernel.
READOUT = "readout"
#: The names of the tensors that are none of the cell's weights.
INPUTS, DENSE_KERNEL, DENSE_BIAS = "inputs", "dense_kernel", "dense_bias"
#: Up to this many entries in all tensors together are drawn one by one.
MOST_ENTRIES_DRAWN_SINGLY = 60


class Tensors:
    """Inputs (N, T, D) and weights, each an attribute of its name, in the order of their names.

    The weights are the cell's, then the dense kernel (M, K) and the dense bias (K,). The repr is
    Python that builds them again, given ``from numpy import array, float16, float32, inf, nan``.
    """

    def __init__(self, **arrays: np.ndarray) -> None:
        self.__dict__.update(arrays)

    def __getattr__(self, name: str) -> np.ndarray:
        raise AttributeError(f"no tensor is called {name!r}: there are {', '.join(self.names)}")

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.__dict__.values())

    def __repr__(self) -> str:
        arrays = [f"{name}={array_text(array)}" for name, array in self.items()]
        return f"Tensors({', '.join(arrays)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names, the inputs first."""
        return tuple(self.__dict__)

    def items(self) -> Iterator[tuple[str, np.ndarray]]:
        """Names and tensors."""
        return iter(self.__dict__.items())

    def replace(self, **changes: np.ndarray) -> Tensors:
        """The same tensors with some of them changed."""
        return Tensors(**{**self.__dict__, **changes})

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> Tensors:
        """The tensors that ``change`` makes of these."""
        return Tensors(**{name: change(array) for name, array in self.items()})

    def astype(self, dtype: str) -> Tensors:
        """The same tensors, each entry rounded to ``dtype`` (see `strategies.dtypes`)."""
        return self.map(lambda tensor: carried(tensor, dtype))


def array_text(array: np.ndarray) -> str:
    """Python that builds the array again, to the last bit (NaN payloads aside)."""
    with np.printoptions(threshold=array.size + 1, floatmode="unique", linewidth=100):
        return repr(array)


def weights_of(d: Union[Dimensions, NetworkSize]) -> dict[str, Weight]:
    """The role and shape of each weight of the network, in the order of ``get_weights()``."""
    return {
        **d.cell.weights(d.D, d.M, d.options),
        DENSE_KERNEL: Weight(READOUT, (d.M, d.K)),
        DENSE_BIAS: Weight(BIAS, (d.K,)),
    }


def shapes(d: Dimensions) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor, by name."""
    return {INPUTS: (d.N, d.T, d.D), **{name: w.shape for name, w in weights_of(d).items()}}


def _filled(d: Dimensions, inputs: np.ndarray, fill: Callable[[Weight], np.ndarray]) -> Tensors:
    return Tensors(inputs=inputs, **{name: fill(w) for name, w in weights_of(d).items()})


def changed(tensors: Tensors, d: Dimensions, role: str, change: Any) -> Tensors:
    """The tensors, with every weight of a role changed."""
    names = [name for name, weight in weights_of(d).items() if weight.role == role]
    return tensors.replace(**{name: change(getattr(tensors, name)) for name in names})


def normal(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Everything normal, scaled so that the units neither saturate nor vanish."""
    # What the numbers are divided by, and then multiplied with.
    scales = {
        INPUT: (np.sqrt(d.D), 1.0),
        RECURRENT: (1.0, 0.9 / np.sqrt(d.M)),
        READOUT: (np.sqrt(d.M), 1.0),
        BIAS: (1.0, 0.5),
    }

    def fill(weight: Weight) -> np.ndarray:
        divisor, factor = scales[weight.role]
        return np.asarray(rng.standard_normal(weight.shape) / divisor * factor)

    return _filled(d, rng.standard_normal((d.N, d.T, d.D)), fill)


def glorot(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """What Keras initialises, with biases that are not zero: Glorot kernels, orthogonal Wh."""
    gain = rng.choice([0.5, 1.0, 1.2])

    def fill(weight: Weight) -> np.ndarray:
        if weight.role == RECURRENT:
            return np.asarray(gain * orthogonal(rng, weight.shape))
        limit = 0.5
        if weight.role != BIAS:
            limit = np.sqrt(6 / sum(weight.shape))
        return rng.uniform(-limit, limit, weight.shape)

    return _filled(d, rng.standard_normal((d.N, d.T, d.D)), fill)


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A matrix with orthonormal rows, as many as fit; signs where there is one axis only."""
    if len(shape) == 1:
        return rng.choice([-1.0, 1.0], shape)
    rows, columns = shape
    if rows == columns:
        return np.asarray(np.linalg.qr(rng.standard_normal(shape))[0])
    return np.asarray(np.linalg.qr(rng.standard_normal((columns, rows)))[0].T)


def one_hot(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Every sum of products is exact in any order, so that only what follows it may round.

    One-hot inputs at the first step and zeros after it, kernels of 13-bit numbers, for each gate a
    permuted and signed identity as recurrent kernel, and no bias: each later sum has a single term.
    The dense kernel selects one unit for each output.
    """
    inputs = np.zeros((d.N, d.T, d.D))
    inputs[np.arange(d.N), 0, rng.integers(d.D, size=d.N)] = rng.choice([-1.0, 1.0], d.N)

    def fill(weight: Weight) -> np.ndarray:
        if weight.role == INPUT:
            return rng.integers(-(2**13), 2**13, weight.shape) / 2.0**13
        filled = np.zeros(weight.shape)
        if weight.role == READOUT:
            factors = rng.choice([-2.0, 0.5, 1.0], d.K)
            filled[rng.integers(d.M, size=d.K), np.arange(d.K)] = factors
        if weight.role == RECURRENT and len(weight.shape) == 1:
            return rng.choice([-1.0, 1.0], weight.shape)
        if weight.role == RECURRENT:
            gates = range(weight.shape[1] // d.M)
            return np.concatenate([_signed_permutation(rng, d.M) for _ in gates], axis=1)
        return filled

    return _filled(d, inputs, fill)


def _signed_permutation(rng: np.random.Generator, M: int) -> np.ndarray:
    return np.asarray(np.eye(M)[rng.permutation(M)] * rng.choice([-1.0, 1.0], M))


def cancelling(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Large products that nearly cancel: the sum of two features is small, neither is."""
    base = normal(rng, d)
    inputs, half = base.inputs.copy(), d.D // 2
    inputs[..., half : 2 * half] = inputs[..., :half] * (1 + 1e-4 * rng.standard_normal())

    def opposite(kernel: np.ndarray) -> np.ndarray:
        kernel = kernel.copy()
        kernel[half : 2 * half] = -kernel[:half]
        return kernel

    return changed(base.replace(inputs=inputs * 8), d, INPUT, opposite)


def sparse(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Two entries of three are zero; signed zeros among them."""
    return normal(rng, d).map(lambda tensor: tensor * (rng.random(tensor.shape) < 1 / 3))


def saturating(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """About half of the units are driven into the flat part of the activations."""
    base = normal(rng, d)

    def driven(bias: np.ndarray) -> np.ndarray:
        return bias + rng.choice([-9.0, 0.0, 0.0, 9.0], bias.shape)

    return changed(base, d, BIAS, driven).replace(dense_bias=base.dense_bias)


def tiny(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Numbers down to the smallest of float32, some of them subnormal."""
    scale = 2.0 ** float(rng.integers(-135, -20))
    return scaled(normal(rng, d), d, scale)


def scaled(tensors: Tensors, d: Dimensions, scale: float) -> Tensors:
    """The tensors, with inputs and biases multiplied."""
    inputs = tensors.inputs * scale
    return changed(tensors.replace(inputs=inputs), d, BIAS, lambda bias: bias * scale)


def chaotic(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Recurrent kernels of gain 2: rounding errors grow, so only single steps can be judged."""
    base = glorot(rng, d)
    return changed(base, d, RECURRENT, lambda kernel: 2 * orthogonal(rng, kernel.shape))


Texture = Callable[[np.random.Generator, Dimensions], Tensors]

#: Every seeded texture by name, in the order towards which cases shrink.
TEXTURES: dict[str, Texture] = {
    texture.__name__: texture
    for texture in (normal, glorot, one_hot, sparse, cancelling, saturating, tiny, chaotic)
}

#: How often each texture is drawn; ``elementwise`` gives way to ``normal`` for large tensors, and
#: comes last because a case that shrinks must not meet more entries to draw on its way.
FREQUENCIES = {
    "normal": 5,
    "glorot": 5,
    "one_hot": 3,
    "sparse": 1,
    "cancelling": 1,
    "saturating": 1,
    "tiny": 1,
    "chaotic": 1,
    "elementwise": 3,
}


def seeded(texture: str, seed: int, d: Dimensions, dtype: str) -> Tensors:
    """The tensors of a named texture for a seed: a pure function of its arguments."""
    return TEXTURES[texture](np.random.default_rng(seed), d).astype(dtype)


def elementwise(d: Dimensions, dtype: str) -> st.SearchStrategy[Tensors]:
    """Tensors drawn entry by entry, in eighths from -2 to 2.

    Shrinks towards zeros, and towards small positive numbers where zeros do not fail.
    """
    forms = shapes(d)
    sizes = [int(np.prod(form)) for form in forms.values()]

    def split(entries: list[int]) -> Tensors:
        flat = carried(np.array(entries) / 8, dtype)
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return Tensors(**{n: part.reshape(form) for (n, form), part in zip(forms.items(), parts)})

    total = sum(sizes)
    return st.lists(st.integers(-16, 16), min_size=total, max_size=total).map(split)


def texture_names(textures: Optional[Sequence[str]] = None) -> list[str]:
    """The names in ``textures``, repeated by how often they are drawn; all by default.

    Raises:
        InvalidArgument: a name is unknown, or there is none.
    """
    chosen = list(FREQUENCIES) if textures is None else list(textures)
    unknown = [name for name in chosen if name not in FREQUENCIES]
    if unknown or not chosen:
        raise InvalidArgument(f"textures={textures!r}: must be some of {', '.join(FREQUENCIES)}")
    return [name for name in FREQUENCIES if name in chosen for _ in range(FREQUENCIES[name])]
