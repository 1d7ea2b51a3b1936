"""Constraints in Keras, which a step of gradient descent gives to the layers."""

from __future__ import annotations

from conformance.implementations.capabilities.constraints import Constraints
from conformance.implementations.keras.adapter import KerasCapability
from conformance.implementations.keras.gradient_step import KerasGradientStep


class KerasConstraints(KerasCapability, Constraints):
    """Wherever there are steps."""

    backends = KerasGradientStep.backends
