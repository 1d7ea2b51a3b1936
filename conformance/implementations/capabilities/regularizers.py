"""Regularizers: the penalties that a network has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.regularizers import Penalty


class Penalised(NamedTuple):
    """The penalties that a network names after a call, and what SimpleRNN and Dense put out.

    ``hidden`` has more than one array where the state is put out again. ``total`` says that
    the penalties are given as their sum.
    """

    penalties: list[float]
    hidden: list[np.ndarray]
    output: np.ndarray
    total: bool = False


class Regularizers(Capability):
    """Weights and outputs may be penalised."""

    word = "regularizers"

    def regularizers(self) -> tuple[str, ...]:
        """Those that there are, of `strategies.regularizers.REGULARIZERS`."""
        raise NotImplementedError

    def penalised(self, question: Penalty, dtype: str) -> Penalised:
        """A new network's penalties after one call."""
        raise NotImplementedError
