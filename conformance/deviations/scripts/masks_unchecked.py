"""The shape of a mask is not checked: an unrolled loop takes one that is too long.

A mask of one sample is taken for all, and what is too short fails inside, as an OutOfRangeError.
"""

import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, unroll=True)
output = layer(tf.ones((2, 4, 5)), mask=tf.ones((2, 6), "bool"))
print("tensorflow", tf.__version__, "output", output.shape)
raise AssertionError("a mask of 6 steps was taken for 4")
