"""Units must be a positive integer, and True is taken for 1."""

import tensorflow as tf

print("tensorflow", tf.__version__, "units", tf.keras.layers.Dense(True).units)
try:
    tf.keras.layers.Dense(True)
except (TypeError, ValueError):
    raise SystemExit(0) from None
raise AssertionError("True was taken")
