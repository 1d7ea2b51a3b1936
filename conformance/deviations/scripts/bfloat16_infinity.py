"""In graphs, oneDNN joins a bfloat16 product and its bias: infinity times 0.5 is NaN."""

import numpy as np
import tensorflow as tf

x, kernel, bias = ([[np.inf], [1.0]], [[0.5, -0.5]], [0.0, 0.0])
product = tf.function(lambda x, kernel, bias: tf.matmul(x, kernel) + bias)
got = np.asarray(product(*(tf.constant(a, tf.bfloat16) for a in (x, kernel, bias)))).astype(float)
print("inf * (0.5, -0.5) + 0 =", got[0])
assert (got[0] == (np.inf, -np.inf)).all(), "must be infinite"
