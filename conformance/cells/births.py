"""How weights are born by default: Glorot kernels, an orthogonal recurrent kernel, zero biases."""

from __future__ import annotations

import numpy as np


def glorot_limit(fan_in: int, fan_out: int) -> float:
    """√(6 / (fan_in + fan_out)): a fresh kernel is uniform between minus this and this.

    Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
    networks* (2010), equation 16.
    """
    return float(np.sqrt(6 / (fan_in + fan_out)))
