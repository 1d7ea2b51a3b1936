"""Faults seeded into the NumPy loop, one file for each subject.

Each module enters its faults when it is imported, and this is the order in which they explain.
"""

from conformance.faults.numpy import (  # noqa: F401
    activations,
    batch,
    calls,
    dense,
    equation,
    fresh_network,
    masking,
    options,
    precision,
    sizes,
    special_values,
    state,
    time,
    weights,
)  # isort: skip
