"""Keras 3 on torch: unrolled and backwards, a layer cannot be given a mask."""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

layer = keras.layers.SimpleRNN(1, unroll=True, go_backwards=True)
x, mask = np.ones((1, 2, 1), "float32"), np.array([[True, False]])
print("keras", keras.__version__, layer(x, mask=mask))  # a tuple has no attribute 'reverse'
