"""Keras 3: Constant in float64 is rounded to float32 first, as are the limits of RandomUniform."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

keras.backend.set_floatx("float64")
entry = float(keras.initializers.Constant(0.1)((1,))[0])
print("got", entry, "must be", 0.1)
assert abs(entry - 0.1) < 1e-15, "the value was rounded to float32"
