"""Faults seeded into Keras underneath its public API, so that every mode sees them.

The names are those of `faults` where the fault is the same. A fault patches a class of the
installed Keras for the rest of the process: run one with ``--implementation keras --fault NAME``.
"""

import importlib
import pkgutil

from conformance.faults.keras.catalogue import KERAS_FAULTS, FaultyKeras, KerasFault

# Each module enters its faults when it is imported.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["KERAS_FAULTS", "FaultyKeras", "KerasFault"]
