"""A case: one complete question to an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional, Sequence

import numpy as np
from hypothesis import strategies as st

from strategies._validation import MEANING, check_choice
from strategies.dimensions import Dimensions, dimensions
from strategies.dtypes import DTYPES, POLICIES, computed
from strategies.tensors import (
    MOST_ENTRIES_DRAWN_SINGLY,
    Tensors,
    elementwise,
    seeded,
    shapes,
    texture_names,
)


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """Inputs and weights of ``Input(T, D) -> SimpleRNN(M) -> Dense(K)``, all of one dtype.

    ``static_time`` says that the network is built for this T (``Input((T, D))``) rather than
    for any (``Input((None, D))``). ``policy`` names what is computed in where it is not the
    dtype of the arrays (see `strategies.dtypes`). The repr is Python that builds the case again,
    given ``from numpy import array, float16, float32, inf, nan``.

    Raises:
        ValueError: a tensor's shape or dtype does not fit the others; it is named.
    """

    inputs: np.ndarray
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    dense_kernel: np.ndarray
    dense_bias: np.ndarray
    static_time: bool = False
    activation: str = "tanh"
    dense_activation: str = "linear"
    policy: str = ""
    texture: str = "given"

    def __post_init__(self) -> None:
        for name in Tensors._fields:
            view = np.asarray(getattr(self, name)).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        _check(self)

    def __repr__(self) -> str:
        parts = [f"{name}={array_text(getattr(self, name))}" for name in Tensors._fields]
        for name in ("static_time", "activation", "dense_activation", "policy"):
            if getattr(self, name) != self.__dataclass_fields__[name].default:
                parts.append(f"{name}={getattr(self, name)!r}")
        return f"Case({', '.join(parts)})"

    @property
    def N(self) -> int:
        """Samples."""
        return int(self.inputs.shape[0])

    @property
    def T(self) -> int:
        """Time steps."""
        return int(self.inputs.shape[1])

    @property
    def D(self) -> int:
        """Input features."""
        return int(self.inputs.shape[2])

    @property
    def M(self) -> int:
        """Hidden units."""
        return int(self.kernel.shape[1])

    @property
    def K(self) -> int:
        """Outputs."""
        return int(self.dense_kernel.shape[1])

    @cached_property
    def dtype(self) -> str:
        """What is computed in: ``float32``, ``mixed_float16`` … (`strategies.dtypes`)."""
        return self.policy or str(self.inputs.dtype)

    @property
    def dimensions(self) -> Dimensions:
        """N, T, D, M, K, whether T is fixed, and the activations."""
        return Dimensions(
            self.N,
            self.T,
            self.D,
            self.M,
            self.K,
            self.static_time,
            self.activation,
            self.dense_activation,
        )

    @property
    def weights(self) -> list[np.ndarray]:
        """The five weight arrays in the order of ``get_weights()``."""
        return [
            self.kernel,
            self.recurrent_kernel,
            self.bias,
            self.dense_kernel,
            self.dense_bias,
        ]

    @cached_property
    def as_computed(self) -> Tensors:
        """Inputs and weights rounded to what is computed in, as float64."""
        return Tensors(*(computed(a, self.dtype) for a in (self.inputs, *self.weights)))

    def replace(self, **changes: Any) -> Case:
        """The same case with some fields changed."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Case(**{**fields, **changes})


def array_text(array: np.ndarray) -> str:
    """Python that builds the array again, to the last bit (NaN payloads aside)."""
    with np.printoptions(threshold=array.size + 1, floatmode="unique", linewidth=100):
        return repr(array)


def _check(case: Case) -> None:
    inputs = case.inputs
    if inputs.ndim != 3 or case.kernel.ndim != 2 or case.dense_kernel.ndim != 2:
        raise ValueError(
            f"inputs, kernel and dense_kernel have shapes {inputs.shape}, {case.kernel.shape}, "
            f"{case.dense_kernel.shape}: must be (N, T, D), (D, M), (M, K)"
        )
    letters = dict(zip("NTDMK", MEANING.values()))
    for letter, meaning in letters.items():
        if getattr(case, letter) < 1:
            raise ValueError(f"{letter}=0: {meaning.split(' (')[0]} must be at least 1")
    if case.dtype not in DTYPES:
        raise ValueError(f"the dtype is {case.dtype}: must be {' or '.join(DTYPES)}")
    if inputs.dtype != POLICIES[case.dtype].weights:
        raise ValueError(
            f"inputs are {inputs.dtype}: must be {POLICIES[case.dtype].weights} for {case.dtype}"
        )
    for name, shape in zip(Tensors._fields, shapes(case.dimensions)):
        tensor = getattr(case, name)
        if tensor.shape != shape:
            raise ValueError(f"{name} has shape {tensor.shape}: must be {shape}")
        if tensor.dtype != inputs.dtype:
            raise ValueError(f"{name} is {tensor.dtype}, inputs are {inputs.dtype}")


def cases(
    *,
    dtype: str = "float32",
    sizes: Optional[st.SearchStrategy[Dimensions]] = None,
    textures: Optional[Sequence[str]] = None,
) -> st.SearchStrategy[Case]:
    """Cases of one dtype.

    ``sizes`` draws the dimensions (`dimensions()` by default), ``textures`` limits how
    tensors are filled (see `strategies.tensors`). Shrinks towards small dimensions and the
    seed 0 of the first texture; `conformance.minimise` then makes the entries plain.

    Raises:
        InvalidArgument: the dtype or a texture is unknown.
    """
    check_choice("dtype", dtype, DTYPES)
    names = texture_names(textures)
    return _cases(dtype, dimensions() if sizes is None else sizes, names)


@st.composite
def _cases(
    draw: st.DrawFn, dtype: str, sizes: st.SearchStrategy[Dimensions], names: list[str]
) -> Case:
    size = draw(sizes)
    texture = draw(st.sampled_from(names))
    if texture == "elementwise":
        if sum(int(np.prod(shape)) for shape in shapes(size)) <= MOST_ENTRIES_DRAWN_SINGLY:
            return case_of(draw(elementwise(size, dtype)), size, dtype, texture)
        texture = "normal"
    return case_of(seeded(texture, draw(seeds()), size, dtype), size, dtype, texture)


def case_of(tensors: Tensors, size: Dimensions, dtype: str, texture: str = "given") -> Case:
    """The case of these tensors, with what is known of it beside them."""
    return Case(
        *tensors,
        static_time=size.static_time,
        activation=size.activation,
        dense_activation=size.dense_activation,
        policy="" if tensors.inputs.dtype == dtype else dtype,
        texture=texture,
    )


def seeds() -> st.SearchStrategy[int]:
    """A seed for NumPy's generator. Shrinks towards 0."""
    return st.integers(0, 2**32 - 1)


#: The source notebook's own dimensions.
NOTEBOOK_SIZE = Dimensions(N=1, T=10, D=3, M=5, K=2, static_time=True)
#: Kernels of many entries: what is random about them can be told from what is wrong.
WIDE_SIZE = Dimensions(N=1, T=1, D=32, M=24, K=16)


def notebook_case(dtype: str = "float32") -> Case:
    """The source notebook's own case, with Glorot and orthogonal weights."""
    return case_of(seeded("glorot", 0, NOTEBOOK_SIZE, dtype), NOTEBOOK_SIZE, dtype, "notebook")
