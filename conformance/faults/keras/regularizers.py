"""Faults of regularizers."""

from __future__ import annotations

from conformance.faults.keras.patching import arguments_of, overriding


@overriding("regularizers.L2.__call__", "regularizers")
def l2_of_half(tf, right, regularizer, x):
    """The penalty L2 has a factor ½."""
    return right(regularizer, x) / 2


@overriding("regularizers.L1L2.__call__", "regularizers")
def l1_l2_without_l1(tf, right, regularizer, x):
    """L1L2 leaves out the sum of magnitudes."""
    return tf.cast(regularizer.l2, x.dtype) * tf.reduce_sum(tf.square(tf.convert_to_tensor(x)))


@overriding("regularizers.L1.__call__", "regularizers")
def l1_of_float16(tf, right, regularizer, x):
    """The penalty L1 is rounded to float16."""
    penalty = right(regularizer, x)
    return tf.cast(tf.cast(penalty, "float16"), penalty.dtype)


@arguments_of("layers.Dense.__init__", "regularizers")
def bias_regularizer_of_dense_dropped(arguments):
    """Dense drops its bias_regularizer."""
    arguments.pop("bias_regularizer", None)
