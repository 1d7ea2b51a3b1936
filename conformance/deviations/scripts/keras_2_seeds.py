"""Keras 2.7: an initializer with a seed gives the next network other weights.

Documented: initializers that are constructed with the same seed produce the same sequence.
"""

import tensorflow as tf

first, second = [tf.keras.initializers.GlorotUniform(seed=1)((2, 2)).numpy() for _ in range(2)]
print("first", first, "second", second, sep="\n")
assert (first == second).all(), "the same seed gave other weights"
