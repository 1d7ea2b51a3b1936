"""Questions about a network that is trained, or is about to be.

How its weights are born, what dropout does, which penalties it has, what a step of gradient descent
leaves. Each question is plain values: its repr is Python that builds it again.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies._validation import check_choice
from strategies.choices import (
    CONSTRAINTS,
    REGULARIZERS,
    SEEDS,
    Choice,
    constraints,
    initializers,
    regularizers,
)
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
_ARE_MATRICES = (True, True, False, True, False)
#: What is made untrainable, and how.
FREEZES = (
    "nothing",
    "simple_rnn",
    "simple_rnn in its constructor",
    "dense",
    "model",
    "simple_rnn, then no more",
)

Five = tuple[Optional[Choice], ...]
Drawn = TypeVar("Drawn")


class Birth(NamedTuple):
    """A network of D, M, K with an initializer for each of the five weights, None for its default.

    ``seed`` is that of the whole program, for what has no seed of its own.
    """

    D: int
    M: int
    K: int
    initializers: Five
    seed: int

    @property
    def traits(self) -> frozenset[str]:
        """Words about it, for the conditions of known deviations."""
        seeds = {choice.get("seed", None) for choice in self.initializers if choice} - {None}
        words = {"seed of an initializer"} if seeds else set()
        return _words(self.initializers) | words | ({"seed 0"} if 0 in seeds else set())

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the five weights."""
        return _shapes(self.D, self.M, self.K)


class Dropout(NamedTuple):
    """SimpleRNN with dropout, for N samples of T steps, and D features; P units show each mask.

    ``way`` is how the layer is executed, ``seed`` that of the masks.
    """

    N: int
    T: int
    D: int
    P: int
    rate: float
    recurrent_rate: float
    way: str
    unroll: bool
    seed: int

    @property
    def M(self) -> int:
        """Hidden units: D show the input's mask, P are seen by another P through the other mask."""
        return self.D + 2 * self.P

    @property
    def traits(self) -> frozenset[str]:
        """Words about it, for the conditions of known deviations."""
        words = {self.way} | ({"unroll"} if self.unroll else set())
        other_rate = 0 < self.recurrent_rate != self.rate
        return frozenset(words | ({"another recurrent rate"} if other_rate else set()))


class Penalty(NamedTuple):
    """Regularizers of the five weights, and of what SimpleRNN and Dense put out.

    ``sequences`` says that every state is put out, ``state`` that the last one is put out again.
    """

    N: int
    T: int
    D: int
    M: int
    K: int
    regularizers: Five
    activity: tuple[Optional[Choice], ...]
    sequences: bool
    state: bool
    way: str
    floatx: str
    seed: int

    @property
    def traits(self) -> frozenset[str]:
        """Words about it, for the conditions of known deviations."""
        words = {self.way, f"floatx {self.floatx}"}
        words |= {
            f"activity of {layer}" for layer, a in zip(("simple_rnn", "dense"), self.activity) if a
        }
        words |= {"several samples"} if self.N > 1 else set()
        for shape, choice in zip(_shapes(self.D, self.M, self.K), self.regularizers):
            if choice and choice.name == "OrthogonalRegularizer":
                single = shape[0 if choice.get("mode", "rows") == "rows" else 1] == 1
                words |= {"a single row or column"} if single else set()
        return _words((*self.regularizers, *self.activity)) | words

    @property
    def tensors(self) -> Tensors:
        """Inputs and weights, small integers: no sum of them rounds."""
        return integers(self.N, self.T, self.D, self.M, self.K, self.seed)


class Step(NamedTuple):
    """One step of gradient descent on the mean of targets · outputs, with linear activations.

    ``frozen`` is one of `FREEZES`, ``rate`` the learning rate.
    """

    N: int
    T: int
    D: int
    M: int
    K: int
    constraints: Five
    regularizers: Five
    frozen: str
    rate: float
    way: str
    floatx: str
    seed: int

    @property
    def traits(self) -> frozenset[str]:
        """Words about it, for the conditions of known deviations."""
        chosen = _words((*self.constraints, *self.regularizers))
        return chosen | {self.way, self.frozen, f"floatx {self.floatx}"}

    @property
    def tensors(self) -> Tensors:
        """Inputs and weights, small integers: no sum of them rounds."""
        return integers(self.N, self.T, self.D, self.M, self.K, self.seed)

    @property
    def targets(self) -> np.ndarray:
        """What the outputs are multiplied with, (N, K)."""
        return np.random.default_rng(self.seed + 1).integers(-2, 3, (self.N, self.K)).astype(float)


def integers(N: int, T: int, D: int, M: int, K: int, seed: int) -> Tensors:
    """Tensors of integers, -2 to 2 in the inputs and -1 to 1 in the weights."""
    rng = np.random.default_rng(seed)
    weights = [rng.integers(-1, 2, shape).astype(float) for shape in _shapes(D, M, K)]
    return Tensors(rng.integers(-2, 3, (N, T, D)).astype(float), *weights)


def _shapes(D: int, M: int, K: int) -> list[tuple[int, ...]]:
    return [(D, M), (M, M), (M,), (M, K), (K,)]


def _words(choices: Sequence[Optional[Choice]]) -> frozenset[str]:
    """The names of what is chosen, and "l1_l2 by name" where it is given as text."""
    there = [choice for choice in choices if choice is not None]
    named = {f"{choice.text} by name" for choice in there if choice.by_name}
    return frozenset({choice.name for choice in there} | named)


def births(*, max_extent: int = 256) -> st.SearchStrategy[Birth]:
    """Networks to be born, half of them with ``max_extent`` features and units.

    Raises:
        InvalidArgument: ``max_extent`` is not a positive integer.
    """
    if type(max_extent) is not int or max_extent < 1:
        raise InvalidArgument(f"max_extent={max_extent!r}: must be an integer, at least 1")
    small = st.integers(1, min(12, max_extent))
    sizes = st.one_of(st.tuples(small, small, small), st.just((max_extent, max_extent, 64)))
    five = st.tuples(*(_maybe(initializers(matrix=m), 4) for m in _ARE_MATRICES))
    return st.builds(
        lambda size, chosen, seed: Birth(size[0], size[1], size[2], chosen, seed),
        sizes,
        five,
        SEEDS,
    )


def dropouts(*, ways: Sequence[str], large: Optional[bool] = None) -> st.SearchStrategy[Dropout]:
    """Questions about dropout in the given ``ways`` of execution, the first of them most often.

    With ``large`` all have masks of 128 · 128 entries, so that a rate can be told from one that is
    5 % off; without it none; both by default. Shrinks towards one of everything.

    Raises:
        InvalidArgument: there is no way.
    """
    _check_ways(ways)
    small = st.tuples(*(st.integers(1, 8) for _ in range(3)))
    sizes = {
        True: st.just((128, 128, 128)),
        False: small,
        None: st.one_of(small, st.just((128, 128, 128))),
    }[large]
    rates = st.one_of(st.sampled_from((0.5, 0.25, 0.0)), st.integers(1, 99).map(lambda p: p / 100))

    def build(
        size: tuple[int, int, int], T: int, r: float, q: float, way: str, unroll: bool, seed: int
    ) -> Dropout:
        N, D, P = size
        return Dropout(N, T, D, P, r, q, way, unroll, seed)

    return st.builds(
        build, sizes, st.integers(2, 4), rates, rates, _often_first(ways), st.booleans(), SEEDS
    )


def penalties(
    *,
    ways: Sequence[str],
    names: Sequence[str] = REGULARIZERS,
    dtype: str = "float32",
) -> st.SearchStrategy[Penalty]:
    """Networks of a dtype with regularizers of these ``names``. Shrinks towards fewer of them.

    One of three in float64 is in a program whose floatx is float32.

    Raises:
        InvalidArgument: there is no way, or a name or the dtype is unknown.
    """
    _check_ways(ways)
    regularizers(names=names)
    five = st.tuples(*(_maybe(regularizers(matrix=m, names=names), 2) for m in _ARE_MATRICES))
    activity = _maybe(regularizers(matrix=False, names=names), 2)
    drawn = st.builds(
        Penalty,
        *_sizes(),
        five,
        st.tuples(activity, activity),
        st.booleans(),
        st.booleans(),
        _often_first(ways),
        _often_first(_floatx(dtype)),
        SEEDS,
    )
    # A loss that is evaluated is of the program's dtype.
    return drawn.map(lambda p: p._replace(floatx=dtype) if p.way == "evaluate" else p)


def steps(
    *,
    ways: Sequence[str],
    names: Sequence[str] = REGULARIZERS,
    constrained: bool = False,
    regularized: bool = False,
    frozen: Sequence[str] = FREEZES[:1],
    dtype: str = "float32",
) -> st.SearchStrategy[Step]:
    """Steps of gradient descent: constrained, regularized, or with weights that are ``frozen``.

    One of three in float64 is in a program whose floatx is float32.

    Raises:
        InvalidArgument: there is no way, or a name or the dtype is unknown.
    """
    _check_ways(ways)
    regularizers(names=names)
    for name in frozen:
        if name not in FREEZES:
            raise InvalidArgument(f"frozen={name!r}: must be one of {'; '.join(FREEZES)}")
    none: Five = (None,) * 5
    chosen = [_maybe(constraints(matrix=m, names=CONSTRAINTS), 2) for m in _ARE_MATRICES]
    exact = [_maybe(regularizers(matrix=m, exact=True, names=names), 2) for m in _ARE_MATRICES]
    return st.builds(
        Step,
        *_sizes(),
        st.tuples(*chosen) if constrained else st.just(none),
        st.tuples(*exact) if regularized else st.just(none),
        st.sampled_from(list(frozen)),
        st.sampled_from((1.0, 0.25, 4.0)),
        _often_first(ways),
        _often_first(_floatx(dtype)),
        SEEDS,
    )


def _sizes() -> list[st.SearchStrategy[int]]:
    """N, T, D, M, K; N and K powers of two, so that a mean over them does not round."""
    powers, few = st.sampled_from((1, 2, 4)), st.integers(1, 4)
    return [powers, st.integers(1, 3), few, few, powers]


def _maybe(strategy: st.SearchStrategy[Drawn], parts: int) -> st.SearchStrategy[Optional[Drawn]]:
    """None one time in ``parts``."""
    return st.sampled_from([False] + [True] * (parts - 1)).flatmap(
        lambda some: strategy if some else st.none()
    )


def _often_first(values: Sequence[str]) -> st.SearchStrategy[str]:
    """The first of ``values`` in two draws of three, where there are others."""
    rest = list(values[1:])
    return st.sampled_from([values[0]] * max(1, 2 * len(rest)) + rest)


def _floatx(dtype: str) -> tuple[str, ...]:
    """The dtype of the program, or that of the layers alone, where it is not the usual one."""
    check_choice("dtype", dtype, WIDE_DTYPES)
    return (dtype,) if dtype == "float32" else (dtype, "float32")


def _check_ways(ways: Sequence[str]) -> None:
    if isinstance(ways, str) or not ways:
        raise InvalidArgument(f"ways={ways!r}: must be names, at least one")
