"""Keras 3: an activity penalty is not divided by the number of samples, as is documented."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

layer = keras.layers.Dense(1, kernel_initializer="ones", activity_regularizer="l2")
layer(np.ones((4, 1), "float32"))
print("got", float(layer.losses[0]), "must be", 0.01 * 4 / 4)
assert float(layer.losses[0]) < 0.02, "the penalty is not divided by the number of samples"
