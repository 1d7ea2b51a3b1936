"""Faults seeded into Keras underneath its public API, so that every mode sees them.

The names are those of `faults` where the fault is the same. A fault patches a class of the
installed Keras for the rest of the process: run one with ``--implementation keras --fault NAME``.
"""

# Each of these enters its faults when it is imported.
from conformance.faults.keras import (
    configuration,
    equation,
    fresh_network,
    invalid_arguments,
    modes,
    options,
    serialization,
    sizes,
    sources,
    state,
    time,
    training,
    weights,
    wrappers,
)
from conformance.faults.keras.catalogue import KERAS_FAULTS, FaultyKeras, KerasFault

__all__ = [
    "KERAS_FAULTS",
    "FaultyKeras",
    "KerasFault",
    "configuration",
    "equation",
    "fresh_network",
    "invalid_arguments",
    "modes",
    "options",
    "serialization",
    "sizes",
    "sources",
    "state",
    "time",
    "training",
    "weights",
    "wrappers",
]
