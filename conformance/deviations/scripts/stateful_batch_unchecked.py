"""Keras 3.0 to 3.8 does not check the number of samples where a state is kept: a sum fails."""

import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, stateful=True)
layer(tf.ones((2, 4, 5)))
layer(tf.ones((3, 4, 5)))
