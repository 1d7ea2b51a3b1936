"""Keras 3 on JAX, as on NumPy: a masked first step returns the initial state, on TensorFlow 0."""

import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

layer = keras.layers.SimpleRNN(1)
x, mask, h = np.ones((1, 1, 1), "float32"), np.array([[False]]), np.full((1, 1), 0.5, "float32")
output = layer(x, mask=mask, initial_state=[h])
print("keras", keras.__version__, "output", output)
assert output == 0, "there is no output before the first step"
