"""Keras 3.0: the weights of a layer with trainable=False are trainable weights of its model."""

import tensorflow as tf

layers = [tf.keras.Input((4,)), tf.keras.layers.Dense(3, trainable=False)]
weights = tf.keras.Sequential(layers).trainable_weights
print("tensorflow", tf.__version__, "trainable", [weight.name for weight in weights])
assert not weights, "the model would train a layer that is frozen"
