"""Keras 3: a layer that is given an initial state ignores the mask of Masking before it."""

import numpy as np
import tensorflow as tf

i, m, s = tf.keras.Input((2, 1)), tf.keras.Input((2,), dtype="bool"), tf.keras.Input((1,))
layer = tf.keras.layers.SimpleRNN(1)
before = tf.keras.Model([i, s], layer(tf.keras.layers.Masking(0.0)(i), initial_state=s))
given = tf.keras.Model([i, m, s], layer(i, mask=m, initial_state=s))
x, h = np.array([[[1.0], [0.0]]], "float32"), np.array([[0.5]], "float32")
masked, wanted = before([x, h]), given([x, np.array([[True, False]]), h])
print("Masking in front", np.asarray(masked), "the same mask given", np.asarray(wanted))
assert np.array_equal(masked, wanted), "the mask is lost"
