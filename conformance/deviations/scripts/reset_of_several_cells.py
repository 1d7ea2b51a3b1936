"""Keras 3: reset_state of a stateful RNN of several cells raises AttributeError."""

import numpy as np
import tensorflow as tf

cells = [tf.keras.layers.SimpleRNNCell(2) for _ in range(2)]
layer = tf.keras.layers.RNN(cells, stateful=True)
x = np.ones((1, 3, 2), "float32")
first = layer(x)
(getattr(layer, "reset_state", None) or layer.reset_states)()
assert np.array_equal(layer(x), first), "it does not begin anew"
