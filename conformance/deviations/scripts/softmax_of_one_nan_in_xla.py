"""Compiled by XLA of older TensorFlow, softmax over a single NaN is 1."""

import numpy as np
import tensorflow as tf

got = np.asarray(tf.function(tf.nn.softmax, jit_compile=True)(tf.constant([[np.nan]])))
print("softmax(nan) =", got)
assert np.isnan(got).all(), "NaN in, a certainty out"
