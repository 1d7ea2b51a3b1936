"""Networks whose weights are constrained after a step of gradient descent."""

from __future__ import annotations

from typing import Any, Sequence

from hypothesis import strategies as st

from strategies._validation import check_choice
from strategies.choices import Choice, five, with_arguments
from strategies.gradient_step import Step, steps

CONSTRAINTS = ("NonNeg", "MaxNorm", "UnitNorm", "MinMaxNorm")


def constraints(
    *, matrix: bool = True, names: Sequence[str] = CONSTRAINTS
) -> st.SearchStrategy[Choice]:
    """Constraints, of rows or columns where they are for a ``matrix``. Shrinks towards NonNeg().

    Raises:
        InvalidArgument: a name is unknown.
    """
    for name in names:
        check_choice("names", name, CONSTRAINTS)
    axis = st.sampled_from((0, 1) if matrix else (0,))

    def of_name(name: str) -> st.SearchStrategy[Choice]:
        plain = st.just(Choice(name, by_name=True))
        if name == "NonNeg":
            return st.one_of(st.just(Choice(name)), plain)
        arguments: dict[str, st.SearchStrategy[Any]] = {"axis": axis}
        if name == "MaxNorm":
            arguments["max_value"] = st.sampled_from((0.5, 1.0, 2.0, 3.5))
        elif name == "MinMaxNorm":
            arguments["min_value"] = st.sampled_from((0.25, 0.0, 2.0))
            arguments["max_value"] = st.sampled_from((2.0, 3.0))
            arguments["rate"] = st.sampled_from((1.0, 0.5, 0.1))
        return st.one_of(with_arguments(name, arguments), plain)

    return st.sampled_from(list(names)).flatmap(of_name)


def constrained_steps(*, ways: Sequence[str], dtype: str = "float32") -> st.SearchStrategy[Step]:
    """Steps of gradient descent after which weights are constrained.

    Raises:
        InvalidArgument: there is no way, or the dtype is unknown.
    """
    chosen = five(lambda matrix: constraints(matrix=matrix))
    return steps(ways=ways, constraints=chosen, dtype=dtype)
