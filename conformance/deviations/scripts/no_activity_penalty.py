"""Keras 3: SimpleRNN takes an activity_regularizer, drops it, and has no penalty."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

layer = keras.layers.SimpleRNN(2, activity_regularizer="l2")
output = keras.ops.convert_to_numpy(layer(np.ones((1, 1, 3), "float32")))
print("kept:", layer.activity_regularizer, " penalties:", layer.losses)
print("must be", 0.01 * np.square(output).sum())
assert len(layer.losses) == 1, "there is no penalty"
