"""Faults seeded into Keras underneath its public API, so that every mode sees them.

A fault patches classes of the installed Keras for the rest of the process. Each module enters its
faults when it is imported.
"""

from conformance.faults.keras import (  # noqa: F401
    activations,
    batch,
    configuration,
    dense,
    equation,
    fresh_network,
    invalid_arguments,
    masking,
    modes,
    options,
    precision,
    serialization,
    sizes,
    sources,
    special_values,
    state,
    time,
    training,
    weights,
    wrappers,
)
