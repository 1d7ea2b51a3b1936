"""Cases of networks with options: masks, initial states, direction, and all the others."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from strategies._validation import check_choice
from strategies.cases import Case, case_of, seeds
from strategies.dimensions import Dimensions
from strategies.dtypes import DTYPES, carried
from strategies.masking import MASKS
from strategies.textures import seeded, texture_names

#: How cases with options are filled: what can be judged at the end of a sequence as well.
OPTION_TEXTURES = ("normal", "glorot", "one_hot", "sparse")


def option_cases(
    *, dtype: str = "float32", sizes: st.SearchStrategy[Dimensions]
) -> st.SearchStrategy[Case]:
    """Cases of networks with options: weights, inputs, mask and initial state from one seed.

    ``sizes`` draws dimensions with options. Shrinks towards small dimensions and the seed 0.

    Raises:
        InvalidArgument: the dtype is unknown.
    """
    check_choice("dtype", dtype, DTYPES)
    textures = st.sampled_from(texture_names(OPTION_TEXTURES))
    return st.builds(optioned, sizes, st.just(dtype), textures, seeds())


def optioned(size: Dimensions, dtype: str, texture: str, seed: int) -> Case:
    """The case of a seed, for a network with options."""
    assert size.options is not None
    options, rng = size.options, np.random.default_rng((seed, 1))
    tensors = seeded(texture, seed, size, dtype)
    for name, used in (("bias", options.use_bias), ("dense_bias", options.dense_use_bias)):
        if not used:
            tensors = tensors._replace(**{name: np.zeros_like(getattr(tensors, name))})
    given: dict[str, np.ndarray] = {}
    if options.masked:
        given["mask"] = MASKS[options.mask](rng, size.N, size.T)
    if options.initial_state:
        given["initial_state"] = carried(rng.uniform(-1, 1, (size.N, size.M)), dtype)
    return case_of(tensors, size, dtype, texture, **given)
