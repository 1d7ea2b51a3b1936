"""Faults of time: which input a step sees."""

from __future__ import annotations

from conformance.faults.keras.patching import inputs


@inputs()
def time_reversed(tf, x):
    return tf.reverse(x, [1])


@inputs()
def inputs_one_step_late(tf, x):
    return tf.concat([x[:, :1], x[:, :-1]], axis=1)


@inputs()
def future_touched(tf, x):
    return x + 0 * tf.reduce_mean(x, axis=1, keepdims=True)


@inputs()
def time_and_batch_swapped(tf, x):
    N, T = tf.shape(x)[0], tf.shape(x)[1]
    # gather: both branches of tf.where are computed, whatever the shapes are
    rows, steps = tf.meshgrid(tf.range(N), tf.range(T), indexing="ij")
    swapped = tf.stack([tf.where(N == T, steps, rows), tf.where(N == T, rows, steps)], -1)
    found = tf.gather_nd(x, swapped)
    found.set_shape(x.shape)
    return found
