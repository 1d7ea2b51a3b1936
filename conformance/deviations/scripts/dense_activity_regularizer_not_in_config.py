"""Early Keras 3: the configuration of Dense has no activity_regularizer."""

import tensorflow as tf

layer = tf.keras.layers.Dense(3, activity_regularizer="l2")
rebuilt = tf.keras.layers.Dense.from_config(layer.get_config())
print("tensorflow", tf.__version__, "regularizer", rebuilt.activity_regularizer)
assert rebuilt.activity_regularizer is not None, "the regularizer is lost"
