"""A case: one complete question to an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Optional, Sequence, Union

import numpy as np
from hypothesis import strategies as st

from strategies._validation import MEANING, check_choice
from strategies.cell import Cell
from strategies.dimensions import Dimensions, NetworkSize
from strategies.dtypes import DTYPES, POLICIES, carried, computed
from strategies.facts import has_facts
from strategies.masking import MASKS
from strategies.options import PLAIN, Options
from strategies.textures import (
    MOST_ENTRIES_DRAWN_SINGLY,
    Tensors,
    array_text,
    elementwise,
    seeded,
    shapes,
    texture_names,
)


class Processed(NamedTuple):
    """What a layer goes through, in the order of processing and as it is computed with.

    Inputs (N, T, D), ``used`` (N, T) where there is a mask, and each initial state (N, M).
    """

    inputs: np.ndarray
    used: Optional[np.ndarray]
    initial_states: tuple[np.ndarray, ...]


@has_facts(texture=None)
@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """Inputs and weights of ``Input(T, D) -> a recurrent layer of M -> Dense(K)``, of one dtype.

    ``tensors`` has them by name, and so has the case: ``case.kernel``. ``static_time`` says that
    the network is built for this T (``Input((T, D))``) rather than for any (``Input((None, D))``).
    ``policy`` names what is computed in where it is not the dtype of the arrays (see
    `strategies.dtypes`). ``mask`` (N, T), True where a step is used, and ``initial_states``, each
    (N, M), are given as the options say. The repr is Python that builds the case again, given
    ``from numpy import array, float16, float32, inf, nan``.

    Raises:
        ValueError: a tensor's shape or dtype does not fit the others; it is named.
    """

    cell: Cell
    tensors: Tensors
    static_time: bool = False
    activation: str = "tanh"
    dense_activation: str = "linear"
    recurrent_activation: str = "sigmoid"
    policy: str = ""
    options: Options = PLAIN
    mask: Optional[np.ndarray] = None
    initial_states: tuple[np.ndarray, ...] = ()
    texture: str = "given"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", self.tensors.map(_read_only))
        states = tuple(map(_read_only, self.initial_states))
        object.__setattr__(self, "initial_states", states)
        if self.mask is not None:
            object.__setattr__(self, "mask", _read_only(self.mask))
        _check(self)

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("__") or name == "tensors":
            raise AttributeError(name)
        return getattr(self.tensors, name)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        parts = [repr(self.cell), repr(self.tensors)]
        for name in (*CHOICES, "policy", "options"):
            if getattr(self, name) != self.__dataclass_fields__[name].default:
                parts.append(f"{name}={getattr(self, name)!r}")
        if self.mask is not None:
            parts.append(f"mask={array_text(self.mask)}")
        if self.initial_states:
            states = ", ".join(map(array_text, self.initial_states))
            parts.append(f"initial_states=({states},)")
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
        return int(self.dense_kernel.shape[0])

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
        """The cell, N, T, D, M, K, whether T is fixed, the activations and the options."""
        choices = {name: getattr(self, name) for name in (*CHOICES, "options")}
        return Dimensions(self.cell, self.N, self.T, self.D, self.M, self.K, **choices)

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        return {**self.dimensions.facts, "texture": self.texture}

    @property
    def weights(self) -> list[np.ndarray]:
        """The weight arrays in the order of ``get_weights()``, Dense's last."""
        return list(self.tensors)[1:]

    @cached_property
    def as_computed(self) -> Tensors:
        """Inputs and weights rounded to what is computed in, as float64."""
        return self.tensors.map(lambda tensor: computed(tensor, self.dtype))

    @cached_property
    def processed(self) -> Processed:
        """Inputs, mask and initial states as they are computed with, in the order of processing."""
        x, mask = self.as_computed.inputs, self.mask
        if self.options.go_backwards:
            x, mask = x[:, ::-1], None if mask is None else mask[:, ::-1]
        if mask is not None:  # what is masked is not looked at
            x = np.where(mask[:, :, None], x, 0.0)
        states = tuple(computed(state, self.dtype) for state in self.initial_states)
        return Processed(x, mask, states or (np.zeros((self.N, self.M)),) * len(self.cell.states))

    def replace(self, **changes: Any) -> Case:
        """The same case with some fields or tensors changed."""
        of_tensors = {name: changes.pop(name) for name in self.tensors.names if name in changes}
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        fields["tensors"] = self.tensors.replace(**of_tensors)
        return Case(**{**fields, **changes})


#: What a case shares with `Dimensions` beside the extents and the options.
CHOICES = ("static_time", "activation", "dense_activation", "recurrent_activation")


def _read_only(array: np.ndarray) -> np.ndarray:
    view = np.asarray(array).view()
    view.setflags(write=False)
    return view


def _check(case: Case) -> None:
    inputs, dense_kernel = case.inputs, case.dense_kernel
    if inputs.ndim != 3 or dense_kernel.ndim != 2:
        raise ValueError(
            f"inputs and dense_kernel have shapes {inputs.shape}, {dense_kernel.shape}: "
            "must be (N, T, D), (M, K)"
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
    expected = shapes(case.dimensions)
    if tuple(expected) != case.tensors.names:
        raise ValueError(
            f"the tensors are {', '.join(case.tensors.names)}: must be {', '.join(expected)}"
        )
    for name, shape in expected.items():
        tensor = getattr(case, name)
        if tensor.shape != shape:
            raise ValueError(f"{name} has shape {tensor.shape}: must be {shape}")
        if tensor.dtype != inputs.dtype:
            raise ValueError(f"{name} is {tensor.dtype}, inputs are {inputs.dtype}")
    _check_options(case)


def _check_options(case: Case) -> None:
    options = case.options
    if (case.mask is not None) != options.masked:
        raise ValueError(f"mask is {'missing' if options.masked else 'given'}: {options}")
    states = len(case.cell.states) if options.initial_state else 0
    if len(case.initial_states) != states:
        raise ValueError(f"initial_states are {len(case.initial_states)}: must be {states}")
    arrays = [(f"initial state {i}", state) for i, state in enumerate(case.initial_states)]
    forms = [((case.N, case.M), case.inputs.dtype)] * len(arrays)
    if case.mask is not None:
        arrays.append(("mask", case.mask))
        forms.append(((case.N, case.T), np.dtype(bool)))
    for (name, array), (shape, dtype) in zip(arrays, forms):
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}: must be {shape}")
        if array.dtype != dtype:
            raise ValueError(f"{name} is {array.dtype}: must be {dtype}")
    if options.unroll and not case.static_time:
        raise ValueError("static_time=False: a network that is unrolled is built for one T")
    for name in unused_biases(case.dimensions):
        if getattr(case, name).any():
            raise ValueError(f"{name} is not zero: the options are {options}")


def cases(
    sizes: st.SearchStrategy[Dimensions],
    *,
    dtype: str = "float32",
    textures: Optional[Sequence[str]] = None,
) -> st.SearchStrategy[Case]:
    """Cases of one dtype, with mask and initial states where the options want them.

    ``sizes`` draws the dimensions (`strategies.dimensions`), ``textures`` limits how tensors are
    filled (see `strategies.textures`). Shrinks towards small dimensions and the seed 0 of the first
    texture; `conformance.checking.minimise` then makes the entries plain.

    Raises:
        InvalidArgument: the dtype or a texture is unknown.
    """
    check_choice("dtype", dtype, DTYPES)
    # What is made once is not made again for every case.
    names = st.sampled_from(texture_names(textures))
    return _cases(dtype, sizes, names, seeds())


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
        extents = shapes(size).values()
        if sum(int(np.prod(shape)) for shape in extents) <= MOST_ENTRIES_DRAWN_SINGLY:
            return case_of(draw(elementwise(size, dtype)), size, dtype, texture)
        texture = "normal"
    return case_of_seed(size, dtype, texture, draw(seeds))


def case_of_seed(size: Dimensions, dtype: str, texture: str, seed: int) -> Case:
    """The case of a seed: tensors, mask and initial states."""
    return case_of(seeded(texture, seed, size, dtype), size, dtype, texture, seed)


def case_of(
    tensors: Tensors, size: Dimensions, dtype: str, texture: str = "given", seed: int = 0
) -> Case:
    """The case of these tensors; a mask and initial states that the options want are of the seed.

    Biases that the network has not are zero.
    """
    options = size.options
    beside: dict[str, Any] = {}
    if options.masked or options.initial_state:
        rng = np.random.default_rng((seed, 1))
        if options.masked:
            beside["mask"] = MASKS[options.mask](rng, size.N, size.T)
        if options.initial_state:
            states = [rng.uniform(-1, 1, (size.N, size.M)) for _ in size.cell.states]
            beside["initial_states"] = tuple(carried(state, dtype) for state in states)
    unused = {name: np.zeros_like(getattr(tensors, name)) for name in unused_biases(size)}
    return Case(
        size.cell,
        tensors.replace(**unused),
        **{name: getattr(size, name) for name in CHOICES},
        policy="" if tensors.inputs.dtype == dtype else dtype,
        options=options,
        texture=texture,
        **beside,
    )


def unused_biases(size: Union[Dimensions, NetworkSize]) -> list[str]:
    """The names of the biases that the options take away."""
    names = [] if size.options.dense_use_bias else ["dense_bias"]
    if not size.options.use_bias:
        weights = size.cell.weights(size.D, size.M, size.options)
        names += [name for name, weight in weights.items() if weight.role == "bias"]
    return names


def seeds() -> st.SearchStrategy[int]:
    """A seed for NumPy's generator. Shrinks towards 0."""
    return st.integers(0, 2**32 - 1)


def notebook_size(cell: Cell) -> Dimensions:
    """The source notebook's own dimensions."""
    return Dimensions(cell, N=1, T=10, D=3, M=5, K=2, static_time=True)


def wide_size(cell: Cell) -> Dimensions:
    """Kernels of many entries: what is random about them can be told from what is wrong."""
    return Dimensions(cell, N=1, T=1, D=32, M=24, K=16)


def notebook_case(cell: Cell, dtype: str = "float32", options: Options = PLAIN) -> Case:
    """The source notebook's own case, with Glorot and orthogonal weights."""
    size = notebook_size(cell)._replace(options=options)
    return case_of_seed(size, dtype, "glorot", 0).replace(texture="notebook")
