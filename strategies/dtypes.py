"""In what a network computes, by Keras's names, and the NumPy arrays that carry it.

NumPy has no bfloat16: such numbers are carried by float32 arrays, in which each is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Dtype(NamedTuple):
    """A dtype or dtype policy.

    ``computed`` is the format of the layers' operands and results, ``weights`` the NumPy dtype
    that carries weights and inputs, ``results`` the one that carries states and outputs.
    """

    computed: str
    weights: str
    results: str


#: By name; "mixed" policies keep float32 weights and round them when they are used.
POLICIES = {
    "float32": Dtype("float32", "float32", "float32"),
    "float64": Dtype("float64", "float64", "float64"),
    "float16": Dtype("float16", "float16", "float16"),
    "bfloat16": Dtype("bfloat16", "float32", "float32"),
    "mixed_float16": Dtype("float16", "float32", "float16"),
    "mixed_bfloat16": Dtype("bfloat16", "float32", "float32"),
}
DTYPES = tuple(POLICIES)
#: What most networks use; the others are asked the questions about numbers only.
WIDE_DTYPES = ("float32", "float64")


def carried(array: np.ndarray, dtype: str) -> np.ndarray:
    """Weights or inputs of that dtype nearest to ``array``, in the NumPy dtype that carries it."""
    cast = np.asarray(array, POLICIES[dtype].weights)
    return bfloat16(cast) if dtype == "bfloat16" else cast


def computed(array: np.ndarray, dtype: str) -> np.ndarray:
    """Weights, inputs or results as the layers compute with them, in float64."""
    return rounded(array, POLICIES[dtype].computed).astype(float)


def rounded(array: np.ndarray, format: str) -> np.ndarray:
    """Each entry rounded to the nearest number of a format: ``bfloat16``, or one of NumPy's."""
    return bfloat16(array) if format == "bfloat16" else np.asarray(array, format)


def bfloat16(array: np.ndarray) -> np.ndarray:
    """Each entry rounded to the nearest bfloat16 (ties to even), as float32.

    A bfloat16 is the upper half of a float32.
    """
    single = np.ascontiguousarray(array, np.float32)
    bits = single.view(np.uint32)
    nearest = (bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))) & np.uint32(0xFFFF0000)
    return np.where(np.isfinite(single), nearest.view(np.float32), single).reshape(np.shape(array))
