"""SimpleRNN of Keras 3 takes an activity_regularizer, any at all, and does not use it."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, activity_regularizer="l2")
layer(np.ones((1, 2, 3), "float32"))
print("tensorflow", tf.__version__, "regularizer", layer.activity_regularizer, layer.losses)
assert layer.losses, "there is no penalty"
