"""tf.nn.leaky_relu keeps its slope as a float32: in float64, 0.2 becomes 0.20000000298."""

import numpy as np
import tensorflow as tf

x = np.array([-1.0])
got = np.asarray(tf.keras.activations.get("leaky_relu")(tf.constant(x)))
expected = np.where(x < 0, 0.2 * x, x)
print("got", got, "expected", expected)
assert (abs(got - expected) <= 4 * np.spacing(abs(expected))).all(), "more than rounding explains"
