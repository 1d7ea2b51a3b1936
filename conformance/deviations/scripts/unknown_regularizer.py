"""Keras 2.13 to 2.15 take any text for the name of a regularizer, and then have none."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.Dense(3, kernel_regularizer="tahn")
layer(np.ones((1, 2), "float32"))
print("tensorflow", tf.__version__, "regularizer", layer.kernel_regularizer)
raise AssertionError("tahn was taken for a regularizer")
