"""A case: one complete question to an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Optional, Sequence

import numpy as np
from hypothesis import strategies as st

from strategies._validation import MEANING, check_choice
from strategies.dimensions import Dimensions, dimensions
from strategies.dtypes import DTYPES, POLICIES, computed
from strategies.options import Options
from strategies.textures import (
    MOST_ENTRIES_DRAWN_SINGLY,
    Tensors,
    elementwise,
    seeded,
    shapes,
    texture_names,
)


class Processed(NamedTuple):
    """What SimpleRNN goes through: x (N, T, D), used (N, T) where there is a mask, h_0 (N, M)."""

    inputs: np.ndarray
    used: Optional[np.ndarray]
    initial_state: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """Inputs and weights of ``Input(T, D) -> SimpleRNN(M) -> Dense(K)``, all of one dtype.

    ``static_time`` says that the network is built for this T (``Input((T, D))``) rather than
    for any (``Input((None, D))``). ``policy`` names what is computed in where it is not the
    dtype of the arrays (see `strategies.dtypes`). Without ``options`` the network is the plain one;
    with them ``mask`` (N, T), True where a step is used, and ``initial_state`` (N, M) are given as
    the options say. The repr is Python that builds the case again, given
    ``from numpy import array, float16, float32, inf, nan`` and `Options`.

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
    options: Optional[Options] = None
    mask: Optional[np.ndarray] = None
    initial_state: Optional[np.ndarray] = None
    texture: str = "given"

    def __post_init__(self) -> None:
        for name in (*Tensors._fields, "mask", "initial_state"):
            if getattr(self, name) is not None:
                view = np.asarray(getattr(self, name)).view()
                view.setflags(write=False)
                object.__setattr__(self, name, view)
        _check(self)

    def __repr__(self) -> str:
        parts = [f"{name}={array_text(getattr(self, name))}" for name in Tensors._fields]
        for name in ("static_time", "activation", "dense_activation", "policy", "options"):
            if getattr(self, name) != self.__dataclass_fields__[name].default:
                parts.append(f"{name}={getattr(self, name)!r}")
        for name in ("mask", "initial_state"):
            if getattr(self, name) is not None:
                parts.append(f"{name}={array_text(getattr(self, name))}")
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
        """N, T, D, M, K, whether T is fixed, the activations and the options."""
        return Dimensions(
            self.N,
            self.T,
            self.D,
            self.M,
            self.K,
            self.static_time,
            self.activation,
            self.dense_activation,
            self.options,
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

    @cached_property
    def processed(self) -> Processed:
        """Inputs, mask and initial state as they are computed with, in the order of processing."""
        x, mask = self.as_computed.inputs, self.mask
        if self.options and self.options.go_backwards:
            x, mask = x[:, ::-1], None if mask is None else mask[:, ::-1]
        if mask is not None:  # what is masked is not looked at
            x = np.where(mask[:, :, None], x, 0.0)
        if self.initial_state is None:
            return Processed(x, mask, np.zeros((self.N, self.M)))
        return Processed(x, mask, computed(self.initial_state, self.dtype))

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
    _check_options(case)


def _check_options(case: Case) -> None:
    options = case.options or Options()
    given = {"mask": options.masked, "initial_state": options.initial_state}
    forms = {"mask": (case.N, case.T), "initial_state": (case.N, case.M)}
    dtypes = {"mask": np.dtype(bool), "initial_state": case.inputs.dtype}
    for name, wanted in given.items():
        array = getattr(case, name)
        if (array is not None) != wanted:
            raise ValueError(f"{name} is {'missing' if wanted else 'given'}: options are {options}")
        if array is not None and array.shape != forms[name]:
            raise ValueError(f"{name} has shape {array.shape}: must be {forms[name]}")
        if array is not None and array.dtype != dtypes[name]:
            raise ValueError(f"{name} is {array.dtype}: must be {dtypes[name]}")
    if options.unroll and not case.static_time:
        raise ValueError("static_time=False: a network that is unrolled is built for one T")
    for name, used in (("bias", options.use_bias), ("dense_bias", options.dense_use_bias)):
        if not used and getattr(case, name).any():
            raise ValueError(f"{name} is not zero: options have use_bias=False")


def cases(
    *,
    dtype: str = "float32",
    sizes: Optional[st.SearchStrategy[Dimensions]] = None,
    textures: Optional[Sequence[str]] = None,
) -> st.SearchStrategy[Case]:
    """Cases of one dtype.

    ``sizes`` draws the dimensions (`dimensions()` by default), ``textures`` limits how
    tensors are filled (see `strategies.textures`). Shrinks towards small dimensions and the
    seed 0 of the first texture; `conformance.checking.minimise` then makes the entries plain.

    Raises:
        InvalidArgument: the dtype or a texture is unknown.
    """
    check_choice("dtype", dtype, DTYPES)
    # What is made once is not made again for every case.
    names = st.sampled_from(texture_names(textures))
    return _cases(dtype, dimensions() if sizes is None else sizes, names, seeds())


@st.composite
def _cases(
    draw: st.DrawFn,
    dtype: str,
    sizes: st.SearchStrategy[Dimensions],
    names: st.SearchStrategy[str],
    seeds: st.SearchStrategy[int],
) -> Case:
    size = draw(sizes)
    texture = draw(names)
    if texture == "elementwise":
        if sum(int(np.prod(shape)) for shape in shapes(size)) <= MOST_ENTRIES_DRAWN_SINGLY:
            return case_of(draw(elementwise(size, dtype)), size, dtype, texture)
        texture = "normal"
    return case_of(seeded(texture, draw(seeds), size, dtype), size, dtype, texture)


def case_of(
    tensors: Tensors, size: Dimensions, dtype: str, texture: str = "given", **given: Any
) -> Case:
    """The case of these tensors, with what is known of it beside them."""
    return Case(
        *tensors,
        static_time=size.static_time,
        activation=size.activation,
        dense_activation=size.dense_activation,
        policy="" if tensors.inputs.dtype == dtype else dtype,
        options=size.options,
        texture=texture,
        **given,
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
