"""trainable: what is frozen stays as it is through training, and all else moves."""

from __future__ import annotations

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.judging import require, require_equal
from conformance.checking.record import Record
from conformance.expected.gradient_step import descended
from conformance.implementations.capabilities.gradient_step import GradientStep
from strategies.gradient_step import Step
from strategies.plain_networks import WEIGHTS
from strategies.trainable import frozen_steps


def _is_frozen(frozen: str, layer: str) -> bool:
    return frozen == "model" or frozen in (layer, f"{layer} in its constructor")


@holds_for(
    needs=(GradientStep,),
    per_mode=False,
    builds=True,
    step=lambda subject: frozen_steps(ways=subject.capability(GradientStep).ways),
)
def test_what_is_not_trainable_keeps_its_bits(record: Record, step: Step) -> None:
    """What is not trainable keeps its bits.

    Through a step of gradient descent, which moves all other weights, exactly as without it; and
    its parameters are counted as non-trainable.
    """
    stepped = record.subject.capability(GradientStep).stepped(step, record.subject.dtype)
    _, *before = step.tensors.astype(record.subject.dtype)
    moved, frozen = descended(step), 0
    for i, (layer, name) in enumerate(WEIGHTS):
        got, kept = stepped.weights[i], _is_frozen(step.frozen, layer)
        expected = before[i] if kept else moved[i]
        same = got.tobytes() == before[i].tobytes() if kept else np.array_equal(got, expected)
        require(
            same,
            f"{name} of {layer}, {'frozen' if kept else 'not frozen'}, is {got.tolist()} after "
            f"the step, must be {expected.tolist()}",
        )
        frozen += before[i].size if kept else 0
    total = sum(weight.size for weight in before)
    require_equal("the trainable count", stepped.trainable, total - frozen)
    require_equal("the non-trainable count", stepped.non_trainable, frozen)
