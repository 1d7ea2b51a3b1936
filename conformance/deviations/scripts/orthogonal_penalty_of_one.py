"""The penalty of OrthogonalRegularizer is NaN for one row: no pair of rows, hence 0 / 0."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(
    1, recurrent_regularizer=tf.keras.regularizers.OrthogonalRegularizer()
)
layer(np.ones((1, 1, 3), "float32"))
print("got", float(layer.losses[0]), "must be 0: a single row is orthogonal to all others")
assert float(layer.losses[0]) == 0, "the penalty is NaN"
