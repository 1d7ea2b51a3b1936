"""Networks that are born with initializers of the user's choice."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies.choices import Choice, Five, choices, five, traits
from strategies.facts import has_facts
from strategies.plain_networks import SEEDS, weight_shapes

_GAINS = {"gain": st.sampled_from((1.0, 0.5, 1.2, 3.0))}
_NORMAL = {
    "mean": st.sampled_from((0.0, 0.5, -1.0)),
    "stddev": st.sampled_from((0.05, 1.0, 0.3)),
}
#: Those that draw no numbers, with their arguments.
_FIXED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": st.sampled_from((0.5, -2.0, 0.1, 1e-3))},
    "Identity": _GAINS,
}
#: Those that do, with their arguments beside the seed.
_RANDOM: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "RandomUniform": {
        "minval": st.sampled_from((-0.05, 0.0, -1.0)),
        "maxval": st.sampled_from((0.05, 1.0, 2.0)),
    },
    "RandomNormal": _NORMAL,
    "TruncatedNormal": _NORMAL,
    "GlorotUniform": {},
    "GlorotNormal": {},
    "HeUniform": {},
    "HeNormal": {},
    "LecunUniform": {},
    "LecunNormal": {},
    "VarianceScaling": {
        "scale": st.sampled_from((1.0, 2.0, 0.1)),
        "mode": st.sampled_from(("fan_in", "fan_out", "fan_avg")),
        "distribution": st.sampled_from(("truncated_normal", "untruncated_normal", "uniform")),
    },
    "Orthogonal": _GAINS,
}
_SEEDED = {name: {**arguments, "seed": SEEDS} for name, arguments in _RANDOM.items()}
FIXED_INITIALIZERS = tuple(_FIXED)
INITIALIZERS = (*_FIXED, *_RANDOM)
#: Those that make sense for a matrix only.
OF_MATRICES = ("Identity", "Orthogonal")


@has_facts(traits=frozenset())
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
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        seeds = {choice.get("seed", None) for choice in self.initializers if choice} - {None}
        words = {"seed of an initializer"} if seeds else set()
        words |= {"seed 0"} if 0 in seeds else set()
        return {"traits": traits(self.initializers) | words}

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the five weights."""
        return weight_shapes(self.D, self.M, self.K)


def initializers(
    *, matrix: bool = True, names: Sequence[str] = INITIALIZERS
) -> st.SearchStrategy[Choice]:
    """Initializers with or without arguments, seeded where they are random.

    ``matrix`` says that they are for a matrix. Shrinks towards the first of ``names``.

    Raises:
        InvalidArgument: a name is unknown.
    """
    suited = [name for name in names if matrix or name not in OF_MATRICES]
    return choices(suited, {**_FIXED, **_SEEDED}, by_name=INITIALIZERS)


def births(*, max_extent: int = 256) -> st.SearchStrategy[Birth]:
    """Networks to be born, half of them with ``max_extent`` features and units.

    Raises:
        InvalidArgument: ``max_extent`` is not a positive integer.
    """
    if type(max_extent) is not int or max_extent < 1:
        raise InvalidArgument(f"max_extent={max_extent!r}: must be an integer, at least 1")
    small = st.integers(1, min(12, max_extent))
    sizes = st.one_of(st.tuples(small, small, small), st.just((max_extent, max_extent, 64)))
    return st.builds(
        lambda size, *others: Birth(*size, *others),
        sizes,
        five(lambda matrix: initializers(matrix=matrix), 4),
        SEEDS,
    )
