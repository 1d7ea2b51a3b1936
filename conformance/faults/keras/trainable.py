"""Faults of what is trainable."""

from __future__ import annotations

from conformance.faults.keras.patching import arguments_of, overriding


@arguments_of("layers.SimpleRNN.__init__", "trainable")
def trainable_in_the_constructor_ignored(arguments):
    """SimpleRNN drops trainable=False when it is constructed."""
    arguments.pop("trainable", None)


@overriding("layers.Dense.call", "trainable")
def dense_moves_twice(tf, right, dense, inputs, *args, **kwargs):
    """The gradient of the dense kernel is taken twice."""
    outputs = right(dense, inputs, *args, **kwargs)
    more = tf.tensordot(inputs, tf.convert_to_tensor(dense.kernel), axes=[[-1], [0]])
    return outputs + more - tf.stop_gradient(more)
