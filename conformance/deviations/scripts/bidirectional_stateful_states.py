"""Keras 3: a stateful Bidirectional with return_state=True cannot be built."""

import tensorflow as tf

inputs = tf.keras.Input((2, 1), batch_size=1)
layer = tf.keras.layers.SimpleRNN(1, stateful=True, return_state=True)
outputs = tf.keras.layers.Bidirectional(layer)(inputs)
print(len(outputs), "outputs")
assert len(outputs) == 3, "the output and the states of both directions"
