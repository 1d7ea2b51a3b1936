"""Networks with penalties of their weights and of what they put out."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

from hypothesis import strategies as st

from strategies._validation import check_choice
from strategies.choices import Choice, Five, five, maybe, traits, with_arguments
from strategies.facts import has_facts
from strategies.gradient_step import Step, steps
from strategies.plain_networks import SEEDS, executed, floatx, integers, sizes, weight_shapes
from strategies.textures import Tensors

REGULARIZERS = ("L1", "L2", "L1L2", "OrthogonalRegularizer")
_FACTORS = (0.5, 0.25, 0.01, 0.1, 3.0)
_DYADIC = (0.5, 0.25, 1.0, 2.0)


@has_facts(traits=frozenset())
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
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        words = {self.way, f"floatx {self.floatx}"}
        words |= {
            f"activity of {layer}" for layer, a in zip(("simple_rnn", "dense"), self.activity) if a
        }
        words |= {"several samples"} if self.N > 1 else set()
        for shape, choice in zip(weight_shapes(self.D, self.M, self.K), self.regularizers):
            if choice and choice.name == "OrthogonalRegularizer":
                single = shape[0 if choice.get("mode", "rows") == "rows" else 1] == 1
                words |= {"a single row or column"} if single else set()
        return {"traits": traits((*self.regularizers, *self.activity)) | words}

    @property
    def tensors(self) -> Tensors:
        """Inputs and weights, small integers: no sum of them rounds."""
        return integers(self.N, self.T, self.D, self.M, self.K, self.seed)


def regularizers(
    *, matrix: bool = True, exact: bool = False, names: Sequence[str] = REGULARIZERS
) -> st.SearchStrategy[Choice]:
    """Regularizers. ``exact`` limits their factors to powers of two, and leaves out what rounds.

    Shrinks towards ``L1(l1=0.5)``.

    Raises:
        InvalidArgument: a name is unknown.
    """
    for name in names:
        check_choice("names", name, REGULARIZERS)
    orthogonal = matrix and not exact
    chosen = [name for name in names if orthogonal or name != "OrthogonalRegularizer"]
    factors = st.sampled_from(_DYADIC if exact else _FACTORS)

    def of_name(name: str) -> st.SearchStrategy[Choice]:
        if name == "OrthogonalRegularizer":
            mode = st.sampled_from(("rows", "columns"))
            return with_arguments(name, {"factor": factors, "mode": mode})
        keys = [key for key in ("l1", "l2") if key.upper() in name]
        given = with_arguments(name, dict.fromkeys(keys, factors))
        return given if exact else st.one_of(given, st.just(Choice(name, by_name=True)))

    return st.sampled_from(chosen).flatmap(of_name)


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
    activity = maybe(regularizers(matrix=False, names=names))
    drawn = st.builds(
        Penalty,
        *sizes(),
        five(lambda matrix: regularizers(matrix=matrix, names=names)),
        st.tuples(activity, activity),
        st.booleans(),
        st.booleans(),
        executed(ways),
        floatx(dtype),
        SEEDS,
    )
    # A loss that is evaluated is of the program's dtype.
    return drawn.map(lambda p: p._replace(floatx=dtype) if p.way == "evaluate" else p)


def regularized_steps(
    *, ways: Sequence[str], names: Sequence[str] = REGULARIZERS, dtype: str = "float32"
) -> st.SearchStrategy[Step]:
    """Steps of gradient descent of networks with penalties of these ``names``, which do not round.

    Raises:
        InvalidArgument: there is no way, or a name or the dtype is unknown.
    """
    chosen = five(lambda matrix: regularizers(matrix=matrix, exact=True, names=names))
    return steps(ways=ways, regularizers=chosen, dtype=dtype)
