"""Keras 2: regularizers round their factors to floatx, also for a layer in float64."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.Dense(
    1, "linear", kernel_initializer="ones", kernel_regularizer="l2", dtype="float64"
)
layer(np.ones((1, 1)))
print("got", float(layer.losses[0]), "must be", 0.01)
assert abs(float(layer.losses[0]) - 0.01) < 1e-15, "the factor was rounded to float32"
