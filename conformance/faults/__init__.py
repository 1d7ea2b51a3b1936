"""The catalogue of seeded faults: what the suite is measured with, and what explains failures.

A fault is a few lines of wrong code in place of right ones, seeded into the NumPy loop by
overriding one method. The docstring says what is wrong, in the words of a failure report.
Those that Keras can be given underneath its public API are in `conformance.faults.keras`.
"""

# Each of these enters its faults when it is imported; this is the order in which they explain.
from conformance.faults.numpy import equation, time, precision, dense, weights, options  # isort: skip
from conformance.faults.catalogue import FAULTS, Fault
from conformance.faults.seeding import explaining_fault, fault_names, seeded_fault

__all__ = [
    "FAULTS",
    "Fault",
    "dense",
    "equation",
    "explaining_fault",
    "fault_names",
    "options",
    "precision",
    "seeded_fault",
    "time",
    "weights",
]
