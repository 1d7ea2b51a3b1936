"""Constraints of weights."""

from __future__ import annotations

from conformance.implementations.capabilities import Capability


class Constraints(Capability):
    """`GradientStep.stepped` takes constraints, which are applied after the step."""

    word = "constraints"
