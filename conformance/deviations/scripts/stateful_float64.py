"""Older Keras 2 makes the state of a stateful layer in floatx, whatever the layer's dtype is."""

import tensorflow as tf

inputs = tf.keras.Input(batch_shape=(2, 3, 4))
tf.keras.layers.SimpleRNN(3, stateful=True, dtype="float64")(inputs)
