"""The configuration of the initializer Identity has no gain: rebuilt, it is 1."""

import tensorflow as tf

initializer = tf.keras.initializers.Identity(gain=0.5)
rebuilt = tf.keras.initializers.Identity.from_config(initializer.get_config())
print("tensorflow", tf.__version__, "gain", rebuilt.gain, "right is", initializer.gain)
assert rebuilt.gain == 0.5, "the gain is lost"
