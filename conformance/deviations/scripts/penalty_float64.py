"""Keras 3: factors of penalties become float32 first, so that in float64 0.01 is 0.0099999998."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

keras.backend.set_floatx("float64")
penalty = keras.regularizers.L1(0.01)(keras.ops.convert_to_tensor(np.ones(1)))
print("got", float(penalty), "must be", 0.01)
assert abs(float(penalty) - 0.01) < 1e-15, "the factor was rounded to float32"
