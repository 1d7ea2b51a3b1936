"""Faults of a fresh network: its initial weights."""

from __future__ import annotations

from conformance.faults.keras.patching import override, overriding, seeded


@overriding("initializers.Orthogonal.__call__")
def fresh_recurrent_kernel_is_scaled(tf, right, *args, **kwargs):
    return right(*args, **kwargs) * 1.01


@seeded()
def fresh_kernel_is_he_uniform(tf):
    initializers = tf.keras.initializers
    initializers.GlorotUniform.__call__ = initializers.HeUniform.__call__

    def wrong(tf, right, initializer, *args, **kwargs):
        right(initializer, *args, **kwargs)
        initializer.scale, initializer.mode, initializer.distribution = 2.0, "fan_in", "uniform"

    override(tf, "initializers.GlorotUniform.__init__", wrong)
