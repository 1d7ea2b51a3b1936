"""Keras 3 on torch: a truncated normal distribution has numbers beyond 2 standard deviations.

Each is drawn four times, and the first within is taken; where none is, the first of all.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

draw = keras.initializers.TruncatedNormal(stddev=1.0, seed=1)
numbers = keras.ops.convert_to_numpy(draw((4_000_000,)))
print("the largest is", np.abs(numbers).max(), "and must be at most 2")
assert np.abs(numbers).max() <= 2.000001, "a number is beyond 2 standard deviations"
