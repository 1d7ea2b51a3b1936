"""Weights and inputs, by texture.

A texture is a way to fill all six tensors of a case at once, because what makes a case
informative or hard is how they meet: whether the units saturate, whether the products
cancel, whether every sum is exact. Textures draw from a seed, which is cheap; one is drawn
element by element, which shrinks well.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Sequence

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies.dimensions import Dimensions
from strategies.dtypes import carried


class Tensors(NamedTuple):
    """Inputs (N, T, D); kernel (D, M), recurrent_kernel (M, M), bias (M,); dense (M, K), (K,)."""

    inputs: np.ndarray
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    dense_kernel: np.ndarray
    dense_bias: np.ndarray

    def astype(self, dtype: str) -> Tensors:
        """The same tensors, each entry rounded to ``dtype`` (see `strategies.dtypes`)."""
        return Tensors(*(carried(tensor, dtype) for tensor in self))


#: Up to this many entries in all six tensors together are drawn one by one.
MOST_ENTRIES_DRAWN_SINGLY = 60


def shapes(d: Dimensions) -> list[tuple[int, ...]]:
    """The shape of each tensor, in the order of `Tensors`."""
    return [(d.N, d.T, d.D), (d.D, d.M), (d.M, d.M), (d.M,), (d.M, d.K), (d.K,)]


def normal(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Everything normal, scaled so that the units neither saturate nor vanish."""
    return Tensors(
        rng.standard_normal((d.N, d.T, d.D)),
        rng.standard_normal((d.D, d.M)) / np.sqrt(d.D),
        rng.standard_normal((d.M, d.M)) * (0.9 / np.sqrt(d.M)),
        rng.standard_normal(d.M) * 0.5,
        rng.standard_normal((d.M, d.K)) / np.sqrt(d.M),
        rng.standard_normal(d.K) * 0.5,
    )


def glorot(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """What Keras initialises, with biases that are not zero: Glorot kernels, orthogonal Wh."""
    limit, dense_limit = np.sqrt(6 / (d.D + d.M)), np.sqrt(6 / (d.M + d.K))
    gain = rng.choice([0.5, 1.0, 1.2])
    return Tensors(
        rng.standard_normal((d.N, d.T, d.D)),
        rng.uniform(-limit, limit, (d.D, d.M)),
        gain * np.linalg.qr(rng.standard_normal((d.M, d.M)))[0],
        rng.uniform(-0.5, 0.5, d.M),
        rng.uniform(-dense_limit, dense_limit, (d.M, d.K)),
        rng.uniform(-0.5, 0.5, d.K),
    )


def one_hot(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Every affine sum is exact in any order, so that only the activation may round.

    One-hot inputs at the first step and zeros after it, kernels of 13-bit numbers, a
    permuted and signed identity as recurrent kernel, and no bias: each later sum has a
    single term. The dense kernel selects one unit for each output.
    """
    inputs = np.zeros((d.N, d.T, d.D))
    inputs[np.arange(d.N), 0, rng.integers(d.D, size=d.N)] = rng.choice([-1.0, 1.0], d.N)
    grid = rng.integers(-(2**13), 2**13, (d.D, d.M)) / 2.0**13
    permutation = np.eye(d.M)[rng.permutation(d.M)] * rng.choice([-1.0, 1.0], d.M)
    dense_kernel = np.zeros((d.M, d.K))
    dense_kernel[rng.integers(d.M, size=d.K), np.arange(d.K)] = rng.choice([-2.0, 0.5, 1.0], d.K)
    return Tensors(inputs, grid, permutation, np.zeros(d.M), dense_kernel, np.zeros(d.K))


def cancelling(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Large products that nearly cancel: the sum of two features is small, neither is."""
    base = normal(rng, d)
    inputs, kernel = base.inputs.copy(), base.kernel.copy()
    half = d.D // 2
    inputs[..., half : 2 * half] = inputs[..., :half] * (1 + 1e-4 * rng.standard_normal())
    kernel[half : 2 * half] = -kernel[:half]
    return base._replace(inputs=inputs * 8, kernel=kernel)


def sparse(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Two entries of three are zero; signed zeros among them."""
    return Tensors(*(t * (rng.random(t.shape) < 1 / 3) for t in normal(rng, d)))


def saturating(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """About half of the units are driven into the flat part of tanh."""
    base = normal(rng, d)
    return base._replace(bias=base.bias + rng.choice([-9.0, 0.0, 0.0, 9.0], d.M))


def tiny(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """Numbers down to the smallest of float32, some of them subnormal."""
    scale = 2.0 ** float(rng.integers(-135, -20))
    base = normal(rng, d)
    return base._replace(
        inputs=base.inputs * scale, bias=base.bias * scale, dense_bias=base.dense_bias * scale
    )


def chaotic(rng: np.random.Generator, d: Dimensions) -> Tensors:
    """A recurrent kernel of gain 2: rounding errors grow, so only single steps can be judged."""
    base = glorot(rng, d)
    orthogonal = np.linalg.qr(rng.standard_normal((d.M, d.M)))[0]
    return base._replace(recurrent_kernel=2 * orthogonal)


Texture = Callable[[np.random.Generator, Dimensions], Tensors]

#: Every seeded texture by name, in the order towards which cases shrink.
TEXTURES: dict[str, Texture] = {
    texture.__name__: texture
    for texture in (
        normal,
        glorot,
        one_hot,
        sparse,
        cancelling,
        saturating,
        tiny,
        chaotic,
    )
}

#: How often each texture is drawn; ``elementwise`` gives way to ``normal`` for large tensors, and
#: comes last because a case that shrinks must not meet more entries to draw on its way.
WEIGHTS = {
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
    sizes = [int(np.prod(form)) for form in forms]

    def split(entries: list[int]) -> Tensors:
        flat = carried(np.array(entries) / 8, dtype)
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return Tensors(*(part.reshape(form) for part, form in zip(parts, forms)))

    total = sum(sizes)
    return st.lists(st.integers(-16, 16), min_size=total, max_size=total).map(split)


def texture_names(textures: Optional[Sequence[str]] = None) -> list[str]:
    """The names in ``textures``, repeated by how often they are drawn; all by default.

    Raises:
        InvalidArgument: a name is unknown, or there is none.
    """
    chosen = list(WEIGHTS) if textures is None else list(textures)
    unknown = [name for name in chosen if name not in WEIGHTS]
    if unknown or not chosen:
        raise InvalidArgument(f"textures={textures!r}: must be some of {', '.join(WEIGHTS)}")
    return [name for name in WEIGHTS if name in chosen for _ in range(WEIGHTS[name])]
