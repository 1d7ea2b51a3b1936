"""What questions about training share: the weights, whole numbers for them, how it is executed."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies._validation import check_choice
from strategies.dtypes import WIDE_DTYPES
from strategies.textures import Tensors

#: The weights in the order of ``get_weights()``, by layer and name in it.
WEIGHTS = (
    ("simple_rnn", "kernel"),
    ("simple_rnn", "recurrent_kernel"),
    ("simple_rnn", "bias"),
    ("dense", "kernel"),
    ("dense", "bias"),
)
#: What every library takes as a seed.
SEEDS = st.integers(0, 2**31 - 1)


def weight_shapes(D: int, M: int, K: int) -> list[tuple[int, ...]]:
    """The shapes of the five weights."""
    return [(D, M), (M, M), (M,), (M, K), (K,)]


def integers(N: int, T: int, D: int, M: int, K: int, seed: int) -> Tensors:
    """Tensors of integers, -2 to 2 in the inputs and -1 to 1 in the weights."""
    rng = np.random.default_rng(seed)
    weights = [rng.integers(-1, 2, shape).astype(float) for shape in weight_shapes(D, M, K)]
    return Tensors(rng.integers(-2, 3, (N, T, D)).astype(float), *weights)


def sizes() -> list[st.SearchStrategy[int]]:
    """N, T, D, M, K; N and K powers of two, so that a mean over them does not round."""
    powers, few = st.sampled_from((1, 2, 4)), st.integers(1, 4)
    return [powers, st.integers(1, 3), few, few, powers]


def executed(ways: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the ``ways`` of execution: the first in two draws of three, where there are others.

    Raises:
        InvalidArgument: there is no way.
    """
    if isinstance(ways, str) or not ways:
        raise InvalidArgument(f"ways={ways!r}: must be names, at least one")
    rest = list(ways[1:])
    return st.sampled_from([ways[0]] * max(1, 2 * len(rest)) + rest)


def floatx(dtype: str) -> st.SearchStrategy[str]:
    """The dtype of a program with layers of a ``dtype``; float32 for one of three in float64.

    Raises:
        InvalidArgument: the dtype is unknown.
    """
    check_choice("dtype", dtype, WIDE_DTYPES)
    return executed((dtype,) if dtype == "float32" else (dtype, "float32"))
