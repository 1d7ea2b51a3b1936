"""SimpleRNN with dropout of its inputs and of its states."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

from hypothesis import strategies as st

from strategies.facts import has_facts
from strategies.plain_networks import SEEDS, executed


@has_facts(traits=frozenset())
class LayerWithDropout(NamedTuple):
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
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        words = {self.way} | ({"unroll"} if self.unroll else set())
        other_rate = 0 < self.recurrent_rate != self.rate
        words |= {"another recurrent rate"} if other_rate else set()
        return {"traits": frozenset(words)}


def layers_with_dropout(
    *, ways: Sequence[str], large: Optional[bool] = None
) -> st.SearchStrategy[LayerWithDropout]:
    """Layers with dropout, in the given ``ways`` of execution, the first of them most often.

    With ``large`` all have masks of 128 · 128 entries, so that a rate can be told from one that is
    5 % off; without it none; both by default. Shrinks towards one of everything.

    Raises:
        InvalidArgument: there is no way.
    """
    small, wide = st.tuples(*[st.integers(1, 8)] * 3), st.just((128, 128, 128))
    sizes = {True: wide, False: small, None: small | wide}[large]
    rates = st.one_of(st.sampled_from((0.5, 0.25, 0.0)), st.integers(1, 99).map(lambda p: p / 100))

    return st.builds(
        lambda size, **others: LayerWithDropout(N=size[0], D=size[1], P=size[2], **others),
        sizes,
        T=st.integers(2, 4),
        rate=rates,
        recurrent_rate=rates,
        way=executed(ways),
        unroll=st.booleans(),
        seed=SEEDS,
    )
