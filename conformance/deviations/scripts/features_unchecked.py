"""SimpleRNN of Keras 3 does not check how many features it gets: a product inside it fails."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3)
layer(np.ones((2, 3, 4), "float32"))
layer(np.ones((2, 3, 5), "float32"))
