"""Units must be a positive integer, and a layer of none is built: SimpleRNN before 2.11, Dense."""

import numpy as np
import tensorflow as tf

shape = tf.keras.layers.Dense(0)(np.ones((2, 3), "float32")).shape
print("tensorflow", tf.__version__, "shape", shape)
assert shape[1] != 0, "a layer of no units computed nothing at all"
