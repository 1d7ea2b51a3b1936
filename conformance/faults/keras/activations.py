"""Faults of activations that a constructor is given."""

from __future__ import annotations

from conformance.faults.keras.patching import constructed


@constructed("layers.SimpleRNNCell")
def activation_is_always_tanh(tf, cell):
    if cell.activation is not tf.keras.activations.linear:
        cell.activation = tf.keras.activations.tanh


@constructed("layers.Dense", "configuration")
def dense_activation_ignored(tf, dense):
    """Dense ignores its activation."""
    dense.activation = tf.keras.activations.linear
