"""A case: one complete question to an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Sequence

import numpy as np
from hypothesis import strategies as st

from strategies._validation import MEANING, check_choice
from strategies.dimensions import Dimensions, dimensions
from strategies.tensors import (
    MOST_ENTRIES_DRAWN_SINGLY,
    Tensors,
    elementwise,
    seeded,
    shapes,
    texture_names,
)

DTYPES = ("float32", "float64")


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """Inputs and weights of ``Input(T, D) -> SimpleRNN(M) -> Dense(K)``, all of one dtype.

    ``static_time`` says that the network is built for this T (``Input((T, D))``) rather than
    for any (``Input((None, D))``). The repr is Python that builds the case again, given
    ``from numpy import array, float32, inf, nan``.

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
    texture: str = "given"

    def __post_init__(self) -> None:
        for name in Tensors._fields:
            view = np.asarray(getattr(self, name)).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        _check(self)

    def __repr__(self) -> str:
        parts = [f"{name}={array_text(getattr(self, name))}" for name in Tensors._fields]
        if self.static_time:
            parts.append("static_time=True")
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

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``."""
        return str(self.inputs.dtype)

    @property
    def dimensions(self) -> Dimensions:
        """N, T, D, M, K and whether T is fixed."""
        return Dimensions(self.N, self.T, self.D, self.M, self.K, self.static_time)

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
        raise ValueError(f"inputs are {case.dtype}: must be {' or '.join(DTYPES)}")
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
            tensors = draw(elementwise(size, dtype))
            return Case(*tensors, static_time=size.static_time, texture=texture)
        texture = "normal"
    tensors = seeded(texture, draw(seeds()), size, dtype)
    return Case(*tensors, static_time=size.static_time, texture=texture)


def seeds() -> st.SearchStrategy[int]:
    """A seed for NumPy's generator. Shrinks towards 0."""
    return st.integers(0, 2**32 - 1)


#: The source notebook's own dimensions.
NOTEBOOK_SIZE = Dimensions(N=1, T=10, D=3, M=5, K=2, static_time=True)
#: Kernels of many entries: what is random about them can be told from what is wrong.
WIDE_SIZE = Dimensions(N=1, T=1, D=32, M=24, K=16)


def notebook_case(dtype: str = "float32") -> Case:
    """The source notebook's own case, with Glorot and orthogonal weights."""
    return Case(*seeded("glorot", 0, NOTEBOOK_SIZE, dtype), static_time=True, texture="notebook")
