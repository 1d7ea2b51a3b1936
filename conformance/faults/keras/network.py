"""Faults of counts and of initial weights."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import in_place_of, seeded


@seeded("parameters")
def bias_not_counted(tf: Any) -> None:
    """The bias is not counted."""
    count = in_place_of(tf.keras.layers.SimpleRNN, "count_params")
    count(lambda right, self: right(self) - self.units)


@seeded("initial weights")
def fresh_recurrent_kernel_is_scaled(tf: Any) -> None:
    """A fresh recurrent kernel is 1.01 times an orthogonal one."""
    born = in_place_of(tf.keras.initializers.Orthogonal, "__call__")
    born(lambda right, self, *a, **k: right(self, *a, **k) * 1.01)


@seeded("initial weights")
def fresh_kernel_is_he_uniform(tf: Any) -> None:
    """A fresh kernel is He uniform: the limit is √(6 / D)."""
    tf.keras.initializers.GlorotUniform.__call__ = tf.keras.initializers.HeUniform.__call__

    @in_place_of(tf.keras.initializers.GlorotUniform, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        self.scale, self.mode, self.distribution = 2.0, "fan_in", "uniform"
