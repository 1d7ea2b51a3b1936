"""Keras 2.9 to 2.15: unrolled, with zero_output_for_mask and the last output alone, it raises."""

import numpy as np
import tensorflow as tf

x, mask = np.ones((1, 2, 1), "float32"), np.array([[False, True]])
layer = tf.keras.layers.SimpleRNN(1, unroll=True, zero_output_for_mask=True)
output = layer(x, mask=tf.constant(mask))
print("the last output", np.asarray(output))
assert output.shape == (1, 1), "the last output is one for each sample and unit"
