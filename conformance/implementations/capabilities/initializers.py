"""Initializers: weights as a network is born with them."""

from __future__ import annotations

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.initializers import Birth


class Initializers(Capability):
    """Weights are born by initializers that are chosen."""

    word = "initializers"

    def born(self, question: Birth, dtype: str) -> list[np.ndarray]:
        """The five weight arrays of a new network."""
        raise NotImplementedError
