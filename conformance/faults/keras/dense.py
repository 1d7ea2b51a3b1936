"""Faults of Dense."""

from __future__ import annotations

from conformance.faults.keras.patching import overriding


@overriding("layers.Dense.call")
def no_dense_bias(tf, right, dense, inputs, **_):
    return tf.tensordot(inputs, tf.convert_to_tensor(dense.kernel), axes=[[-1], [0]])


@overriding("layers.Dense.call")
def last_output_off_by_a_millionth(tf, right, dense, inputs, **_):
    outputs = right(dense, inputs)
    return tf.concat([outputs[..., :-1], outputs[..., -1:] * (1 + 2e-6)], axis=-1)


@overriding("layers.Dense.call")
def dense_with_tanh(tf, right, dense, inputs, **_):
    return tf.tanh(right(dense, inputs))
