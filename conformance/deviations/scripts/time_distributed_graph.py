"""Keras 3.14: as a tf.function for any T, TimeDistributed takes as many steps as samples."""

import numpy as np
import tensorflow as tf

layers = [tf.keras.Input((None, 3)), tf.keras.layers.TimeDistributed(tf.keras.layers.Dense(2))]
model = tf.keras.Sequential(layers)
x = np.ones((1, 4, 3), "float32")
graph = tf.function(model, input_signature=[tf.TensorSpec((None, None, 3))])
print("called", model(x).shape, "as a tf.function", graph(x).shape)
assert model(x).shape == graph(x).shape, "time steps are lost"
