"""Keras 3.0 and 3.1 draw the mask of recurrent_dropout with the rate of dropout, which is 0."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(64, recurrent_dropout=0.5)
x = np.ones((2, 5, 3), "float32")
trained, inferred = (layer(x, training=training).numpy() for training in (True, False))
print("tensorflow", tf.__version__, "largest difference", abs(trained - inferred).max())
assert (trained != inferred).any(), "nothing was dropped in training"
