"""Unrolled and backwards, Keras zeroes the outputs of other steps than those that are masked."""

import numpy as np
import tensorflow as tf

x, mask = np.ones((1, 2, 1), "float32"), np.array([[False, True]])
outputs = {}
for unroll in (False, True):
    layer = tf.keras.layers.SimpleRNN(
        1, return_sequences=True, go_backwards=True, zero_output_for_mask=True, unroll=unroll
    )
    layer(x)
    layer.set_weights([np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1)])
    outputs[unroll] = np.asarray(layer(x, mask=tf.constant(mask))).ravel()
print("a loop", outputs[False], "unrolled", outputs[True])
assert (outputs[False] == outputs[True]).all(), "the mask is not reversed with the sequence"
