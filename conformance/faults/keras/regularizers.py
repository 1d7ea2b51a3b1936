"""Faults of penalties."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import drop_argument, in_place_of, seeded


@seeded("regularizers")
def l2_of_half(tf: Any) -> None:
    """The penalty L2 has a factor ½."""
    in_place_of(tf.keras.regularizers.L2, "__call__")(lambda right, self, x: right(self, x) / 2)


@seeded("regularizers")
def l1_l2_without_l1(tf: Any) -> None:
    """L1L2 leaves out the sum of magnitudes."""

    @in_place_of(tf.keras.regularizers.L1L2, "__call__")
    def wrong(right: Any, self: Any, x: Any) -> Any:
        return tf.cast(self.l2, x.dtype) * tf.reduce_sum(tf.square(tf.convert_to_tensor(x)))


@seeded("regularizers")
def l1_of_float16(tf: Any) -> None:
    """The penalty L1 is rounded to float16."""

    @in_place_of(tf.keras.regularizers.L1, "__call__")
    def wrong(right: Any, self: Any, x: Any) -> Any:
        penalty = right(self, x)
        return tf.cast(tf.cast(penalty, "float16"), penalty.dtype)


@seeded("regularizers")
def bias_regularizer_of_dense_dropped(tf: Any) -> None:
    """Dense drops its bias_regularizer."""
    drop_argument(tf.keras.layers.Dense, "bias_regularizer")
