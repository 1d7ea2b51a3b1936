"""The catalogue of seeded faults: what the suite is measured with, and what explains failures.

A fault is a few lines of wrong code in place of right ones. In the NumPy loop it overrides one
method (`conformance.faults.numpy`), in Keras it is patched in (`conformance.faults.keras`).
"""

# The faults are entered as these are imported; those of NumPy first, for they have the sentences.
from conformance.faults import numpy  # isort: skip
from conformance.faults import keras  # isort: skip
from conformance.faults.catalogue import FAULTS, Fault, faults_of
from conformance.faults.explaining import explaining_fault
from conformance.faults.seeding import FaultyKeras, FaultyNumpy, fault_names, seeded_fault

__all__ = [
    "FAULTS",
    "Fault",
    "FaultyKeras",
    "FaultyNumpy",
    "explaining_fault",
    "fault_names",
    "faults_of",
    "keras",
    "numpy",
    "seeded_fault",
]
