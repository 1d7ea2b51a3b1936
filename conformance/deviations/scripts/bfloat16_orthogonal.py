"""SimpleRNN(dtype="bfloat16") cannot be built: orthogonal initialisation has no QR in bfloat16."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, dtype="bfloat16")
layer(np.zeros((1, 2, 2), "float32"))
