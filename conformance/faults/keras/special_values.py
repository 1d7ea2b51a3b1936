"""Faults of special values."""

from __future__ import annotations

from conformance.faults.keras.patching import inputs


@inputs()
def nan_becomes_zero(tf, x):
    return tf.where(x != x, tf.zeros_like(x), x)
