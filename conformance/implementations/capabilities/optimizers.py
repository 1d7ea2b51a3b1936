"""Steps of an optimizer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.optimizers import Training


class Trained(NamedTuple):
    """The five weights after a step, and what the optimizer then remembers of each, by name."""

    weights: list[np.ndarray]
    remembered: list[dict[str, np.ndarray]]


class Optimizers(Capability):
    """The network can be trained with SGD and Adam."""

    word = "optimizers"

    def optimizer_arguments(self) -> tuple[str, ...]:
        """Those besides `strategies.optimizers.DEFAULTS`, of weight decay and accumulation."""
        raise NotImplementedError

    def trained(
        self, question: Training, gradients: list[list[np.ndarray]], dtype: str
    ) -> list[Trained]:
        """A new network after each step of an optimizer, its weights set anew before each.

        ``gradients`` are those of each step by the five weights, for ways that are given them.
        """
        raise NotImplementedError
