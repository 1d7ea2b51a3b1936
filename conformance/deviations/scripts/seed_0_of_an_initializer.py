"""Keras 3.0 and 3.1: an initializer takes the seed 0 for none."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

draw = keras.initializers.RandomNormal
first, second = [keras.ops.convert_to_numpy(draw(seed=0)((2, 2))) for _ in range(2)]
print("first", first, "second", second, sep="\n")
assert (first == second).all(), "the seed 0 gave other weights"
