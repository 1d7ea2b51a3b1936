"""Networks with penalties of their weights and of what they put out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional, Sequence

from hypothesis import strategies as st

from strategies.choices import Choice, Five, choices, five, maybe, traits
from strategies.facts import has_facts
from strategies.gradient_step import Step, steps
from strategies.plain_networks import PlainNetwork, plain_networks

REGULARIZERS = ("L1", "L2", "L1L2", "OrthogonalRegularizer")
_FACTORS = (0.5, 0.25, 0.01, 0.1, 3.0)
_DYADIC = (0.5, 0.25, 1.0, 2.0)


@has_facts(traits=frozenset())
@dataclass(frozen=True)
class Penalty(PlainNetwork):
    """Regularizers of the five weights, and of what SimpleRNN and Dense put out.

    ``sequences`` says that every state is put out, ``state`` that the last one is put out again.
    """

    regularizers: Five
    activity: tuple[Optional[Choice], ...]
    sequences: bool
    state: bool

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        words = {self.way, f"floatx {self.floatx}"}
        words |= {
            f"activity of {layer}" for layer, a in zip(("simple_rnn", "dense"), self.activity) if a
        }
        words |= {"several samples"} if self.N > 1 else set()
        for shape, choice in zip(self.shapes, self.regularizers):
            if choice and choice.name == "OrthogonalRegularizer":
                single = shape[0 if choice.get("mode", "rows") == "rows" else 1] == 1
                words |= {"a single row or column"} if single else set()
        return {"traits": traits((*self.regularizers, *self.activity)) | words}


def regularizers(
    *, matrix: bool = True, exact: bool = False, names: Sequence[str] = REGULARIZERS
) -> st.SearchStrategy[Choice]:
    """Regularizers. ``exact`` limits their factors to powers of two, and leaves out what rounds.

    Shrinks towards ``L1(l1=0.5)``.

    Raises:
        InvalidArgument: a name is unknown.
    """
    factors = st.sampled_from(_DYADIC if exact else _FACTORS)
    arguments: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "L1": {"l1": factors},
        "L2": {"l2": factors},
        "L1L2": {"l1": factors, "l2": factors},
        "OrthogonalRegularizer": {"factor": factors, "mode": st.sampled_from(("rows", "columns"))},
    }
    unsuited = () if matrix and not exact else ("OrthogonalRegularizer",)
    suited = [name for name in names if name not in unsuited]
    return choices(suited, arguments, by_name=() if exact else ("L1", "L2", "L1L2"))


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
        **plain_networks(ways, dtype),
        regularizers=five(lambda matrix: regularizers(matrix=matrix, names=names)),
        activity=st.tuples(activity, activity),
        sequences=st.booleans(),
        state=st.booleans(),
    )
    # A loss that is evaluated is of the program's dtype.
    return drawn.map(lambda p: replace(p, floatx=dtype) if p.way == "evaluate" else p)


def regularized_steps(
    *, ways: Sequence[str], names: Sequence[str] = REGULARIZERS, dtype: str = "float32"
) -> st.SearchStrategy[Step]:
    """Steps of gradient descent of networks with penalties of these ``names``, which do not round.

    Raises:
        InvalidArgument: there is no way, or a name or the dtype is unknown.
    """
    chosen = five(lambda matrix: regularizers(matrix=matrix, exact=True, names=names))
    return steps(ways=ways, regularizers=chosen, dtype=dtype)
