"""Faults seeded into the NumPy loop, one file for each part of the specification."""
