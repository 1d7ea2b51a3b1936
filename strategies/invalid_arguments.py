"""What a layer should refuse: arguments that mean nothing; inputs and the like that do not fit.

Each comes with a name for what is wrong, by which the specification of errors is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from hypothesis import strategies as st

from strategies.facts import has_facts

Shape = tuple[int, ...]


@has_facts(question="")
@dataclass(frozen=True)
class Wrong:
    """A layer, and something to do with it that should be refused.

    The layer is made from ``arguments``. Where ``first`` is a shape, it is called with that before,
    so that it is built. Then it gets weights of the shapes ``weights``, and is called with inputs
    of the shape ``inputs``, states of the shapes ``states`` and a mask of the shape ``mask``, each
    left out where it is None. Where ``unknown`` names an axis, that is in a graph for any length of
    it: ``samples``, ``time steps``. What is refused may be refused at any of these points.
    """

    question: str
    layer: str
    arguments: tuple[tuple[str, Any], ...] = (("units", 3),)
    inputs: Shape = (2, 3, 4)
    first: Optional[Shape] = None
    weights: Optional[tuple[Shape, ...]] = None
    states: Optional[tuple[Shape, ...]] = None
    mask: Optional[Shape] = None
    unknown: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        unrolled = "unrolled " if dict(self.arguments).get("unroll") else ""
        return {"question": f"{unrolled}{self.layer}: {self.question}"}


RNN, DENSE = "simple_rnn", "dense"
_LAYERS = st.sampled_from((RNN, DENSE))
_UNITS = st.integers(2, 4)
_FLAGS = st.booleans()


@st.composite
def wrong_units(draw: st.DrawFn) -> Wrong:
    """Units that are no positive integer."""
    kind, values = draw(
        st.sampled_from(
            (
                ("no units", st.just(0)),
                ("negative units", st.integers(-8, -1)),
                ("fractional units", st.integers(1, 9).map(lambda n: n + 0.5)),
                ("units in floating point", st.integers(1, 9).map(float)),
                ("units in text", st.integers(1, 9).map(str)),
                ("units True", st.just(True)),
                ("units False", st.just(False)),
                ("units None", st.none()),
            )
        )
    )
    return Wrong(kind, draw(_LAYERS), arguments=(("units", draw(values)),))


@st.composite
def wrong_dropout(draw: st.DrawFn) -> Wrong:
    """A share of dropped units that is below 0 or above 1, or no number."""
    name = draw(st.sampled_from(("dropout", "recurrent_dropout")))
    kind, value = draw(
        st.one_of(
            st.tuples(st.just("negative"), st.sampled_from((-0.5, -1, -1e-3))),
            st.tuples(st.just("large"), st.sampled_from((1.5, 2, 50, 1.001))),
            st.tuples(st.just("textual"), st.sampled_from(("0.5", "half"))),
        )
    )
    return Wrong(f"{kind} {name}", RNN, arguments=(("units", 3), (name, value)))


_NAMED = (
    "activation",
    *(f"{what}_initializer" for what in ("kernel", "recurrent", "bias")),
    *(f"{what}_regularizer" for what in ("kernel", "recurrent", "bias", "activity")),
    *(f"{what}_constraint" for what in ("kernel", "recurrent", "bias")),
    "dtype",
)


@st.composite
def wrong_names(draw: st.DrawFn) -> Wrong:
    """Names that nothing has: of an activation, an initializer …, or of an argument."""
    layer = draw(_LAYERS)
    names = [name for name in _NAMED if layer == RNN or not name.startswith("recurrent")]
    name = draw(st.sampled_from([*names, "unit", "return_sequence"]))
    value = draw(st.sampled_from(("tahn", "glorot", "l3")))
    kind = f"unknown {name}" if name in _NAMED else "unknown argument"
    return Wrong(kind, layer, arguments=(("units", 3), (name, value)))


@st.composite
def wrong_inputs(draw: st.DrawFn) -> Wrong:
    """Inputs of another rank, of another number of features than before, or without steps."""
    layer, N, T, D = draw(_LAYERS), draw(_UNITS), draw(_UNITS), draw(_UNITS)
    kind = draw(st.sampled_from(("rank", "features", *(("no steps",) if layer == RNN else ()))))
    if kind == "rank":
        shape: Shape = draw(st.sampled_from(((N, D), (N, T, D, 2), (N,)))) if layer == RNN else (N,)
        return Wrong("inputs of another rank", layer, inputs=shape)
    if kind == "features":
        other = draw(st.sampled_from((D - 1, D + 1, 1, 2 * D)).filter(lambda n: n != D))
        arguments = _maybe_unrolled(draw) if layer == RNN else (("units", 3),)
        return Wrong("other features", layer, arguments, (N, T, other), first=(N, T, D))
    sequences = (("return_sequences", draw(_FLAGS)),)
    return Wrong("no steps", layer, (*_maybe_unrolled(draw), *sequences), (N, 0, D))


def _maybe_unrolled(draw: st.DrawFn) -> tuple[tuple[str, Any], ...]:
    return (("units", 3), *((("unroll", True),) if draw(_FLAGS) else ()))


@st.composite
def wrong_states(draw: st.DrawFn) -> Wrong:
    """Initial states of another width, for another number of samples, or too many or few."""
    N, M = draw(_UNITS), 3
    kind, states = draw(
        st.sampled_from(
            (
                ("states of another width", ((N, M + 1),)),
                ("states of another width", ((N, M - 1),)),
                ("states of one unit", ((N, 1),)),
                ("states of other samples", ((N + 1, M),)),
                ("states of one sample", ((1, M),)),
                ("states without samples", ((M,),)),
                ("two states", ((N, M), (N, M))),
                ("no states", ()),
            )
        )
    )
    return Wrong(kind, RNN, _maybe_unrolled(draw), (N, 4, 2), states=states)


@st.composite
def wrong_masks(draw: st.DrawFn) -> Wrong:
    """Masks of another length or for another number of samples."""
    N, T = draw(_UNITS), draw(_UNITS)
    kind, mask = draw(
        st.sampled_from(
            (
                ("mask of more steps", (N, T + 1)),
                ("mask of fewer steps", (N, T - 1)),
                ("mask of other samples", (N + 1, T)),
                ("mask of one sample", (1, T)),
                ("mask without samples", (T,)),
            )
        )
    )
    return Wrong(kind, RNN, _maybe_unrolled(draw), (N, T, 2), mask=mask)


@st.composite
def unknown_lengths(draw: st.DrawFn) -> Wrong:
    """What must be known beforehand and is not, or is another than what was built for."""
    N, T = draw(_UNITS), draw(_UNITS)
    sequences = ("return_sequences", draw(_FLAGS))
    stateful = (("units", 3), ("stateful", True), sequences)
    kind = draw(st.sampled_from(("unknown steps", "unknown samples", "other samples")))
    if kind == "unknown steps":
        arguments = (("units", 3), ("unroll", True), sequences)
        return Wrong("unknown steps to unroll", RNN, arguments, (N, T, 2), unknown="time steps")
    if kind == "unknown samples":
        return Wrong("unknown samples of a state", RNN, stateful, (N, T, 2), unknown="samples")
    return Wrong("other samples than of a state", RNN, stateful, (N + 1, T, 2), first=(N, T, 2))


@st.composite
def wrong_weights(draw: st.DrawFn) -> Wrong:
    """Weights of other shapes, or too few of them, for a layer that is built."""
    layer, D, M = draw(_LAYERS), 2, 3
    right = [(D, M), (M, M), (M,)] if layer == RNN else [(D, M), (M,)]
    kind = draw(st.sampled_from(("weights too few", "weights of other shapes")))
    if kind == "weights too few":
        right = right[:-1]
    else:
        which = draw(st.integers(0, len(right) - 1))
        changes = [(*right[which], 1), (D * M + 1,), tuple(n + 1 for n in right[which]), (1,)]
        right[which] = draw(st.sampled_from(changes))
    return Wrong(kind, layer, inputs=(2, 3, D), first=(2, 3, D), weights=tuple(right))
