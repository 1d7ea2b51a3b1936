"""Keras 2: a layer that computes in bfloat16 cannot be stateful."""

import numpy as np
import tensorflow as tf

policy = tf.keras.mixed_precision.Policy("bfloat16")
layer = tf.keras.layers.SimpleRNN(1, stateful=True, recurrent_initializer="zeros", dtype=policy)
print(layer(tf.cast(np.ones((1, 2, 1)), "bfloat16")))
