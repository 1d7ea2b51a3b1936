"""Keras 2: in a model of a mixed policy, a stateful layer cannot be given an initial state."""

import numpy as np
import tensorflow as tf

policy = tf.keras.mixed_precision.Policy("mixed_float16")
x, h = tf.keras.Input((2, 1), batch_size=1), tf.keras.Input((1,), batch_size=1, dtype="float16")
layer = tf.keras.layers.SimpleRNN(1, stateful=True, dtype=policy)
model = tf.keras.Model([x, h], layer(x, initial_state=[h]))  # a TypeError: float32 beside float16
print(model.predict([np.ones((1, 2, 1)), np.zeros((1, 1))], verbose=0))
