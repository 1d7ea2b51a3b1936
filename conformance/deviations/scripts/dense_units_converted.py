"""Units must be a positive integer, and Dense makes one of 2.5 and of "3"."""

import tensorflow as tf

units = [tf.keras.layers.Dense(wrong).units for wrong in (2.5, "3")]
print("tensorflow", tf.__version__, "units", units)
assert units == [2.5, "3"], "2.5 and '3' were converted"
