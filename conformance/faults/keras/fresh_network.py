"""Faults of counts and of initial weights."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import seeded


@seeded("parameters")
def bias_not_counted(tf: Any) -> None:
    """The bias is not counted."""
    layer = tf.keras.layers.SimpleRNN
    right = layer.count_params
    layer.count_params = lambda self: right(self) - self.units


@seeded("initial weights")
def fresh_recurrent_kernel_is_scaled(tf: Any) -> None:
    """A fresh recurrent kernel is 1.01 times an orthogonal one."""
    initializer = tf.keras.initializers.Orthogonal
    right = initializer.__call__
    initializer.__call__ = lambda self, *a, **k: right(self, *a, **k) * 1.01


@seeded("initial weights")
def fresh_kernel_is_he_uniform(tf: Any) -> None:
    """A fresh kernel is He uniform: the limit is √(6 / D)."""
    tf.keras.initializers.GlorotUniform.__call__ = tf.keras.initializers.HeUniform.__call__
    right = tf.keras.initializers.GlorotUniform.__init__

    def wrong(self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        self.scale, self.mode, self.distribution = 2.0, "fan_in", "uniform"

    tf.keras.initializers.GlorotUniform.__init__ = wrong
