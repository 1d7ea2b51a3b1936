"""Keras 3: RNN of several cells in float64 keeps its state in the default dtype; a mask raises."""

import numpy as np
import tensorflow as tf

cells = [tf.keras.layers.SimpleRNNCell(2, dtype="float64") for _ in range(2)]
layer = tf.keras.layers.RNN(cells, dtype="float64")
print("of the layer", layer.compute_dtype, "of its cells together", layer.cell.compute_dtype)
assert layer.cell.compute_dtype == "float64", "the dtype is not handed on"
layer(np.ones((1, 3, 2)), mask=np.array([[True, False, True]]))
