"""Dense with gelu raises an error in bfloat16, for which there is no erf."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.Dense(3, "gelu", dtype="mixed_bfloat16")
layer(np.zeros((1, 2), "float32"))
