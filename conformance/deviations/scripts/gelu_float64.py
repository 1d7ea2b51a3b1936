"""tf.nn.gelu casts √2 from a float32: in float64, gelu is off by 1e-8 of itself."""

import math

import numpy as np
import tensorflow as tf

x = np.array([-1.4, 0.7, 2.0])
got = np.asarray(tf.keras.activations.get("gelu")(tf.constant(x)))
expected = np.array([z * math.erfc(-z / math.sqrt(2)) / 2 for z in x])
print("got", got, "expected", expected)
assert (abs(got - expected) <= 1e-13).all(), "more than rounding explains"
