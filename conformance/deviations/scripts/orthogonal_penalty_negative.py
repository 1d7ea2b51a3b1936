"""Keras 2.9: OrthogonalRegularizer is negative where rows point away from each other."""

import tensorflow as tf

penalty = tf.keras.regularizers.OrthogonalRegularizer(0.5)
opposite = tf.constant([[1.0], [-1.0]])
value = float(penalty(opposite))
print("the penalty of two opposite rows is", value)
assert value == 0.5, "not the factor times the absolute value of their product"
