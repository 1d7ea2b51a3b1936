"""Dropout: a layer that is called in training and at inference."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.dropout import LayerWithDropout


class DropoutLayer:
    """A SimpleRNN with dropout and linear activation."""

    def states(
        self, weights: Sequence[np.ndarray], inputs: np.ndarray, *, training: Optional[bool]
    ) -> np.ndarray:
        """Every state, (N, T, M), for kernel, recurrent_kernel and bias.

        ``training`` None is a call that does not say, which is one of inference.
        """
        raise NotImplementedError


class Dropout(Capability):
    """SimpleRNN takes dropout and recurrent dropout."""

    word = "dropout"

    def dropout_layer(self, question: LayerWithDropout, dtype: str) -> DropoutLayer:
        """A new layer; what was random before does not matter to it."""
        raise NotImplementedError
