"""A step of gradient descent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.gradient_step import Step


class Stepped(NamedTuple):
    """The weights after a step of gradient descent, and numbers of parameters by what they are."""

    weights: list[np.ndarray]
    trainable: int
    non_trainable: int


class GradientStep(Capability):
    """The network can be trained by gradient descent, and layers can be left out of it."""

    word = "training"

    def stepped(self, question: Step, dtype: str) -> Stepped:
        """A new network after a step of gradient descent."""
        raise NotImplementedError
