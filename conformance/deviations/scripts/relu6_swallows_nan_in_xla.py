"""Compiled by XLA for few elements, relu6 and hard_sigmoid of NaN are 0."""

import numpy as np
import tensorflow as tf

got = np.asarray(tf.function(tf.nn.relu6, jit_compile=True)(tf.constant([np.nan])))
print("relu6(nan) =", got)
assert np.isnan(got).all(), "NaN in, a number out"
