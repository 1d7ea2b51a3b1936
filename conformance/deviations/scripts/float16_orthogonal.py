"""SimpleRNN(dtype="float16") cannot be built: orthogonal initialisation has no QR in float16."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, dtype="float16")
layer(np.zeros((1, 2, 2), "float16"))
