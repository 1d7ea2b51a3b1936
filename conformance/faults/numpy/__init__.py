"""Faults seeded into the NumPy loop, one file for each subject.

Each module enters its faults when it is imported, and this is the order in which they explain.
"""

from conformance.faults.numpy import (  # noqa: F401, I001
    equation,
    gates,
    time,
    batch,
    sizes,
    precision,
    activations,
    special_values,
    dense,
    calls,
    weights,
    fresh_network,
    masking,
    state,
    options,
    gradients,
)
