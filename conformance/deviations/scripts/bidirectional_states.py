"""Keras 3.0 and 3.1: Bidirectional with return_state=True cannot be built in a functional model."""

import tensorflow as tf

inputs = tf.keras.Input((2, 1))
layer = tf.keras.layers.Bidirectional(tf.keras.layers.SimpleRNN(1, return_state=True))
outputs = layer(inputs)
print(len(outputs), "outputs")
assert len(outputs) == 3, "the output and the states of both directions"
