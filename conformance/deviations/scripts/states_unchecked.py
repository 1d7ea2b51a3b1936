"""A state of one sample is taken for all: by Keras 2 in an unrolled loop, by Keras 3 always.

Keras 3 checks nothing about an initial state: an unrolled loop ignores a second one, none is an
IndexError, and other shapes fail in a product inside.
"""

import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, unroll=True)
output = layer(tf.ones((2, 4, 5)), initial_state=tf.ones((1, 3)))
print("tensorflow", tf.__version__, "output", output.shape)
raise AssertionError("a state of one sample was taken for two")
