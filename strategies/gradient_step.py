"""A step of gradient descent that is exact: in no sum of it a number rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
from hypothesis import strategies as st

from strategies.choices import Five, traits
from strategies.facts import has_facts
from strategies.plain_networks import PlainNetwork, plain_networks

_NONE: st.SearchStrategy[Five] = st.just((None,) * 5)
_NOTHING = st.just("nothing")


@has_facts(traits=frozenset())
@dataclass(frozen=True)
class Step(PlainNetwork):
    """One step of gradient descent on the mean of targets · outputs.

    ``frozen`` is one of `strategies.trainable.FREEZES`, ``rate`` the learning rate.
    """

    constraints: Five
    regularizers: Five
    frozen: str
    rate: float

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        chosen = traits((*self.constraints, *self.regularizers))
        return {"traits": chosen | {self.way, self.frozen, f"floatx {self.floatx}"}}

    @property
    def targets(self) -> np.ndarray:
        """What the outputs are multiplied with, (N, K)."""
        return np.random.default_rng(self.seed + 1).integers(-2, 3, (self.N, self.K)).astype(float)


def steps(
    *,
    ways: Sequence[str],
    constraints: st.SearchStrategy[Five] = _NONE,
    regularizers: st.SearchStrategy[Five] = _NONE,
    frozen: st.SearchStrategy[str] = _NOTHING,
    dtype: str = "float32",
) -> st.SearchStrategy[Step]:
    """Steps of gradient descent in the given ``ways`` of execution, the first most often.

    Raises:
        InvalidArgument: there is no way, or the dtype is unknown.
    """
    return st.builds(
        Step,
        **plain_networks(ways, dtype),
        constraints=constraints,
        regularizers=regularizers,
        frozen=frozen,
        rate=st.sampled_from((1.0, 0.25, 4.0)),
    )
