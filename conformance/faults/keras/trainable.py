"""Faults of training a part of a network."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import drop_argument, in_place_of, seeded


@seeded("trainable")
def trainable_in_the_constructor_ignored(tf: Any) -> None:
    """SimpleRNN drops trainable=False when it is constructed."""
    drop_argument(tf.keras.layers.SimpleRNN, "trainable")


@seeded("trainable")
def dense_moves_twice(tf: Any) -> None:
    """The gradient of the dense kernel is taken twice."""

    @in_place_of(tf.keras.layers.Dense, "call")
    def wrong(right: Any, self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = right(self, inputs, *args, **kwargs)
        more = tf.tensordot(inputs, tf.convert_to_tensor(self.kernel), axes=[[-1], [0]])
        return outputs + more - tf.stop_gradient(more)
