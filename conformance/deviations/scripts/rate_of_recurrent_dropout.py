"""Keras 3.0 and 3.1: recurrent dropout drops states at the rate of dropout, not at its own."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

cell = keras.layers.SimpleRNNCell(1000, dropout=0.5, recurrent_dropout=0.1)
mask = cell.get_recurrent_dropout_mask(np.ones((1, 1000), "float32"))
dropped = int((keras.ops.convert_to_numpy(mask) == 0).sum())
print(dropped, "of 1000 states are dropped, 100 should be")
assert dropped < 250, "states are dropped at the rate of dropout"
