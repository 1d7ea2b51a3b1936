"""Faults of the batch: samples that are mixed up, and batches of predict."""

from __future__ import annotations

from conformance.faults.keras.patching import inputs, overriding
from conformance.implementations.keras.network import reset_state


@inputs()
def batch_mean_subtracted(tf, x):
    return tf.where(tf.shape(x)[0] > 1, x - tf.reduce_mean(x, axis=0, keepdims=True), x)


@inputs()
def last_sample_repeats_the_first(tf, x):
    return tf.concat([x[:-1], x[:1]], axis=0)


@overriding("Model.predict", "batch")
def smaller_last_batch_is_shuffled(tf, right, model, x, batch_size=None, **more):
    """Where predict ends with a smaller batch, its samples come back in reverse."""

    def reversed_end(y):
        last = len(y) % (batch_size or 32)
        return y if not last else tf.concat([y[:-last], y[-last:][::-1]], axis=0).numpy()

    return tf.nest.map_structure(reversed_end, right(model, x, batch_size=batch_size, **more))


@overriding("Model.predict", "batch")
def predict_forgets_between_batches(tf, right, model, x, batch_size=None, **more):
    """In predict, a stateful layer is reset before each batch."""
    stateful = [layer for layer in model.layers if getattr(layer, "stateful", False)]
    listed = x if isinstance(x, list) else [x]
    if not stateful or not batch_size or len(listed[0]) <= batch_size:
        return right(model, x, batch_size=batch_size, **more)
    parts = []
    for first in range(0, len(listed[0]), batch_size):
        for layer in stateful:
            reset_state(layer)
        batch = [array[first : first + batch_size] for array in listed]
        batch = batch if isinstance(x, list) else batch[0]
        parts.append(right(model, batch, batch_size=batch_size, **more))
    return tf.nest.map_structure(lambda *y: tf.concat(y, axis=0).numpy(), *parts)
