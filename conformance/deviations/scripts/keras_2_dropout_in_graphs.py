"""Keras 2: in a graph the dropout mask of SimpleRNN changes from step to step.

Called eagerly, or unrolled, it is the same at every step, as it is documented to be.
"""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(
    64, None, True, "identity", "zeros", dropout=0.5, return_sequences=True
)
x = tf.constant(np.ones((1, 3, 64), "float32"))
layer(x)
masks = tf.function(lambda: layer(x, training=True))().numpy()[0]
print("masks of the three steps", masks, sep="\n")
assert (masks == masks[0]).all(), "the mask changes from step to step"
