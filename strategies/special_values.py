"""Cases at the ends of a dtype: NaN and infinity, overflow, zeros of both signs, subnormals."""

from __future__ import annotations

from typing import Callable

import numpy as np
from hypothesis import strategies as st

from strategies._validation import check_choice
from strategies.cases import Case, case_of, seeds
from strategies.cell import INPUT
from strategies.dimensions import Dimensions
from strategies.dtypes import DTYPES, POLICIES
from strategies.textures import Tensors, changed, normal, scaled

#: The exponents of the largest and the smallest normal number.
EXPONENTS = {"float16": (15, -14), "bfloat16": (127, -126), "float32": (127, -126),
             "float64": (1023, -1022)}  # fmt: skip


def not_finite(rng: np.random.Generator, d: Dimensions, dtype: str) -> Tensors:
    """One to three entries, in any tensor, are NaN, infinity or minus infinity."""
    tensors = normal(rng, d).map(np.copy)
    arrays = list(tensors)
    # Inputs more often: a weight that is NaN leaves nothing to be seen beside it.
    weights = len(arrays) - 1
    chances = [0.5, *[0.5 / weights] * weights]
    for _ in range(rng.integers(1, 4)):
        tensor = arrays[rng.choice(len(arrays), p=chances)]
        tensor[tuple(rng.integers(tensor.shape))] = rng.choice([np.nan, np.inf, -np.inf])
    return tensors


def overflowing(rng: np.random.Generator, d: Dimensions, dtype: str) -> Tensors:
    """Products with the inputs near the largest number, and beyond it.

    In each sample all have one sign, so that they overflow in every order or in none.
    """
    largest = EXPONENTS[POLICIES[dtype].computed][0]
    base = normal(rng, d)
    exponents = rng.uniform(0.4, 0.6, (d.N, d.T, 1)) * largest
    signs = rng.choice([-1.0, 1.0], (d.N, 1, 1))
    inputs = signs * np.abs(base.inputs) * 2.0 ** np.round(exponents)
    scale = 2.0 ** (largest // 2)
    return changed(base.replace(inputs=inputs), d, INPUT, lambda kernel: np.abs(kernel) * scale)


def signed_zeros(rng: np.random.Generator, d: Dimensions, dtype: str) -> Tensors:
    """Every other entry is zero, of either sign."""

    def zeroed(tensor: np.ndarray) -> np.ndarray:
        chosen = rng.random(tensor.shape) < 0.5
        return np.where(chosen, np.copysign(0.0, rng.standard_normal(tensor.shape)), tensor)

    return normal(rng, d).map(zeroed)


def subnormal(rng: np.random.Generator, d: Dimensions, dtype: str) -> Tensors:
    """Inputs and biases around and below the smallest normal number."""
    smallest = EXPONENTS[POLICIES[dtype].computed][1]
    base = normal(rng, d)
    return scaled(base, d, 2.0 ** float(smallest + rng.integers(-6, 3)))


Extreme = Callable[[np.random.Generator, Dimensions, str], Tensors]

EXTREMES: dict[str, Extreme] = {
    extreme.__name__: extreme for extreme in (not_finite, overflowing, signed_zeros, subnormal)
}


def extreme_cases(
    kind: str, sizes: st.SearchStrategy[Dimensions], *, dtype: str = "float32"
) -> st.SearchStrategy[Case]:
    """Cases of one of the `EXTREMES`. Shrinks towards small dimensions and the seed 0.

    Raises:
        InvalidArgument: the kind or the dtype is unknown.
    """
    check_choice("kind", kind, tuple(EXTREMES))
    check_choice("dtype", dtype, DTYPES)

    def build(size: Dimensions, seed: int) -> Case:
        tensors = EXTREMES[kind](np.random.default_rng(seed), size, dtype)
        with np.errstate(over="ignore"):
            return case_of(tensors.astype(dtype), size, dtype, kind)

    return st.builds(build, sizes, seeds())
