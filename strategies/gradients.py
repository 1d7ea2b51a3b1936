"""What a gradient is of, and the tap that shows it at every step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from strategies.cases import Case
from strategies.dtypes import carried


class Loss(NamedTuple):
    """L = Σ by_output · y + Σ by_hidden · h, over every step: what L is, is its gradient by these.

    ``by_output`` is (N, T, K) and ``by_hidden`` (N, T, M), in the order of processing.
    """

    by_output: np.ndarray
    by_hidden: np.ndarray


def loss_of(case: Case, seed: int) -> Loss:
    """The loss of a seed, in the dtype of the case's arrays.

    By turns it is of all outputs and states, of the last output, and of the states alone.
    """
    rng = np.random.default_rng((seed, 2))
    by_output = rng.normal(size=(case.N, case.T, case.K))
    by_hidden = rng.normal(size=(case.N, case.T, case.M))
    if seed % 3 == 1:
        by_output[:, :-1], by_hidden[:] = 0, 0
    elif seed % 3 == 2:
        by_output[:] = 0
    return Loss(*(carried(array, case.dtype) for array in (by_output, by_hidden)))


def tapped(case: Case) -> Case:
    """The case with an input of 0 for each preactivation, that is added to it and to no other.

    The kernel (D, m) has the identity below it, (D + m, m), and the inputs m zeros more. Nothing
    else changes: a sum does not round for terms that are 0. But the derivative by such an input is
    exactly that by the preactivation, at every step.
    """
    m = case.kernel.shape[-1]
    zeros = np.zeros((case.N, case.T, m), case.inputs.dtype)
    identity = np.eye(m, dtype=case.kernel.dtype)
    return case.replace(
        inputs=np.concatenate([case.inputs, zeros], axis=-1),
        kernel=np.concatenate([case.kernel, identity]),
    )
