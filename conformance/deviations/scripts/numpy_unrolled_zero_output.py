"""Keras 3 on NumPy, as on JAX: unrolled, zero_output_for_mask has no effect."""

import os

os.environ["KERAS_BACKEND"] = "numpy"
import keras
import numpy as np

x, mask = np.ones((1, 2, 1), "float32"), np.array([[True, False]])
for unroll in (False, True):
    layer = keras.layers.SimpleRNN(1, unroll=unroll, zero_output_for_mask=True)
    output = layer(x, mask=mask)
    print("unroll", unroll, "last output", output)
    assert output == 0, "the last step is masked"
