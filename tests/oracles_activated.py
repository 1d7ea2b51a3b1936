"""Legitimate evaluations with any activation, for the bound to be tested with."""

from __future__ import annotations

import numpy as np

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE
from strategies import Dimensions
from strategies.cases import case_of_seed


def activated(z, name, off):
    """The activation in the dtype of ``z``, ``off`` ulp of the true value away from it.

    ``off`` in (-1, 1) is a share of what the row allows, less the rounding that follows.
    """
    ulps, absolute = IEEE[str(z.dtype)].activation_errors[name]
    value = ACTIVATIONS[name].value(z.astype(float))
    allowed = max(ulps - 1, 0) * IEEE[str(z.dtype)].storage.ulp(value) + 0.9 * absolute
    low, high = ACTIVATIONS[name].varies_between
    varies = np.isfinite(value) & (z >= low) & (z <= high)  # what is clipped is exact
    moved = np.where(varies, value + off * allowed, value)
    return moved.astype(z.dtype)


def evaluate(case, order="given", seed=0, off=0.0):
    """States and outputs in the dtype of the case, every activation ``off`` in one direction."""
    rng = np.random.default_rng(seed)
    weight = np.concatenate([case.kernel, case.recurrent_kernel])
    h, states = np.zeros((case.N, case.M), case.dtype), []
    for t in range(case.T):
        operand = np.concatenate([case.inputs[:, t], h], axis=-1)
        z = oracles.affine(operand, weight, case.bias, order, rng)
        h = activated(z, case.activation, off)
        states.append(h)
    states = np.stack(states, axis=1)
    y = oracles.affine(states, case.dense_kernel, case.dense_bias, order, rng)
    return states, activated(y, case.dense_activation, off)


def comparisons(case, states, outputs, row=None):
    """Both residual checks and the propagated one."""
    row = row or IEEE[case.dtype]
    return (
        compare("state", states, residual_state(case, states, row)),
        compare("output", outputs, residual_output(case, states, row)),
        compare("output", outputs[:, -1], propagated_output(case, row)),
    )


def a_case(texture, seed, dtype, *sizes, activation="tanh", dense_activation="linear"):
    chosen = {"activation": activation, "dense_activation": dense_activation}
    return case_of_seed(Dimensions(SIMPLE_RNN, *sizes, **chosen), dtype, texture, seed)
