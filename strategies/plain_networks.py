"""What questions about training share: the weights, whole numbers for them, how it is executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

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
#: Their names among the tensors of a case.
NAMES = ("kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")
#: What every library takes as a seed.
SEEDS = st.integers(0, 2**31 - 1)


def weight_shapes(D: int, M: int, K: int) -> list[tuple[int, ...]]:
    """The shapes of the five weights."""
    return [(D, M), (M, M), (M,), (M, K), (K,)]


@dataclass(frozen=True)
class PlainNetwork:
    """SimpleRNN and Dense with linear activations, for small whole numbers: no sum of them rounds.

    ``way`` is how it is executed, ``floatx`` the dtype of the program.
    """

    N: int
    T: int
    D: int
    M: int
    K: int
    way: str
    floatx: str
    seed: int

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the five weights."""
        return weight_shapes(self.D, self.M, self.K)

    @property
    def tensors(self) -> Tensors:
        """Integers, -2 to 2 in the inputs and -1 to 1 in the weights."""
        rng = np.random.default_rng(self.seed)
        weights = [rng.integers(-1, 2, shape).astype(float) for shape in self.shapes]
        inputs = rng.integers(-2, 3, (self.N, self.T, self.D)).astype(float)
        return Tensors(inputs=inputs, **dict(zip(NAMES, weights)))


def plain_networks(ways: Sequence[str], dtype: str) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each field of a `PlainNetwork` with layers of a ``dtype``.

    N and K are powers of two, so that a mean over them does not round. One of three in float64 is
    in a program whose floatx is float32.

    Raises:
        InvalidArgument: there is no way, or the dtype is unknown.
    """
    check_choice("dtype", dtype, WIDE_DTYPES)
    powers, few = st.sampled_from((1, 2, 4)), st.integers(1, 4)
    return {
        **{"N": powers, "T": st.integers(1, 3), "D": few, "M": few, "K": powers},
        "way": executed(ways),
        "floatx": executed((dtype,) if dtype == "float32" else (dtype, "float32")),
        "seed": SEEDS,
    }


def executed(ways: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the ``ways`` of execution: the first in two draws of three, where there are others.

    Raises:
        InvalidArgument: there is no way.
    """
    if isinstance(ways, str) or not ways:
        raise InvalidArgument(f"ways={ways!r}: must be names, at least one")
    rest = list(ways[1:])
    return st.sampled_from([ways[0]] * max(1, 2 * len(rest)) + rest)
