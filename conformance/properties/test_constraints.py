"""Constraints: they hold after a step of training, on the weight they were given to."""

from __future__ import annotations

from conformance.checking.check import holds_for
from conformance.checking.judging import judge, require
from conformance.checking.record import Record
from conformance.expected.comparison import Comparison
from conformance.expected.constraints import projected
from conformance.expected.gradient_step import descended
from conformance.implementations.capabilities.constraints import Constraints
from conformance.implementations.capabilities.gradient_step import GradientStep
from strategies.constraints import constrained_steps
from strategies.gradient_step import Step
from strategies.plain_networks import WEIGHTS


@holds_for(
    needs=(Constraints, GradientStep),
    per_mode=False,
    builds=True,
    step=lambda subject: constrained_steps(
        ways=subject.capability(GradientStep).ways, dtype=subject.dtype
    ),
)
def test_constraints_hold_after_a_step(record: Record, step: Step) -> None:
    """Constraints hold after a step.

    Each weight is that of plain gradient descent, projected onto its own constraint; without a
    constraint it is that exactly, because no sum in the step rounds.
    """
    stepped = record.subject.capability(GradientStep).stepped(step, record.subject.dtype)
    for (layer, name), got, free, constraint in zip(
        WEIGHTS, stepped.weights, descended(step), step.constraints
    ):
        where = f"{name} of {layer}, {constraint}"
        if constraint is not None and constraint.name == "NonNeg":
            require(bool((got >= 0).all()), f"{where}: an entry is {got.min()} after the step")
        expected, bound = projected(free, constraint, record.subject.arithmetic)
        axes = ("row", "column")[-got.ndim :]
        judge(
            record,
            Comparison(where, axes, got, expected, bound),
            sentence="after the step, {quantity} is not gradient descent's, projected onto it",
        )
