"""By oneDNN, softmax of a row with NaN is NaN there and 0 elsewhere, instead of NaN throughout."""

import numpy as np
import tensorflow as tf

got = np.asarray(tf.nn.softmax(tf.constant([[np.nan, 0.0, 1.0]])))
print("softmax(nan, 0, 1) =", got)
assert np.isnan(got).all(), "a probability that does not add up to 1"
