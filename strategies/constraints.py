"""Networks whose weights are constrained after a step of gradient descent."""

from __future__ import annotations

from typing import Any, Sequence

from hypothesis import strategies as st

from strategies.choices import Choice, choices, five
from strategies.gradient_step import Step, steps

CONSTRAINTS = ("NonNeg", "MaxNorm", "UnitNorm", "MinMaxNorm")


def constraints(
    *, matrix: bool = True, names: Sequence[str] = CONSTRAINTS
) -> st.SearchStrategy[Choice]:
    """Constraints, of rows or columns where they are for a ``matrix``. Shrinks towards NonNeg().

    Raises:
        InvalidArgument: a name is unknown.
    """
    axis = {"axis": st.sampled_from((0, 1) if matrix else (0,))}
    arguments: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "NonNeg": {},
        "MaxNorm": {**axis, "max_value": st.sampled_from((0.5, 1.0, 2.0, 3.5))},
        "UnitNorm": axis,
        "MinMaxNorm": {
            **axis,
            "min_value": st.sampled_from((0.25, 0.0, 2.0)),
            "max_value": st.sampled_from((2.0, 3.0)),
            "rate": st.sampled_from((1.0, 0.5, 0.1)),
        },
    }
    return choices(names, arguments, by_name=CONSTRAINTS)


def constrained_steps(*, ways: Sequence[str], dtype: str = "float32") -> st.SearchStrategy[Step]:
    """Steps of gradient descent after which weights are constrained.

    Raises:
        InvalidArgument: there is no way, or the dtype is unknown.
    """
    chosen = five(lambda matrix: constraints(matrix=matrix))
    return steps(ways=ways, constraints=chosen, dtype=dtype)
