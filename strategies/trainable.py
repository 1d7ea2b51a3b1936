"""Networks of which a part is not trainable."""

from __future__ import annotations

from typing import Sequence

from hypothesis import strategies as st

from strategies.gradient_step import Step, steps

#: What is made untrainable, and how.
FREEZES = (
    "nothing",
    "simple_rnn",
    "simple_rnn in its constructor",
    "dense",
    "model",
    "simple_rnn, then no more",
)


def frozen_steps(*, ways: Sequence[str]) -> st.SearchStrategy[Step]:
    """Steps of gradient descent with weights that are frozen. Shrinks towards none.

    Raises:
        InvalidArgument: there is no way.
    """
    return steps(ways=ways, frozen=st.sampled_from(FREEZES))
