"""Older Keras keeps the factor of L1 in float32: a layer of another dtype fails with it."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.Dense(3, kernel_regularizer=tf.keras.regularizers.L1(0.25), dtype="float64")
layer(np.ones((1, 2)))
print("tensorflow", tf.__version__, "penalty", float(sum(layer.losses)))
